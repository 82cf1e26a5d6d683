// SPDX-License-Identifier: Apache-2.0
// The view of an exported guest: what is sent, which is encrypted, and in what order.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { EXPORTED_GUEST_HEADER, SESSION, formatSevPolicy } from "@greenlight/core/session";
import { pairs, table } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { hex } from "./view.ts";
import type { ArtefactOf, View } from "./view.ts";

/** Packets that are listed; a guest may have thousands. */
const MOST_LISTED = 16;

const COLUMNS = [
  { title: "packet", align: "right" },
  { title: "kind" },
  { title: "address", align: "right" },
  { title: "bytes", align: "right" },
] as const;

/** The view. */
export function exportedGuestView(artefact: ArtefactOf<"exported-guest">): View {
  const { guest, bytes } = artefact;
  const { packets, policy, session } = guest;
  const listed = packets
    .slice(0, MOST_LISTED)
    .map(({ kind, gpa, payload }, i) => [String(i), kind, hex(gpa), String(payload.length)]);
  const left = packets.length - listed.length;
  const header = bytes.subarray(0, EXPORTED_GUEST_HEADER.size);
  return {
    summary: counted(packets.length),
    blocks: [
      pairs(exportedGuestRows(artefact)),
      `${table(COLUMNS, listed)}${left === 0 ? "" : `\n  and ${left} more`}`,
    ],
    findings: [],
    json: {
      policy,
      policyText: formatSevPolicy(policy),
      certificateSha256: hexEncode(sha256(guest.godh)),
      sessionSha256: hexEncode(sha256(session)),
      packets: packets.map(({ kind, gpa, payload }) => ({
        kind,
        gpa: hex(gpa),
        size: payload.length,
      })),
    },
    // The certificate has a view of its own, and packets are encrypted.
    dump: [
      {
        title: EXPORTED_GUEST_HEADER.name,
        bytes: header,
        fields: annotate(EXPORTED_GUEST_HEADER, header),
      },
      { title: SESSION.name, bytes: session, fields: annotate(SESSION, session) },
    ],
  };
}

/** What is said of the whole. */
export function exportedGuestRows({ guest }: ArtefactOf<"exported-guest">): readonly Pair[] {
  const { packets, policy, godh, session } = guest;
  const memory = packets.filter(({ kind }) => kind === "data");
  const size = memory.reduce((sum, { payload }) => sum + payload.length, 0);
  return [
    ["guest policy", formatSevPolicy(policy)],
    ["memory", `${size} bytes in ${counted(memory.length)}`],
    ["save areas", String(packets.length - memory.length)],
    ["SHA-256 of the owner's certificate", hexEncode(sha256(godh))],
    ["SHA-256 of the session", hexEncode(sha256(session))],
    ["SHA-256 of the packets", hexEncode(digestOfPackets(packets))],
  ];
}

function counted(packets: number): string {
  return packets === 1 ? "1 packet" : `${packets} packets`;
}

function digestOfPackets(packets: ArtefactOf<"exported-guest">["guest"]["packets"]): Uint8Array {
  const parts = packets.flatMap(({ kind, gpa, header, payload }) => [
    Buffer.from(`${kind} ${gpa} `),
    header,
    payload,
  ]);
  return sha256(Buffer.concat(parts));
}
