// SPDX-License-Identifier: Apache-2.0
// Packets sent to a platform's processor in a session: encrypted with the TEK, authenticated with the
// TIK. LAUNCH_SECRET and RECEIVE_UPDATE_* share the form and differ in the context their MAC begins with.
// Source: AMD SEV API (55766), LAUNCH_SECRET, RECEIVE_UPDATE_DATA, RECEIVE_UPDATE_VMSA.

import { ciphers } from "#cipher";
import { LayoutError } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import { hmacSha256 } from "../../crypto/hmac.ts";
import { KEY_SIZE, PACKET_HEADER, requireSize } from "./layout.ts";
import type { SessionKeys } from "./layout.ts";

/** First byte of what a packet's MAC covers. */
export const PACKET_CONTEXTS = { secret: 0x01, data: 0x02, vmsa: 0x03 } as const;

/** Largest payload the firmware takes (16 KiB); lengths are multiples of {@link PACKET_UNIT}. */
export const PACKET_MAXIMUM = 16384;

/** Unit of payload lengths: an AES block. */
export const PACKET_UNIT = 16;

/** A packet: header (52 bytes) and encrypted payload, as long as what it holds. */
export interface Packet {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

/** Why a packet is refused. Firmware answers INVALID_LENGTH, INVALID_PARAM and BAD_MEASUREMENT. */
export type PacketRefusal = "bad-length" | "bad-flags" | "bad-mac";

/** What opening a packet comes to. */
export type OpenedPacket =
  | { readonly status: "ok"; readonly plaintext: Uint8Array }
  | { readonly status: PacketRefusal };

/**
 * Encrypts and authenticates.
 * @param iv 16 bytes; never twice with the same TEK.
 * @param bound What the MAC covers after the payload; empty where nothing is.
 * @throws {LayoutError} `bad-length` for keys, iv or a plaintext the firmware would not take.
 */
export function sealPacket(
  keys: SessionKeys,
  context: number,
  plaintext: Uint8Array,
  iv: Uint8Array,
  bound: Uint8Array,
): Packet {
  requireSize("transport encryption key", keys.tek, KEY_SIZE);
  requireSize("transport integrity key", keys.tik, KEY_SIZE);
  if (!isPacketLength(plaintext.length)) {
    throw new LayoutError({
      code: "bad-length",
      structure: "packet",
      reason: `has ${plaintext.length} bytes, must have 16 to ${PACKET_MAXIMUM} and a multiple of 16`,
      source: PACKET_HEADER.source,
    });
  }
  const payload = ciphers.aes128Ctr(keys.tek, iv, plaintext);
  const mac = hmacSha256(keys.tik, covered(context, 0, iv, payload, bound));
  return { header: PACKET_HEADER.encode({ flags: 0, iv, mac }), payload };
}

/**
 * Checks lengths, flags and MAC, in this order and the MAC in constant time, and only then decrypts.
 * Bytes of any length are taken: they come from a host.
 */
export function openPacket(
  keys: SessionKeys,
  context: number,
  { header, payload }: Packet,
  bound: Uint8Array,
): OpenedPacket {
  if (header.length !== PACKET_HEADER.size || !isPacketLength(payload.length)) {
    return { status: "bad-length" };
  }
  const { flags, iv, mac } = PACKET_HEADER.decode(header);
  if (flags !== 0) return { status: "bad-flags" };
  if (!equalBytes(hmacSha256(keys.tik, covered(context, flags, iv, payload, bound)), mac)) {
    return { status: "bad-mac" };
  }
  return { status: "ok", plaintext: ciphers.aes128Ctr(keys.tek, iv, payload) };
}

function isPacketLength(length: number): boolean {
  return length > 0 && length <= PACKET_MAXIMUM && length % PACKET_UNIT === 0;
}

/** What the MAC covers: context, flags, iv, length in guest memory, length sent, payload, and more. */
function covered(
  context: number,
  flags: number,
  iv: Uint8Array,
  payload: Uint8Array,
  bound: Uint8Array,
): Uint8Array {
  const message = new Uint8Array(29 + payload.length + bound.length);
  const view = new DataView(message.buffer);
  message[0] = context;
  view.setUint32(1, flags, true);
  message.set(iv, 5);
  view.setUint32(21, payload.length, true);
  view.setUint32(25, payload.length, true);
  message.set(payload, 29);
  message.set(bound, 29 + payload.length);
  return message;
}
