// SPDX-License-Identifier: Apache-2.0
// Whether a file holds SNP evidence or a part of it, as far as its beginning says. Whether it really does,
// its decoder finds out; that is loaded only then.

import { hexEncode } from "@greenlight/core/bytes";

/** What is told apart. */
type EvidenceKind = "report" | "evidence" | "certificate-table" | "svsm-manifest";

const REPORT_SIZE = 1184;
/** From here on a file that begins like a report is taken for the beginning of one. */
const CUT_OFF = 512;
/** Entries of a certificate table, and start of a manifest. */
const ENTRY_SIZE = 24;

/** First GUIDs of certificate tables, in the order of their text (AMD 56421). */
const TABLE_GUIDS: ReadonlySet<string> = new Set([
  "c0b406a4a803495297433fb6014cd0ae",
  "4ab7b379bbac4fe4a02f05aef327c782",
  "63da758de6644564adc5f4b93be8accd",
  "a8074bc2a25a483eaae639c045a0b8a1",
  "92f81bc358114d3d97ffd19f88dc67ea",
  "ecae0c0f950243b1afa20ae2e0d565b6",
]);

/** GUID of the manifest of all services, in EFI's order (AMD 58019). */
const MANIFEST_GUID = "bb9e8463923d7046a1ff58f9c94b87bb";

/** Members that JSON evidence has one of. */
const JSON_MEMBERS =
  /"(outblob|hcl_report|attestation_report)"\s*:|"greenlight\/snp-evidence\/|"report_id_ma"\s*:/;

const TEXTPROTO =
  /^\s*((report|certificate_chain)\s*:?\s*[{<]|(version|guest_svn)\s*:\s*\d+\s+(guest_svn|policy)\s*:)/;

/** More text is not searched. */
const MOST_TEXT = 0x20_0000;

/** The kind of a file; undefined when it is none of them. */
export function evidenceBeginning(bytes: Uint8Array): EvidenceKind | undefined {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const first = length < ENTRY_SIZE ? 0 : view.getUint32(0, true);
  if (first === 0x414c_4348) return "evidence"; // HCLA
  // There was no version 1; other structures begin with that number.
  const isVersion = first >= 2 && first < 0x100;
  // A report that is cut off is one too: its decoder says so.
  if (isVersion && length >= CUT_OFF && length <= REPORT_SIZE) return "report";
  if (isVersion && length > REPORT_SIZE) return "evidence";
  const isAnswer =
    first === 0 && length >= REPORT_SIZE + 32 && view.getUint32(4, true) === REPORT_SIZE;
  if (isAnswer || isMessage(bytes)) return "evidence";
  if (length < ENTRY_SIZE || length > MOST_TEXT) return undefined;
  const guid = hexEncode(bytes.subarray(0, 16));
  if (TABLE_GUIDS.has(guid)) return "certificate-table";
  if (guid === MANIFEST_GUID) return "svsm-manifest";
  return isEvidenceText(bytes) ? "evidence" : undefined;
}

/** Whether bytes begin like go-sev-guest's Attestation (its Report first) or Report (version first). */
function isMessage(bytes: Uint8Array): boolean {
  if (bytes.length < 600) return false;
  // A report has more than 127 bytes and less than 16384: its length takes two.
  const isNested = bytes[0] === 0x0a && bytes[1]! >= 0x80 && bytes[2]! > 0 && bytes[2]! < 0x80;
  const at = isNested ? 3 : 0;
  const version = bytes[at + 1]!;
  return (
    bytes[at] === 0x08 && version > 0 && version < 0x80 && [0x10, 0x18].includes(bytes[at + 2]!)
  );
}

function isEvidenceText(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = buffer.toString("latin1", 0, 256);
  if (TEXTPROTO.test(head)) return true;
  return /^\s*\{/.test(head) && JSON_MEMBERS.test(buffer.toString("latin1"));
}
