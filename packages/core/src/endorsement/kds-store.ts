// SPDX-License-Identifier: Apache-2.0
// Names in a folder that stands in for the KDS. VCEKs lie as Trustee's offline store has them
// (`vcek/{hwID}/bl03_tee00_snp08_ucode115_vcek.der`), so that either tool can use the folder of the
// other; that store has no names for certificate chains and revocation lists.

import { LayoutError, hexDecode, hexEncode, quote } from "../bytes/index.ts";
import { PRODUCT_LINES, productLineNamed } from "../evidence/product.ts";
import type { TcbVersion } from "../evidence/tcb.ts";
import { checkFacts } from "./kds.ts";
import type { EndorserKind, KdsAddress, VcekFacts } from "./kds.ts";

/**
 * Path of an address in the folder, with slashes.
 * @throws {LayoutError} as kdsPath().
 */
export function storePath(address: KdsAddress): string {
  if (address.kind === "VCEK") {
    return `vcek/${hexEncode(address.hwId)}/${vcekFileName(address)}`;
  }
  const { kind, line, endorser } = address;
  return kind === "CRL" ? `crl/${line}-${endorser}.crl` : `cert_chain/${line}-${endorser}.pem`;
}

/**
 * Paths at which a VCEK may lie in the folder, the surest first. The last one, a single file a chip,
 * does not say its TCB: what is found there may be the VCEK of another one.
 * @throws {LayoutError} as kdsPath().
 */
export function vcekStorePaths(facts: VcekFacts): readonly string[] {
  const chip = hexEncode(facts.hwId);
  return [`vcek/${chip}/${vcekFileName(facts)}`, `vcek/${chip}/vcek.der`];
}

/** What the name of a file in such a folder says. */
export type StoreName =
  | { readonly kind: "VCEK"; readonly hwId: Uint8Array; readonly tcb?: TcbVersion }
  | Exclude<KdsAddress, { readonly kind: "VCEK" }>;

/**
 * Reads a path in the folder, with slashes and without what stands above the folder.
 * @throws {LayoutError} `bad-text` for a path that is not of this layout, `out-of-range` for a security
 * version number above 255, `bad-length` for a chip id that is of no line.
 */
export function parseStorePath(path: string): StoreName {
  const other = /^(crl|cert_chain)\/([A-Za-z]+)-(vcek|vlek)\.(crl|pem)$/.exec(path);
  if (other !== null) {
    const [, folder, name = "", kind, extension] = other;
    const line = productLineNamed(name);
    const endorser: EndorserKind = kind === "vlek" ? "vlek" : "vcek";
    if (line === name && (folder === "crl") === (extension === "crl")) {
      return { kind: folder === "crl" ? "CRL" : "cert_chain", line, endorser };
    }
  }
  const vcek =
    /^vcek\/([0-9a-f]+)\/(?:bl(\d{2,3})_tee(\d{2,3})_snp(\d{2,3})_ucode(\d{2,3})(?:_fmc(\d{2,3}))?_)?vcek\.der$/.exec(
      path,
    );
  if (vcek === null) fail("bad-text", `${quote(path.slice(0, 80))} is not a name of this layout`);
  const [, digits = "", bl, tee, snp, ucode, fmc] = vcek;
  const facts = Object.values(PRODUCT_LINES).find(
    ({ hwIdLength }) => hwIdLength * 2 === digits.length,
  );
  if (facts === undefined) fail("bad-length", `the chip id has ${digits.length} digits`);
  const hwId = hexDecode(digits);
  if (bl === undefined) return { kind: "VCEK", hwId };
  const tcb: TcbVersion = {
    ...(fmc === undefined ? {} : { fmc: number(fmc) }),
    bootloader: number(bl),
    tee: number(tee),
    snp: number(snp),
    microcode: number(ucode),
  };
  if ((fmc !== undefined) !== (facts.tcbLayout === "turin")) {
    const what = fmc === undefined ? "no fmc beside a chip id of 8 bytes" : "fmc beside one of 64";
    fail("bad-text", `${quote(path.slice(-60))} has ${what}`);
  }
  return { kind: "VCEK", hwId, tcb };
}

function vcekFileName(facts: VcekFacts): string {
  checkFacts(facts);
  const { fmc, bootloader, tee, snp, microcode } = facts.tcb;
  const name = `bl${two(bootloader)}_tee${two(tee)}_snp${two(snp)}_ucode${two(microcode)}`;
  return `${name}${fmc === undefined ? "" : `_fmc${two(fmc)}`}_vcek.der`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function number(digits: string | undefined): number {
  const value = Number(digits);
  if (digits !== undefined && (value > 255 || two(value) !== digits)) {
    fail("out-of-range", `${quote(digits)} is not a number 0 to 255 of two digits or more`);
  }
  return value;
}

function fail(code: LayoutError["code"], reason: string): never {
  throw new LayoutError({ code, structure: "file name of a KDS store", reason });
}
