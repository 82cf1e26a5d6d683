// SPDX-License-Identifier: Apache-2.0
// What bytes that are no SNP evidence look like instead, so that the refusal says more than "unknown".

import { LayoutError, guidDecode } from "../bytes/index.ts";
import { certificateGuidFacts } from "./certificate-guids.ts";
import { REPORT_SIZE } from "./report.ts";
import { isSvsmManifest } from "./svsm-manifest.ts";

/** A format and what to do about it. */
interface Likeness {
  /** With its article. */
  readonly what: string;
  readonly hint: string;
  /** Of the error, where it is not `unknown-value`. */
  readonly code?: "truncated";
}

interface MagicRow extends Likeness {
  readonly offset: number;
  /** ASCII, or bytes where it is not text. */
  readonly magic: string | readonly number[];
}

const OTHER_TEE = "this reads evidence of AMD SEV-SNP";
const UNPACK = "unpack it first";
const CERTIFICATE = "certificates accompany a report; give the report and the certificates each";
const REPORT = "give the attestation report";

/** In order: a row that is more special stands before the more general. */
const MAGIC: readonly MagicRow[] = [
  { offset: 0, magic: [4, 0, 2, 0, 0x81], what: "an Intel TDX quote", hint: OTHER_TEE },
  { offset: 0, magic: [5, 0, 2, 0], what: "an Intel TDX quote of version 5", hint: OTHER_TEE },
  { offset: 0, magic: [4, 0, 2, 0], what: "an Intel SGX or TDX quote", hint: OTHER_TEE },
  { offset: 0, magic: [3, 0, 2, 0], what: "an Intel SGX quote", hint: OTHER_TEE },
  { offset: 0, magic: "\u00ffTCG", what: "a TPM attestation structure (quote)", hint: REPORT },
  { offset: 0x28, magic: "_FVH", what: "firmware (a UEFI firmware volume)", hint: REPORT },
  { offset: 0, magic: "\u007fELF", what: "an ELF file", hint: REPORT },
  { offset: 0, magic: "MZ", what: "a PE executable", hint: REPORT },
  { offset: 0, magic: "IGVM", what: "an IGVM file", hint: REPORT },
  { offset: 0, magic: [0x1f, 0x8b], what: "a gzip file", hint: UNPACK },
  { offset: 0, magic: [0x28, 0xb5, 0x2f, 0xfd], what: "a zstd file", hint: UNPACK },
  { offset: 0, magic: "PK\u0003\u0004", what: "a ZIP file", hint: UNPACK },
];

/** Sizes that give a format away. */
const SIZES: ReadonlyMap<number, Likeness> = new Map([
  [32, { what: "a SHA-256 digest", hint: REPORT }],
  [48, { what: "a SHA-384 digest", hint: REPORT }],
  [64, { what: "REPORT_DATA or a SHA-512 digest", hint: REPORT }],
  [96, { what: "an ID block", hint: REPORT }],
  [4096, { what: "a page (VMSA or ID authentication information?)", hint: REPORT }],
]);

/** What bytes have the signature of; undefined for none. */
export function magicLikeness(bytes: Uint8Array): Likeness | undefined {
  const row = MAGIC.find(({ offset, magic }) => hasMagic(bytes, offset, magic));
  if (row !== undefined) return row;
  // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { .. (RFC 5280 section 4.1).
  if (bytes[0] === 0x30 && bytes[1] === 0x82 && bytes[4] === 0x30) {
    return { what: "a DER certificate or revocation list", hint: CERTIFICATE };
  }
  if (bytes.length >= 24 && certificateGuidFacts(guidDecode(bytes, "rfc")) !== undefined) {
    const hint = "it belongs behind a report, or beside one as auxblob";
    return { what: "a certificate table without a report", hint };
  }
  if (isSvsmManifest(bytes)) {
    return { what: "an SVSM services manifest", hint: "it belongs beside a report" };
  }
  return undefined;
}

function hasMagic(bytes: Uint8Array, offset: number, magic: MagicRow["magic"]): boolean {
  for (let i = 0; i < magic.length; i++) {
    const wanted = typeof magic === "string" ? magic.charCodeAt(i) : magic[i];
    if (bytes[offset + i] !== wanted) return false;
  }
  return true;
}

/** Beginnings of text. Nothing in them can begin base64 or hexadecimal of something else. */
const TEXTS: readonly (readonly [pattern: RegExp, likeness: Likeness])[] = [
  [/^-----BEGIN CERTIFICATE/, { what: "a PEM certificate", hint: CERTIFICATE }],
  [/^-----BEGIN /, { what: "PEM text", hint: REPORT }],
  [
    /^eyJ[\w-]{1,2000}\./,
    { what: "a JSON Web Token", hint: "a token is a verdict; give the evidence" },
  ],
];

/** What text has the beginning of; undefined for nothing known. */
export function textLikeness(head: string): Likeness | undefined {
  return TEXTS.find(([pattern]) => pattern.test(head))?.[1];
}

/** The error for bytes that are no evidence. `wrapped` says which text was taken off them. */
export function unlikeEvidence(bytes: Uint8Array, wrapped: string, known?: Likeness): LayoutError {
  const like = known ?? magicLikeness(bytes) ?? bySize(bytes);
  const has = `${wrapped}${bytes.length} bytes`;
  return new LayoutError({
    code: like?.code ?? "unknown-value",
    structure: "evidence",
    reason:
      like === undefined ? `is of no known form (${has})` : `looks like ${like.what} (${has})`,
    hint: like?.hint ?? `a report has ${REPORT_SIZE} bytes`,
  });
}

function bySize(bytes: Uint8Array): Likeness | undefined {
  const named = SIZES.get(bytes.length);
  if (named !== undefined) return named;
  // VERSION, a small number, begins a report.
  const isSmall = bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
  if (bytes.length > 0x50 && bytes.length < REPORT_SIZE && isSmall) {
    const what = `a report that is cut off; ${REPORT_SIZE} bytes are needed`;
    return { what, hint: "copy it again, as binary", code: "truncated" };
  }
  return undefined;
}
