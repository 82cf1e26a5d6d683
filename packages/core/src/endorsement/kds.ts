// SPDX-License-Identifier: Apache-2.0
// Addresses of AMD's Key Distribution Service: where the VCEK of a chip, the certificates above it and
// the revocation lists are, and which VCEK a report needs. Only text; nothing is fetched here.

import { LayoutError, hexDecode, hexEncode, quote } from "../bytes/index.ts";
import { PRODUCT_LINES, productLineNamed } from "../evidence/product.ts";
import type { ProductLine } from "../evidence/product.ts";
import { decodeTcb, encodeTcb } from "../evidence/tcb.ts";
import type { TcbPart, TcbVersion } from "../evidence/tcb.ts";
import { decodeSignerInfo } from "../evidence/signer-info.ts";
import type { Report } from "../evidence/report.ts";

/** Where AMD serves it. */
export const KDS_BASE = "https://kdsintf.amd.com";

const SOURCE = "AMD 57230 (VCEK Certificate and KDS Interface), section 4";

/** The two kinds of endorsement keys, each with certificates and a revocation list of its own. */
export type EndorserKind = "vcek" | "vlek";

/** What the VCEK of a chip at a TCB is found by. */
export interface VcekFacts {
  readonly line: ProductLine;
  /** The chip: 64 bytes, or 8 on lines from Turin on. */
  readonly hwId: Uint8Array;
  readonly tcb: TcbVersion;
}

/** What an address of the KDS stands for. */
export type KdsAddress =
  | ({ readonly kind: "VCEK" } & VcekFacts)
  | { readonly kind: "cert_chain"; readonly line: ProductLine; readonly endorser: EndorserKind }
  | { readonly kind: "CRL"; readonly line: ProductLine; readonly endorser: EndorserKind };

/** Query parameters in the order they are written in, and their parts of the TCB. */
const PARAMETERS: readonly (readonly [name: string, part: TcbPart])[] = [
  ["fmcSPL", "fmc"],
  ["blSPL", "bootloader"],
  ["teeSPL", "tee"],
  ["snpSPL", "snp"],
  ["ucodeSPL", "microcode"],
];

/**
 * Path and query of a VCEK: `/vcek/v1/Milan/{128 digits}?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=115`.
 * @throws {LayoutError} `bad-length` when hwId has not the line's length, `out-of-range` for a TCB that
 * is not one of the line.
 */
export function vcekPath({ line, hwId, tcb }: VcekFacts): string {
  checkFacts({ line, hwId, tcb });
  const query = PARAMETERS.flatMap(([name, part]) =>
    tcb[part] === undefined ? [] : [`${name}=${tcb[part]}`],
  );
  return `/vcek/v1/${line}/${hexEncode(hwId)}?${query.join("&")}`;
}

/** Path of the certificates above a VCEK or VLEK, PEM: ASK or ASVK, then ARK. */
export function certChainPath(line: ProductLine, endorser: EndorserKind): string {
  return `/${endorser}/v1/${line}/cert_chain`;
}

/** Path of the revocation list, DER, signed by the ARK. */
export function crlPath(line: ProductLine, endorser: EndorserKind): string {
  return `/${endorser}/v1/${line}/crl`;
}

/** Path and query of any address.
 * @throws {LayoutError} as {@link vcekPath}.
 */
export function kdsPath(address: KdsAddress): string {
  if (address.kind === "VCEK") return vcekPath(address);
  const { line, endorser } = address;
  return address.kind === "CRL" ? crlPath(line, endorser) : certChainPath(line, endorser);
}

/** An address and the server it was on. */
export interface KdsUrl {
  /** What stands before the path, without slash at its end: `https://kdsintf.amd.com`; may be empty. */
  readonly base: string;
  readonly address: KdsAddress;
}

/**
 * Reads a URL or path of the KDS or of a mirror. Parameters may stand in any order and with leading
 * zeros, as the KDS takes them; everything else is strict.
 * @throws {LayoutError} `bad-text` for something that is no address of the KDS, `unknown-value` for an
 * unknown line or parameter, `bad-hex`, `bad-length`, `out-of-range`, `not-found` for a missing
 * parameter, `constant-mismatch` for a repeated one.
 */
export function parseKdsUrl(text: string): KdsUrl {
  const shown = quote(text.slice(0, 60));
  const found = /^([^?#\s]*)\/(vcek|vlek)\/v1\/([^/?#\s]+)\/([^/?#\s]+)(?:\?([^#\s]*))?$/.exec(
    text,
  );
  if (found === null) {
    fail("bad-text", undefined, `${shown} is no address of the KDS`, {
      hint: `write it as ${KDS_BASE}/vcek/v1/LINE/...`,
    });
  }
  const [, base = "", kind, lineName = "", last = "", query] = found;
  const endorser = kind === "vlek" ? "vlek" : "vcek";
  const line = readLine(lineName);
  if (last === "cert_chain" || last === "crl") {
    if (query !== undefined) fail("unknown-value", last, "takes no parameters");
    return { base, address: { kind: last === "crl" ? "CRL" : "cert_chain", line, endorser } };
  }
  if (endorser === "vlek") {
    fail("bad-text", undefined, `${shown} is an address of a VLEK or of nothing`, {
      hint: "only the provider can fetch a VLEK; it has to come with the evidence",
    });
  }
  const hwId = readHwId(last, line);
  return { base, address: { kind: "VCEK", line, hwId, tcb: readQuery(query ?? "", line) } };
}

/** Which VCEK a report needs, or why none can be asked for. */
export type VcekNeed =
  | { readonly facts: VcekFacts }
  | { readonly facts?: undefined; readonly reason: NoVcekReason };

/** Why there is no VCEK to ask for. */
export type NoVcekReason =
  /** It is signed with another key: a VLEK comes with the evidence only. */
  | "signed-by-vlek"
  /** SIGNING_KEY says none or is reserved, or the host masked the chip's key. */
  | "not-signed"
  /** CHIP_ID is zero: the host masked it. */
  | "chip-id-masked"
  /** CHIP_ID has more bytes than the line's chips. */
  | "chip-id-of-another-line";

/**
 * The VCEK that signed a report. It is the one of REPORTED_TCB, which the host may set lower than
 * CURRENT_TCB.
 * @throws {LayoutError} `reserved-bits` when REPORTED_TCB has reserved bytes set, as it has when it is
 * read by the layout of another line.
 */
export function vcekOfReport(report: Report, line: ProductLine): VcekNeed {
  const { signingKey, chipKeyMasked } = decodeSignerInfo(report.signerInfo);
  if (signingKey === "VLEK") return { reason: "signed-by-vlek" };
  if (signingKey !== "VCEK" || chipKeyMasked) return { reason: "not-signed" };
  const { chipId } = report;
  if (chipId.every((byte) => byte === 0)) return { reason: "chip-id-masked" };
  const { hwIdLength } = PRODUCT_LINES[line];
  if (chipId.subarray(hwIdLength).some((byte) => byte !== 0)) {
    return { reason: "chip-id-of-another-line" };
  }
  const { tcb, reserved } = decodeTcb(report.reportedTcb, line);
  if (reserved.length > 0) {
    throw new LayoutError({
      code: "reserved-bits",
      structure: "ATTESTATION_REPORT",
      field: "reportedTcb",
      reason: `has bytes set that are reserved on ${line}`,
      hint: "is it a report of another product line?",
      source: SOURCE,
    });
  }
  return { facts: { line, hwId: chipId.slice(0, hwIdLength), tcb } };
}

/**
 * Lines that a report which does not name its CPU (version 2) can come from, likeliest first: a chip id
 * of eight bytes is Turin's.
 */
export function possibleLines({ chipId }: Pick<Report, "chipId">): readonly ProductLine[] {
  return chipId.subarray(8).every((byte) => byte === 0) ? ["Turin"] : ["Milan", "Genoa"];
}

/** Throws for facts that no address can be made of. */
export function checkFacts({ line, hwId, tcb }: VcekFacts): void {
  const { hwIdLength } = PRODUCT_LINES[line];
  if (hwId.length !== hwIdLength) {
    fail("bad-length", "hwID", `has ${hwId.length} bytes, must have ${hwIdLength} on ${line}`);
  }
  encodeTcb(tcb, line);
}

function readLine(name: string): ProductLine {
  const line = productLineNamed(name);
  if (line === name) return line;
  const known = line === undefined ? Object.keys(PRODUCT_LINES).join(", ") : line;
  fail("unknown-value", "product name", `is ${quote(name.slice(0, 20))}`, {
    hint: line === undefined ? `known: ${known}` : `the KDS has it under ${known}`,
  });
}

function readHwId(digits: string, line: ProductLine): Uint8Array {
  const { hwIdLength } = PRODUCT_LINES[line];
  if (digits.length !== hwIdLength * 2) {
    const reason = `has ${digits.length} digits, must have ${hwIdLength * 2} on ${line}`;
    const hint =
      hwIdLength === 8 && digits.length === 128
        ? "from Turin on the KDS takes the first 16 digits of CHIP_ID"
        : "is it the right line, and nothing else than a chip id?";
    fail("bad-length", "hwID", reason, { hint });
  }
  // hexDecode() would take 0x for a prefix.
  if (!/^[0-9a-f]*$/i.test(digits)) fail("bad-hex", "hwID", "is not hexadecimal");
  return hexDecode(digits);
}

function readQuery(query: string, line: ProductLine): TcbVersion {
  const values = new Map<TcbPart, number>();
  for (const pair of query === "" ? [] : query.split("&")) {
    const [name = "", text = "", ...more] = pair.split("=");
    const part = PARAMETERS.find(([known]) => known === name)?.[1];
    if (part === undefined || more.length > 0) {
      fail("unknown-value", "query", `has ${quote(pair.slice(0, 40))}`, {
        hint: `parameters: ${PARAMETERS.map(([known]) => known).join(", ")}`,
      });
    }
    if (values.has(part)) fail("constant-mismatch", name, "is given twice");
    values.set(part, readSpl(name, text));
  }
  const hasFmc = PRODUCT_LINES[line].tcbLayout === "turin";
  if (!hasFmc && values.has("fmc")) fail("unknown-value", "fmcSPL", `does not exist on ${line}`);
  const required = (name: string, part: TcbPart): number =>
    values.get(part) ?? fail("not-found", name, "is missing");
  return {
    ...(hasFmc ? { fmc: required("fmcSPL", "fmc") } : {}),
    bootloader: required("blSPL", "bootloader"),
    tee: required("teeSPL", "tee"),
    snp: required("snpSPL", "snp"),
    microcode: required("ucodeSPL", "microcode"),
  };
}

/** A security version number as the KDS takes it: decimal, at most three digits. */
function readSpl(name: string, text: string): number {
  const value = /^[0-9]{1,3}$/.test(text) ? Number(text) : 256;
  if (value > 255) {
    fail("out-of-range", name, `is ${quote(text.slice(0, 20))}, must be 0 to 255`);
  }
  return value;
}

function fail(
  code: LayoutError["code"],
  field: string | undefined,
  reason: string,
  more: { readonly hint?: string } = {},
): never {
  throw new LayoutError({ code, structure: "KDS address", field, reason, source: SOURCE, ...more });
}
