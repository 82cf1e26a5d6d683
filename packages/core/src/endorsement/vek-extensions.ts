// SPDX-License-Identifier: Apache-2.0
// AMD's extensions of VCEK and VLEK certificates: which chip or cloud provider the key is of, and for
// which TCB it was derived. Source: AMD 57230 (VCEK Certificate and KDS Interface), section 3.1, and
// certificates of each line.

import { LayoutError } from "../bytes/index.ts";
import { DER_TAG } from "../crypto/der.ts";
import type { TcbVersion } from "../evidence/tcb.ts";
import type { Certificate } from "./certificate.ts";
import { whole } from "./extension.ts";

/** Security patch levels in a VCEK or VLEK, 0 to 255 each. */
export interface SecurityPatchLevels {
  readonly bl: number;
  readonly tee: number;
  readonly snp: number;
  readonly ucode: number;
  /** Only in structure version 1. */
  readonly fmc?: number;
  /** Reserved, zero so far; only in structure version 0. */
  readonly spl4?: number;
  readonly spl5: number;
  readonly spl6: number;
  readonly spl7: number;
}

/** What AMD's extensions say. */
export interface VekExtensions {
  /** 0 for Milan and Genoa, 1 for Turin. */
  readonly structVersion: 0 | 1;
  /** `Milan-B0`, `Genoa`, `Turin`: the line, in some certificates with a stepping. */
  readonly productName: string;
  readonly spl: SecurityPatchLevels;
  /** Of a VCEK: CHIP_ID, 64 bytes, or 8 in structure version 1. */
  readonly hwId?: Uint8Array;
  /** Of a VLEK: who it was issued to. */
  readonly cspId?: string;
  /** Object identifiers in AMD's arc that are not known. */
  readonly unknown: readonly string[];
}

/** The arc of AMD's extensions. */
const AMD_ARC = "1.3.6.1.4.1.3704.1.";

/** Where the extensions are defined. */
const SOURCE = "AMD 57230 (VCEK Certificate and KDS Interface), section 3.1";

/** Extensions of the patch levels, by the end of their object identifier. */
const LEVELS: Readonly<Record<string, keyof SecurityPatchLevels>> = {
  "3.1": "bl",
  "3.2": "tee",
  "3.3": "snp",
  "3.4": "spl4",
  "3.5": "spl5",
  "3.6": "spl6",
  "3.7": "spl7",
  "3.8": "ucode",
  "3.9": "fmc",
};

/** Bytes of hwID by structure version. */
const HW_ID_LENGTH = [64, 8] as const;

/**
 * Reads AMD's extensions of a VCEK or VLEK. They may stand in any order. Whether they fit the kind and
 * the line of the certificate is not judged.
 * @throws {LayoutError} for one that is missing, broken, or not of the structure version. hwID and
 * cspID may be missing: a VCEK has the one, a VLEK the other.
 */
export function readVekExtensions(certificate: Certificate): VekExtensions {
  const levels: Partial<Record<keyof SecurityPatchLevels, number>> = {};
  const unknown: string[] = [];
  let structVersion: number | undefined;
  let productName: string | undefined;
  let hwId: Uint8Array | undefined;
  let cspId: string | undefined;
  // Duplicates were refused when the certificate was read.
  for (const { oid, value } of certificate.extensions) {
    if (!oid.startsWith(AMD_ARC)) continue;
    const part = oid.slice(AMD_ARC.length);
    const level = LEVELS[part];
    if (level !== undefined) levels[level] = readNumber(value, `${level}SPL`);
    else if (part === "1") structVersion = readNumber(value, "structVersion");
    else if (part === "2") productName = readText(value, "productName");
    else if (part === "4") hwId = value;
    else if (part === "5") cspId = readText(value, "cspID");
    else unknown.push(oid);
  }
  if (structVersion === undefined) return missing("structVersion");
  if (structVersion !== 0 && structVersion !== 1) {
    return fail("unsupported-version", "structVersion", `is ${structVersion}, must be 0 or 1`);
  }
  const spl = requireLevels(levels, structVersion);
  return {
    structVersion,
    productName: productName ?? missing("productName"),
    spl,
    ...(hwId === undefined ? {} : { hwId: unwrapHwId(hwId, structVersion) }),
    ...(cspId === undefined ? {} : { cspId }),
    unknown,
  };
}

/** The TCB that a VCEK or VLEK was derived for. */
export function tcbOfLevels({ fmc, bl, tee, snp, ucode }: SecurityPatchLevels): TcbVersion {
  const tcb = { bootloader: bl, tee, snp, microcode: ucode };
  return fmc === undefined ? tcb : { fmc, ...tcb };
}

function requireLevels(
  levels: Readonly<Partial<Record<keyof SecurityPatchLevels, number>>>,
  structVersion: 0 | 1,
): SecurityPatchLevels {
  const { bl, tee, snp, ucode, fmc, spl4, spl5, spl6, spl7 } = levels;
  const must = (value: number | undefined, name: string): number => value ?? missing(name);
  const common = {
    bl: must(bl, "blSPL"),
    tee: must(tee, "teeSPL"),
    snp: must(snp, "snpSPL"),
    ucode: must(ucode, "ucodeSPL"),
    spl5: must(spl5, "spl5SPL"),
    spl6: must(spl6, "spl6SPL"),
    spl7: must(spl7, "spl7SPL"),
  };
  const [foreign, name] = structVersion === 0 ? [fmc, "fmcSPL"] : [spl4, "spl4SPL"];
  if (foreign !== undefined) {
    return fail(
      "unknown-value",
      name,
      `is there, which structVersion ${structVersion} does not have`,
    );
  }
  return structVersion === 0
    ? { ...common, spl4: must(spl4, "spl4SPL") }
    : { ...common, fmc: must(fmc, "fmcSPL") };
}

/**
 * hwID stands in the extension as it is, and in some certificates of 2023 inside an OCTET STRING. The
 * length alone tells which, because the first bytes of an identifier may look like a tag.
 */
function unwrapHwId(value: Uint8Array, structVersion: 0 | 1): Uint8Array {
  const length = HW_ID_LENGTH[structVersion];
  if (value.length === length) return value;
  if (value.length === length + 2 && value[0] === DER_TAG.octetString && value[1] === length) {
    return value.subarray(2);
  }
  return fail("bad-length", "hwID", `has ${value.length} bytes, must have ${length}`);
}

function readNumber(value: Uint8Array, name: string): number {
  return whole(value, "VEK extension", (outer) => outer.unsigned(name, 255));
}

function readText(value: Uint8Array, name: string): string {
  return whole(value, "VEK extension", (outer) => outer.text(name, DER_TAG.ia5String));
}

function missing(field: string): never {
  return fail("not-found", field, "is missing");
}

function fail(
  code: "bad-length" | "not-found" | "unknown-value" | "unsupported-version",
  field: string,
  reason: string,
): never {
  throw new LayoutError({ code, structure: "VEK extensions", field, reason, source: SOURCE });
}
