// SPDX-License-Identifier: Apache-2.0
// What a platform reported, in the forms people have it: hexadecimal or base64 text, base64 of the
// hexadecimal text (as snpguest writes it), a report in binary or text, or a tool's print-out.

import { LayoutError, base64Decode, hexDecode } from "../bytes/index.ts";
import { REPORT_SIZE, decodeReport, reportCpu } from "../evidence/report.ts";
import type { CpuIdentity } from "../evidence/product.ts";

/** What a report says about the launch. */
export interface ObservedReport {
  readonly version: number;
  /** The CPU the report was made on; absent when the report does not say (version 2). */
  readonly cpu?: CpuIdentity;
}

/** An observed digest and where it was found. */
export interface Observed {
  /** 48 bytes, or 32 for SEV and SEV-ES. */
  readonly digest: Uint8Array;
  /** The form it came in, for people. */
  readonly form: string;
  /** The report it was taken from. */
  readonly report?: ObservedReport;
}

/** Bytes the status header of a raw SNP_GET_REPORT answer puts before the report. */
const RESPONSE_HEADER = 32;

/** Every report is shorter; more is some other file. */
const MAX_TEXT = 1024 * 1024;

const STRUCTURE = "observed digest";

/**
 * A digest written as text: 96 or 64 hexadecimal digits, base64 of 48 or 32 bytes, or base64 of
 * hexadecimal digits. White space is ignored. Undefined when the text does not look like one.
 * @throws {LayoutError} `bad-length` when it does, but with a length no digest has.
 */
export function readDigestText(text: string): Observed | undefined {
  const compact = text.replaceAll(/\s+/g, "");
  const digits = compact.replace(/^0x/i, "");
  if (/^[0-9a-f]{16,}$/i.test(digits)) {
    if (digits.length % 2 !== 0) throw wrongLength(`${digits.length} hexadecimal digits`);
    return sized(hexDecode(digits), "hexadecimal");
  }
  if (!/^[0-9a-z+/]{22,}={0,2}$/i.test(compact) || compact.length % 4 !== 0) return undefined;
  const bytes = base64Decode(compact, STRUCTURE);
  const inner = asciiOf(bytes).replace(/^0x/i, "");
  if (/^([0-9a-f]{96}|[0-9a-f]{64})$/i.test(inner)) {
    return sized(hexDecode(inner), "base64 of the hexadecimal text");
  }
  return bytes.length === REPORT_SIZE ? fromReport(bytes, "base64") : sized(bytes, "base64");
}

/**
 * A digest out of a file: a report (alone, with its certificate table behind it, or as the raw answer
 * of SNP_GET_REPORT), the same in hexadecimal or base64, a digest as text, or text with a line
 * "Measurement:" as snpguest prints it.
 * @throws {LayoutError} when it is none of these, or a report of an unknown version.
 */
export function readObservedFile(content: Uint8Array): Observed {
  if (content.length === 0) throw unknown("is an empty file");
  if (isBinary(content)) return fromBinary(content);
  if (content.length > MAX_TEXT) throw unknown(`is text of ${content.length} bytes`);
  const text = asciiOf(content);
  const compact = text.replaceAll(/\s+/g, "").replace(/^0x/i, "");
  if (compact.length === REPORT_SIZE * 2 && /^[0-9a-f]*$/i.test(compact)) {
    return fromReport(hexDecode(compact), "hexadecimal");
  }
  const printed = printedMeasurement(text) ?? launchMeasureBlob(text);
  if (printed !== undefined) return sized(printed, "a tool's print-out");
  const digest = readDigestText(text);
  if (digest !== undefined) return digest;
  throw unknown("is neither a report nor a digest");
}

function fromBinary(content: Uint8Array): Observed {
  if (content.length === REPORT_SIZE) return fromReport(content, "binary");
  if (content.length === 48 || content.length === 32) return sized(content, "raw bytes");
  if (isResponse(content)) {
    const end = RESPONSE_HEADER + REPORT_SIZE;
    return fromReport(content.subarray(RESPONSE_HEADER, end), "answer of SNP_GET_REPORT");
  }
  // A certificate table behind the report begins with one 24-byte entry at least. The version of
  // whatever else is that long is rarely a small number.
  if (content.length >= REPORT_SIZE + 24 && littleEndian(content, 0) < 0x100) {
    return fromReport(content.subarray(0, REPORT_SIZE), "binary, certificates behind it");
  }
  throw unknown(`has ${content.length} bytes, a report has ${REPORT_SIZE}`);
}

// MSG_REPORT_RSP (AMD 56860, table "MSG_REPORT_RSP Message Structure"): status, size, 24 reserved.
function isResponse(content: Uint8Array): boolean {
  if (content.length < RESPONSE_HEADER + REPORT_SIZE) return false;
  return littleEndian(content, 0) === 0 && littleEndian(content, 4) === REPORT_SIZE;
}

function littleEndian(content: Uint8Array, offset: number): number {
  return new DataView(content.buffer, content.byteOffset, content.length).getUint32(offset, true);
}

function fromReport(bytes: Uint8Array, form: string): Observed {
  const report = decodeReport(bytes);
  const cpu = reportCpu(report);
  return {
    // A copy, so that the digest does not keep the file alive or change with it.
    digest: Uint8Array.from(report.measurement),
    form: `attestation report, version ${report.version} (${form})`,
    report: { version: report.version, ...(cpu === undefined ? {} : { cpu }) },
  };
}

/** The 48 bytes after "Measurement:", wherever that stands; undefined unless there is exactly one. */
function printedMeasurement(text: string): Uint8Array | undefined {
  const pattern =
    /\bmeasurement\b["']?\s*[:=]?\s*["']?((?:0x)?(?:[0-9a-f]{2}[\s:]*){48})(?![0-9a-f])/gi;
  const found = [...text.matchAll(pattern)].map((match) =>
    match[1]!.replaceAll(/[\s:]+/g, "").toLowerCase(),
  );
  const distinct = new Set(found);
  const [only] = distinct;
  return only === undefined || distinct.size > 1 ? undefined : hexDecode(only);
}

/**
 * Base64 of 48 bytes as QMP (`"data"` of query-sev-launch-measure) and libvirt (`sev-measurement`)
 * give it; undefined unless there is exactly one.
 */
function launchMeasureBlob(text: string): Uint8Array | undefined {
  const pattern = /\b(?:data|sev-measurement)["']?\s*[:=]\s*["']?([0-9a-z+/]{64})(?![0-9a-z+/=])/gi;
  const distinct = new Set([...text.matchAll(pattern)].map((match) => match[1]!));
  const [only] = distinct;
  return only === undefined || distinct.size > 1 ? undefined : base64Decode(only, STRUCTURE);
}

function sized(digest: Uint8Array, form: string): Observed {
  if (digest.length === 48 || digest.length === 32) return { digest, form };
  throw wrongLength(`${digest.length} bytes`);
}

function wrongLength(length: string): LayoutError {
  return new LayoutError({
    code: "bad-length",
    structure: STRUCTURE,
    reason: `has ${length}`,
    hint: "an SEV-SNP digest has 48 bytes (96 hexadecimal digits), one of SEV or SEV-ES 32 (64 digits)",
  });
}

function unknown(reason: string): LayoutError {
  return new LayoutError({
    code: "bad-text",
    structure: STRUCTURE,
    reason,
    hint: "give the digest in hexadecimal or base64, or an SEV-SNP attestation report of 1184 bytes",
  });
}

/** Whether there is a byte that text does not have. */
function isBinary(content: Uint8Array): boolean {
  return content.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte > 126);
}

function asciiOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
