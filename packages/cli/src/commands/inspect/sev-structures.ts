// SPDX-License-Identifier: Apache-2.0
// The views of a SEV launch's smaller structures: session, packet header, measurement, legacy
// attestation report, and the table of secrets, whose data is never shown.

import { annotate, at, bytes as byteString, hexEncode, struct } from "@greenlight/core/bytes";
import type { Struct } from "@greenlight/core/bytes";
import {
  FIRMWARE_STATEMENT,
  PACKET_HEADER,
  SESSION,
  formatSevPolicy,
  knownSecret,
  parseFirmwareStatement,
} from "@greenlight/core/session";
import type { SecretEntry } from "@greenlight/core/session";
import { SEV_ATTESTATION_REPORT } from "@greenlight/core/sev-evidence";
import type { SevStructureArtefact } from "../../input/sev-file.ts";
import { pairs } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { fieldsToJson } from "./view.ts";
import type { ArtefactOf, View } from "./view.ts";

/** What LAUNCH_MEASURE returns. */
const MEASUREMENT = struct(
  "LAUNCH_MEASURE output",
  { size: 48, source: "AMD SEV API 55766, LAUNCH_MEASURE" },
  {
    measure: at(0x00, byteString(32), "MEASURE: HMAC-SHA256 under the TIK"),
    mnonce: at(0x20, byteString(16), "MNONCE: nonce that the firmware chose"),
  },
);

/** The layout of each structure. */
export const SEV_LAYOUTS: Readonly<Record<SevStructureArtefact["kind"], Struct<unknown>>> = {
  "sev-session": SESSION,
  "sev-report": SEV_ATTESTATION_REPORT,
  "sev-packet-header": PACKET_HEADER,
  "sev-measurement": MEASUREMENT,
  "firmware-statement": FIRMWARE_STATEMENT,
};

/** The view of a structure. */
export function sevStructureView({ kind, bytes }: SevStructureArtefact): View {
  const layout = SEV_LAYOUTS[kind];
  const fields = annotate(layout, bytes);
  return {
    summary: "",
    blocks: [pairs(rowsOf(kind, bytes))],
    findings: [],
    json: { fields: fieldsToJson(fields) },
    dump: [{ title: layout.name, bytes, fields }],
  };
}

function rowsOf(kind: SevStructureArtefact["kind"], bytes: Uint8Array): readonly Pair[] {
  switch (kind) {
    case "sev-session": {
      const { nonce, wrappedKeys, wrapIv, wrapMac, policyMac } = SESSION.decode(bytes);
      return [
        ["nonce", hexEncode(nonce)],
        ["wrapped TEK and TIK", hexEncode(wrappedKeys)],
        ["wrapping IV", hexEncode(wrapIv)],
        ["MAC of the wrapped keys", hexEncode(wrapMac)],
        ["MAC of the guest policy", hexEncode(policyMac)],
      ];
    }
    case "sev-report": {
      const report = SEV_ATTESTATION_REPORT.decode(bytes);
      return [
        ["mnonce", hexEncode(report.mnonce)],
        ["launch digest", hexEncode(report.launchDigest)],
        ["guest policy", formatSevPolicy(report.policy)],
        ["signed by", "the PEK of its platform, says the report; see greenlight verify sev"],
      ];
    }
    case "sev-packet-header": {
      const { flags, iv, mac } = PACKET_HEADER.decode(bytes);
      return [
        ["flags", flags === 0 ? "none" : flags === 1 ? "COMPRESSED" : `0x${flags.toString(16)}`],
        ["IV", hexEncode(iv)],
        ["MAC", hexEncode(mac)],
      ];
    }
    case "firmware-statement": {
      const { name, version, sha256 } = parseFirmwareStatement(bytes);
      return [
        ["firmware", name],
        ["version", String(version)],
        ["SHA-256", hexEncode(sha256)],
        ["signed by", "its owner, it says; see greenlight session check-firmware"],
      ];
    }
    case "sev-measurement": {
      const { measure, mnonce } = MEASUREMENT.decode(bytes);
      return [
        ["measurement", hexEncode(measure)],
        ["mnonce", hexEncode(mnonce)],
      ];
    }
  }
}

/** The view of a table of secrets: which there are, and how long. */
export function secretTableView({ table, bytes }: ArtefactOf<"sev-secret-table">): View {
  const { length, entries } = table;
  const padding = bytes.length - length;
  const size = `${length} bytes${padding === 0 ? "" : ` and ${padding} of padding`}`;
  return {
    summary: `${entries.length} ${entries.length === 1 ? "secret" : "secrets"}`,
    blocks: [pairs([["table", size], ...secretRows(entries)])],
    findings: [],
    json: {
      length,
      secrets: entries.map(({ guid, data }) => ({
        guid,
        meaning: knownSecret(guid)?.meaning ?? null,
        size: data.length,
      })),
    },
    // The bytes are the secrets themselves.
    dump: [],
  };
}

function secretRows(entries: readonly SecretEntry[]): readonly Pair[] {
  return entries.map(({ guid, data }): Pair => {
    const meaning = knownSecret(guid)?.meaning;
    return [guid, `${data.length} bytes${meaning === undefined ? "" : `, ${meaning}`}`];
  });
}
