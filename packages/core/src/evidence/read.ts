// SPDX-License-Identifier: Apache-2.0
// Evidence out of bytes of any form: the form and the text around it are found out, and said.

import { LayoutError } from "../bytes/index.ts";
import { parseCertificateTable } from "./certificate-table.ts";
import type { Evidence, EvidenceEncoding } from "./evidence.ts";
import { goSevGuestEvidence } from "./go-sev-guest/attestation.ts";
import { ATTESTATION_MESSAGE, REPORT_MESSAGE } from "./go-sev-guest/schema.ts";
import { readTextMessage } from "./go-sev-guest/text.ts";
import { readMessage } from "./go-sev-guest/wire.ts";
import { hclEvidence } from "./hcl-evidence.ts";
import { isHclReport } from "./hcl-report.ts";
import { MAX_EVIDENCE_SIZE } from "./limits.ts";
import { readJsonEvidence } from "./read-json.ts";
import { REPORT_SIZE } from "./report.ts";
import { decodeTextForm, isAsciiText, latin1 } from "./text-form.ts";
import { magicLikeness, textLikeness, unlikeEvidence } from "./unlike.ts";

/** Evidence before the text around it is named. */
type Found = Omit<Evidence, "encodings">;

/** Most layers of text around evidence: snpguest writes base64 of hexadecimal. */
const MOST_LAYERS = 2;

/**
 * Reads evidence of any known form. Byte strings of the result are views into `bytes` where they stand
 * there as they are. A buffer of exactly the size of a report is returned whatever is in it.
 * @throws {LayoutError} `bad-length` for nothing or too much, `unknown-value` for something else (the reason
 * says what it looks like), `truncated`, and what the decoders of the forms throw.
 */
export function readEvidence(bytes: Uint8Array): Evidence {
  if (bytes.length === 0 || bytes.length > MAX_EVIDENCE_SIZE) {
    const reason = `has ${bytes.length} bytes, must have 1 to ${MAX_EVIDENCE_SIZE}`;
    throw new LayoutError({ code: "bad-length", structure: "evidence", reason });
  }
  return readLayer(bytes, []);
}

function readLayer(bytes: Uint8Array, encodings: readonly EvidenceEncoding[]): Evidence {
  const wrapped = encodings.map((encoding) => `${encoding} text of `).join("");
  if (!isAsciiText(bytes)) return { ...readBinary(bytes, wrapped), encodings };
  const text = new TextDecoder().decode(bytes);
  if (/^\s*\{/.test(text.slice(0, 4096))) return { ...readJsonEvidence(text), encodings };
  if (TEXTPROTO.test(text.slice(0, 4096))) return { ...readTextproto(bytes, text), encodings };
  const like = textLikeness(text.slice(0, 4096));
  if (like !== undefined) throw unlikeEvidence(bytes, wrapped, like);
  const inner = decodeTextForm(text);
  if (inner === undefined || encodings.length === MOST_LAYERS) throw unlikeEvidence(bytes, wrapped);
  return readLayer(inner.bytes, [...encodings, inner.encoding]);
}

function readBinary(bytes: Uint8Array, wrapped: string): Found {
  if (isHclReport(bytes)) return hclEvidence(bytes);
  if (bytes.length === REPORT_SIZE) return bare(bytes, []);
  if (isResponse(bytes)) return fromResponse(bytes);
  // Little else of that length begins with a number as small as a version: firmware with zeros, and ID
  // authentication information with a 1, which no report ever had.
  const isLonger = bytes.length > REPORT_SIZE;
  const first = isLonger ? littleEndian(bytes, 0) : 0;
  if (first > 1 && first < 0x100) return extended(bytes);
  if (magicLikeness(bytes) !== undefined) throw unlikeEvidence(bytes, wrapped);
  if (isLonger && first === 0) return extended(bytes);
  // The first field of an Attestation is its Report, the first of a Report its version.
  if (bytes[0] === 0x0a || bytes[0] === 0x08) {
    const type = bytes[0] === 0x0a ? ATTESTATION_MESSAGE : REPORT_MESSAGE;
    return { form: "go-sev-guest-proto", ...goSevGuestEvidence(readMessage(bytes, type)) };
  }
  if (TEXTPROTO.test(latin1(bytes.subarray(0, 4096)))) return readTextproto(bytes, undefined);
  throw unlikeEvidence(bytes, wrapped);
}

function bare(report: Uint8Array, notes: readonly string[]): Found {
  return { form: "report", report, certificates: [], extras: [], notes };
}

/** Bytes of the status header of the firmware's answer (AMD 56860, table MSG_REPORT_RSP). */
const RESPONSE_HEADER = 32;

/** Whether bytes are the answer of SNP_GET_REPORT with its header: status 0, size, 24 reserved. */
function isResponse(bytes: Uint8Array): boolean {
  if (bytes.length < RESPONSE_HEADER + REPORT_SIZE) return false;
  if (littleEndian(bytes, 0) !== 0 || littleEndian(bytes, 4) !== REPORT_SIZE) return false;
  return bytes.subarray(8, RESPONSE_HEADER).every((byte) => byte === 0);
}

function fromResponse(bytes: Uint8Array): Found {
  const end = RESPONSE_HEADER + REPORT_SIZE;
  const note = "the report was taken out of the raw answer of SNP_GET_REPORT (32 bytes of header)";
  const rest = bytes.subarray(end).some((byte) => byte !== 0);
  const notes = rest ? [note, "what follows the report in that answer was left out"] : [note];
  return bare(bytes.subarray(RESPONSE_HEADER, end), notes);
}

function extended(bytes: Uint8Array): Found {
  try {
    const { certificates, extras } = parseCertificateTable(bytes.subarray(REPORT_SIZE));
    const report = bytes.subarray(0, REPORT_SIZE);
    return { form: "extended-report", report, certificates, extras, notes: [] };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const behind = bytes.length - REPORT_SIZE;
    throw new LayoutError({
      code: error.code,
      structure: error.structure,
      field: error.field,
      offset: error.offset,
      reason: error.reason,
      hint:
        `of ${bytes.length} bytes the first ${REPORT_SIZE} look like a report and the other ${behind} ` +
        "must be a certificate table; without one, a report ends there",
      source: error.source,
    });
  }
}

/** A field of Attestation or Report begins the text form. */
const TEXTPROTO = /^\s*(report|certificate_chain|product|version|guest_svn|policy)\s*[:{<]/;

function readTextproto(bytes: Uint8Array, ascii: string | undefined): Found {
  const text = ascii ?? utf8(bytes);
  const type = /^\s*(version|guest_svn|policy)/.test(text.slice(0, 4096))
    ? REPORT_MESSAGE
    : ATTESTATION_MESSAGE;
  return { form: "go-sev-guest-textproto", ...goSevGuestEvidence(readTextMessage(text, type)) };
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const reason = "begins like a textproto, but is not UTF-8";
    throw new LayoutError({ code: "bad-text", structure: "evidence", reason });
  }
}

function littleEndian(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}
