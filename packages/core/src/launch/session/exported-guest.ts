// SPDX-License-Identifier: Apache-2.0
// A guest prepared by its owner and sent: session and packets for RECEIVE_START and RECEIVE_UPDATE_*
// in one file. Only the platform the session is made for can read it. What the packets do not bind
// (addresses, order, that all of them arrive, and only once) the guest must check itself before it uses
// a secret that came with it; see docs/exported-guest.md.

import {
  LayoutError,
  Reader,
  at,
  enumeration,
  hexEncode,
  mbz,
  signature,
  struct,
  u32,
  u64,
} from "../../bytes/index.ts";
import { SEV_CERTIFICATE } from "../../endorsement/sev/layout.ts";
import { PACKET_HEADER, SESSION } from "./layout.ts";
import { PACKET_MAXIMUM, PACKET_UNIT } from "./packet.ts";
import type { Packet } from "./packet.ts";
import { sealReceivePacket } from "./receive-packet.ts";
import type { ReceiveKind } from "./receive-packet.ts";
import { makeSession } from "./session.ts";
import type { LaunchSession, SessionRequest } from "./session.ts";

const SOURCE = "docs/exported-guest.md";

/** Beginning of the file; GODH (2084 bytes), SESSION (128 bytes) and the packets follow. */
export const EXPORTED_GUEST_HEADER = struct(
  "exported guest",
  { size: 24, source: SOURCE },
  {
    magic: at(0x00, signature("GLGUEST1")),
    policy: at(0x08, u32, "guest policy for RECEIVE_START"),
    count: at(0x0c, u32, "packets that follow"),
    reserved: at(0x10, mbz(8)),
  },
);

/** Beginning of a packet; PACKET_HEADER (52 bytes) and payload follow. */
export const EXPORTED_PACKET_HEADER = struct(
  "exported packet",
  { size: 16, source: SOURCE },
  {
    kind: at(0x00, enumeration(u32, { data: 2, vmsa: 3 }), "command: RECEIVE_UPDATE_DATA or _VMSA"),
    length: at(0x04, u32, "bytes of the payload"),
    gpa: at(0x08, u64, "address the owner means it for; the platform does not check it"),
  },
);

/** Most packets of a file: as many pages as 256 MiB have. */
const MOST_PACKETS = 65536;

/** A part of the guest before it is encrypted. */
export interface GuestPart {
  readonly kind: ReceiveKind;
  /** Guest physical address it is meant for. */
  readonly gpa: bigint;
  /** 16 to 16384 bytes, a multiple of 16; 4096 for a save area. */
  readonly content: Uint8Array;
}

/** A part of the guest as it is sent. */
export interface ExportedPacket extends Packet {
  readonly kind: ReceiveKind;
  readonly gpa: bigint;
}

/** An exported guest. */
export interface ExportedGuest {
  readonly policy: number;
  /** The owner's certificate, 2084 bytes: what RECEIVE_START takes as the sender's PDH. */
  readonly godh: Uint8Array;
  /** 128 bytes. */
  readonly session: Uint8Array;
  readonly packets: readonly ExportedPacket[];
}

/**
 * Encrypts a guest for one platform.
 * @param input.freshIv 16 random bytes, anew at every call.
 * @returns the file, and the session whose keys are of no use afterwards.
 * @throws as makeSession() and sealReceivePacket(); {LayoutError} `out-of-range` for too many parts.
 * @throws {RangeError} when `freshIv` gives the same bytes twice.
 */
export async function exportGuest(
  input: SessionRequest & {
    readonly parts: readonly GuestPart[];
    readonly freshIv: () => Uint8Array;
  },
): Promise<{ readonly file: Uint8Array; readonly session: LaunchSession }> {
  const { parts, freshIv } = input;
  requireCount(parts.length);
  const session = await makeSession(input);
  const used = new Set<string>();
  const packets = parts.map(({ kind, gpa, content }) => {
    const iv = freshIv();
    const name = hexEncode(iv);
    // Two packets under one counter block would show what their contents differ in.
    if (used.has(name)) throw new RangeError("freshIv gave the same bytes twice");
    used.add(name);
    return { kind, gpa, ...sealReceivePacket({ keys: session.keys, kind, page: content, iv }) };
  });
  const { policy, godh } = session;
  const file = encodeExportedGuest({ policy, godh, session: session.session, packets });
  return { file, session };
}

/**
 * The file of an exported guest.
 * @throws {LayoutError} for values that do not fit.
 */
export function encodeExportedGuest(guest: ExportedGuest): Uint8Array {
  const { policy, packets } = guest;
  requireCount(packets.length);
  const pieces = [
    EXPORTED_GUEST_HEADER.encode({ policy, count: packets.length }),
    SEV_CERTIFICATE.encode(SEV_CERTIFICATE.decode(guest.godh)),
    SESSION.encode(SESSION.decode(guest.session)),
    ...packets.flatMap(({ kind, gpa, header, payload }) => [
      EXPORTED_PACKET_HEADER.encode({ kind, gpa, length: payload.length }),
      PACKET_HEADER.encode(PACKET_HEADER.decode(header)),
      payload,
    ]),
  ];
  const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    file.set(piece, offset);
    offset += piece.length;
  }
  return file;
}

/**
 * Reads the file of an exported guest. Certificate, session and packets are bytes; nothing is judged.
 * @throws {LayoutError} for anything that is not exactly one.
 */
export function parseExportedGuest(file: Uint8Array): ExportedGuest {
  const reader = new Reader(file, EXPORTED_GUEST_HEADER.name);
  const { policy, count } = reader.struct(EXPORTED_GUEST_HEADER);
  requireCount(count);
  const godh = reader.bytes(SEV_CERTIFICATE.size);
  const session = reader.bytes(SESSION.size);
  const packets: ExportedPacket[] = [];
  for (let i = 0; i < count; i++) {
    const { offset } = reader;
    const { kind, gpa, length } = reader.struct(EXPORTED_PACKET_HEADER);
    if (length === 0 || length > PACKET_MAXIMUM || length % PACKET_UNIT !== 0) {
      throw new LayoutError({
        code: "out-of-range",
        structure: EXPORTED_PACKET_HEADER.name,
        field: "length",
        offset: offset + EXPORTED_PACKET_HEADER.offsetOf("length"),
        reason: `is ${length}, must be 16 to ${PACKET_MAXIMUM} and a multiple of 16`,
        source: SOURCE,
      });
    }
    const header = reader.bytes(PACKET_HEADER.size);
    packets.push({ kind, gpa, header, payload: reader.bytes(length) });
  }
  reader.finish();
  return { policy, godh, session, packets };
}

function requireCount(count: number): void {
  if (count >= 1 && count <= MOST_PACKETS) return;
  throw new LayoutError({
    code: "out-of-range",
    structure: EXPORTED_GUEST_HEADER.name,
    field: "count",
    reason: `is ${count}, must be 1 to ${MOST_PACKETS}`,
    source: SOURCE,
  });
}
