// SPDX-License-Identifier: Apache-2.0
// An attestation report as fields beside bytes: values in words, and which part the signature covers.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import {
  ATTESTATION_REPORT,
  PLATFORM_INFO_BITS,
  PLATFORM_INFO_NAMES,
  REPORT_SIGNED_SIZE,
  cpuName,
  decodeTcb,
  formatTcb,
  platformInfoHas,
} from "@greenlight/core/evidence";
import type { ProductLine } from "@greenlight/core/evidence";
import { describeGuestPolicy } from "@greenlight/core/launch";
import { rowOf } from "./byte-view.ts";
import type { ByteView, FieldRow, Tint } from "./byte-view.ts";

/** What each field is about; a field that is not named here is about chip and firmware. */
const TINTS: Readonly<Record<string, Tint>> = {
  version: "form",
  guestSvn: "launch",
  policy: "launch",
  familyId: "launch",
  imageId: "launch",
  vmpl: "guest",
  signatureAlgo: "form",
  signerInfo: "form",
  reportData: "guest",
  measurement: "launch",
  hostData: "launch",
  idKeyDigest: "launch",
  authorKeyDigest: "launch",
  reportId: "guest",
  reportIdMa: "guest",
  signatureR: "signature",
  signatureS: "signature",
};

/**
 * The view of a report. Broken reports are shown too, with what is wrong at each field.
 * @param line The product line, by which TCB versions are read; without it they stay bytes.
 */
export function reportView(id: string, bytes: Uint8Array, line: ProductLine | undefined): ByteView {
  const rows = annotate(ATTESTATION_REPORT, bytes).map((annotation) => {
    const row = rowOf(annotation, TINTS[annotation.path] ?? "platform");
    return row.problem === undefined ? inWords(row, bytes, line) : row;
  });
  return {
    id,
    title: "Attestation report",
    about: `${ATTESTATION_REPORT.source}. The signature covers the first ${REPORT_SIGNED_SIZE} bytes.`,
    bytes,
    rows,
    covered: { from: 0, to: REPORT_SIGNED_SIZE, by: "the report's signature" },
  };
}

function inWords(row: FieldRow, bytes: Uint8Array, line: ProductLine | undefined): FieldRow {
  const raw = bytes.subarray(row.offset, row.offset + row.size);
  switch (row.name) {
    case "policy":
      return { ...row, details: policyLines(u64(raw)) };
    case "vmpl":
      return raw[0] === 0xff ? row : { ...row, text: String(raw[0] ?? "") };
    case "platformInfo":
      return { ...row, details: platformLines(u64(raw)) };
    case "currentTcb":
    case "reportedTcb":
    case "committedTcb":
    case "launchTcb":
      return line === undefined
        ? { ...row, details: ["its parts depend on the product line, which is not known"] }
        : {
            ...row,
            text: formatTcb(decodeTcb(raw, line).tcb),
            details: [`${hexEncode(raw)}, read as ${line} lays it out`],
          };
    case "cpuModel":
      return cpuRow(row, bytes);
    case "reportIdMa":
      return raw.every((byte) => byte === 0xff) ? { ...row, details: ["no migration agent"] } : row;
    case "chipId":
      return raw.every((byte) => byte === 0) ? { ...row, details: ["masked by the host"] } : row;
    case "reportData":
      return { ...row, details: textLines(raw) };
    default:
      return row;
  }
}

function policyLines(policy: bigint): readonly string[] {
  const { minimumAbi, bits, unknownBits } = describeGuestPolicy(policy);
  return [
    `firmware ABI ${minimumAbi.major}.${minimumAbi.minor} or newer`,
    ...bits.map(({ bit, name, set, meaning }) => `bit ${bit} ${name} = ${set ? 1 : 0}: ${meaning}`),
    ...unknownBits.map((bit) => `bit ${bit} is set and has no known meaning`),
  ];
}

function platformLines(info: bigint): readonly string[] {
  return PLATFORM_INFO_NAMES.map((name) => {
    const { bit, amdName, set, clear } = PLATFORM_INFO_BITS[name];
    const isSet = platformInfoHas(info, name);
    return `bit ${bit} ${amdName} = ${isSet ? 1 : 0}: ${isSet ? set : clear}`;
  });
}

function cpuRow(row: FieldRow, bytes: Uint8Array): FieldRow {
  const [family = 0, model = 0, stepping = 0] = bytes.subarray(row.offset - 1, row.offset + 2);
  const name = cpuName({ family, model, stepping });
  return name === undefined
    ? row
    : { ...row, details: [`family 0x${family.toString(16)}: ${name}`] };
}

/** REPORT_DATA that begins with printable text is often a test's. */
function textLines(raw: Uint8Array): readonly string[] {
  const end = raw.indexOf(0);
  const text = end < 0 ? raw : raw.subarray(0, end);
  const isText = text.length > 3 && text.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? [`as text: ${String.fromCharCode(...text)}`] : [];
}

function u64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
}
