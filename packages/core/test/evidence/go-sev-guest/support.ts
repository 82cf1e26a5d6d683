// SPDX-License-Identifier: Apache-2.0
// Writers of go-sev-guest's messages, binary and text, for tests that read them back.

import { decodeReport } from "../../../src/evidence/index.ts";
import { ATTESTATION_MESSAGE, REPORT_MESSAGE } from "../../../src/evidence/go-sev-guest/schema.ts";
import type { MessageType } from "../../../src/evidence/go-sev-guest/schema.ts";
import { concat } from "../support.ts";

/** A value of a message: number, bytes, text, message, or entries of a map. */
export type Value =
  | bigint
  | Uint8Array
  | string
  | Values
  | readonly (readonly [string, Uint8Array])[];
export interface Values {
  readonly [field: string]: Value;
}

export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

/** A length-delimited field. */
export function field(number: number, content: Uint8Array): Uint8Array {
  return concat(varint(BigInt(number * 8 + 2)), varint(BigInt(content.length)), content);
}

/** The wire format of a message. Numbers that are zero are left out, as proto3 has it. */
export function toWire(values: Values, type: MessageType = ATTESTATION_MESSAGE): Uint8Array {
  const parts = Object.entries(values).map(([name, value]) => {
    const [number, inner] = type.fields[name]!;
    if (typeof value === "bigint") {
      return value === 0n ? new Uint8Array(0) : concat(varint(BigInt(number * 8)), varint(value));
    }
    if (value instanceof Uint8Array) return field(number, value);
    if (typeof value === "string") return field(number, new TextEncoder().encode(value));
    if (Array.isArray(value)) {
      return concat(
        ...value.map(([key, bytes]) =>
          field(number, concat(field(1, new TextEncoder().encode(key)), field(2, bytes))),
        ),
      );
    }
    return field(number, toWire(value as Values, inner as MessageType));
  });
  return concat(...parts);
}

/** The text format of a message. */
export function toText(values: Values, indent = ""): string {
  const lines = Object.entries(values).flatMap(([name, value]) => {
    if (typeof value === "bigint") return [`${indent}${name}:  ${value}`];
    if (value instanceof Uint8Array) return [`${indent}${name}: "${escape(value)}"`];
    if (typeof value === "string") return [`${indent}${name}: "${value}"`];
    if (Array.isArray(value)) {
      return value.map(
        ([key, bytes]) => `${indent}${name}: { key: "${key}" value: '${escape(bytes)}' }`,
      );
    }
    return [`${indent}${name} {`, toText(value as Values, `${indent}  `), `${indent}}`];
  });
  return lines.join("\n");
}

function escape(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x27 && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return text;
}

/** The message Report of a report, as go-sev-guest makes it. */
export function reportValues(bytes: Uint8Array): Values {
  const report = decodeReport(bytes);
  const wide = (part: Uint8Array): bigint =>
    new DataView(part.buffer, part.byteOffset).getBigUint64(0, true);
  const { cpuFamily = 0, cpuModel = 0, cpuStepping = 0 } = report;
  const extended = cpuFamily > 15 ? cpuFamily - 15 : 0;
  const eax =
    (extended << 20) |
    ((cpuModel >> 4) << 16) |
    ((cpuFamily - extended) << 8) |
    ((cpuModel & 15) << 4) |
    (cpuStepping & 15);
  return {
    version: BigInt(report.version),
    guest_svn: BigInt(report.guestSvn),
    policy: report.policy,
    family_id: report.familyId,
    image_id: report.imageId,
    vmpl: BigInt(report.vmpl),
    signature_algo: BigInt(report.signatureAlgo),
    current_tcb: wide(report.currentTcb),
    platform_info: report.platformInfo,
    signer_info: BigInt(report.signerInfo),
    report_data: report.reportData,
    measurement: report.measurement,
    host_data: report.hostData,
    id_key_digest: report.idKeyDigest,
    author_key_digest: report.authorKeyDigest,
    report_id: report.reportId,
    report_id_ma: report.reportIdMa,
    reported_tcb: wide(report.reportedTcb),
    chip_id: report.chipId,
    committed_tcb: wide(report.committedTcb),
    current_build: BigInt(report.currentBuild),
    current_minor: BigInt(report.currentMinor),
    current_major: BigInt(report.currentMajor),
    committed_build: BigInt(report.committedBuild),
    committed_minor: BigInt(report.committedMinor),
    committed_major: BigInt(report.committedMajor),
    launch_tcb: wide(report.launchTcb),
    signature: bytes.subarray(0x2a0),
    cpuid1eax_fms: BigInt(eax),
    launch_mit_vector: report.launchMitVector ?? 0n,
    current_mit_vector: report.currentMitVector ?? 0n,
  };
}

/** The wire format of a report alone. */
export function reportWire(bytes: Uint8Array): Uint8Array {
  return toWire(reportValues(bytes), REPORT_MESSAGE);
}
