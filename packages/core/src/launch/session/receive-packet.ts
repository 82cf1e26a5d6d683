// SPDX-License-Identifier: Apache-2.0
// Packets of a guest that is sent instead of launched: RECEIVE_UPDATE_DATA and RECEIVE_UPDATE_VMSA. A
// platform takes them from anybody who made the session, so an owner can be the sender. Their MACs
// bind neither address nor order nor number.

import { LayoutError } from "../../bytes/index.ts";
import type { SessionKeys } from "./layout.ts";
import { PACKET_CONTEXTS, openPacket, sealPacket } from "./packet.ts";
import type { OpenedPacket, Packet } from "./packet.ts";

/** What a packet holds: memory, or the save area of a processor (SEV-ES), which is one page. */
export type ReceiveKind = "data" | "vmsa";

const VMSA_SIZE = 4096;

/**
 * Encrypts memory or a save area for RECEIVE_UPDATE_DATA or RECEIVE_UPDATE_VMSA.
 * @param input.page 16 to 16384 bytes of memory, a multiple of 16, or the 4096 of a save area.
 * @param input.iv 16 bytes; never twice with the same TEK.
 * @throws {LayoutError} `bad-length` for values of another length.
 */
export function sealReceivePacket(input: {
  readonly keys: SessionKeys;
  readonly kind: ReceiveKind;
  readonly page: Uint8Array;
  readonly iv: Uint8Array;
}): Packet {
  const { keys, kind, page, iv } = input;
  if (kind === "vmsa" && page.length !== VMSA_SIZE) {
    throw new LayoutError({
      code: "bad-length",
      structure: "save area",
      reason: `has ${page.length} bytes, must have ${VMSA_SIZE}`,
      source: "AMD SEV API 55766, RECEIVE_UPDATE_VMSA",
    });
  }
  return sealPacket(keys, PACKET_CONTEXTS[kind], page, iv, new Uint8Array(0));
}

/** Takes the content out again, as the platform does: lengths, flags and MAC first. */
export function openReceivePacket(
  input: { readonly keys: SessionKeys; readonly kind: ReceiveKind } & Packet,
): OpenedPacket {
  if (input.kind === "vmsa" && input.payload.length !== VMSA_SIZE) return { status: "bad-length" };
  return openPacket(input.keys, PACKET_CONTEXTS[input.kind], input, new Uint8Array(0));
}
