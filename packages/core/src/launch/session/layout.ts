// SPDX-License-Identifier: Apache-2.0
// Layouts of the launch session and of the packets sent in it. Source: AMD SEV API (55766).

import { LayoutError, at, bytes, struct, u32 } from "../../bytes/index.ts";
import type { Infer } from "../../bytes/index.ts";

const API = "AMD SEV API 55766";

/** What LAUNCH_START and RECEIVE_START are given beside the certificate of the session's maker. */
export const SESSION = struct(
  "SESSION",
  { size: 128, source: `${API}, LAUNCH_START, session data` },
  {
    nonce: at(0x00, bytes(16), "NONCE: context of the master secret"),
    wrappedKeys: at(0x10, bytes(32), "WRAP_TK: TEK and TIK, encrypted with the KEK"),
    wrapIv: at(0x30, bytes(16), "WRAP_IV: first counter block of that encryption"),
    wrapMac: at(0x40, bytes(32), "WRAP_MAC: HMAC-SHA256 of WRAP_TK under the KIK"),
    policyMac: at(0x60, bytes(32), "POLICY_MAC: HMAC-SHA256 of the guest policy under the TIK"),
  },
);

/** A decoded session. */
export type Session = Infer<typeof SESSION>;

/** Header of a packet for LAUNCH_SECRET and RECEIVE_UPDATE_*. */
export const PACKET_HEADER = struct(
  "PACKET_HEADER",
  { size: 52, source: `${API}, LAUNCH_SECRET, packet header` },
  {
    flags: at(0x00, u32, "FLAGS: bit 0 is COMPRESSED, which nothing uses"),
    iv: at(0x04, bytes(16), "IV: first counter block of the payload's encryption"),
    mac: at(0x14, bytes(32), "MAC: HMAC-SHA256 under the TIK"),
  },
);

/** A decoded packet header. */
export type PacketHeader = Infer<typeof PACKET_HEADER>;

/**
 * Decodes a session.
 * @throws {LayoutError} for anything but 128 bytes.
 */
export function parseSession(session: Uint8Array): Session {
  return SESSION.decode(session);
}

/** The transport keys of a session, 16 bytes each. Secret. */
export interface SessionKeys {
  /** Transport encryption key (AES-128). */
  readonly tek: Uint8Array;
  /** Transport integrity key (HMAC-SHA256). */
  readonly tik: Uint8Array;
}

/** Bytes of TEK, TIK, KEK, KIK, nonces and counter blocks. */
export const KEY_SIZE = 16;

/** @throws {LayoutError} `bad-length` when a value does not have the length it must have. */
export function requireSize(what: string, value: Uint8Array, size: number): void {
  if (value.length === size) return;
  throw new LayoutError({
    code: "bad-length",
    structure: what,
    reason: `has ${value.length} bytes, must have ${size}`,
    source: `${API}, LAUNCH_START`,
  });
}
