// SPDX-License-Identifier: Apache-2.0
// Guest messages: what guest and firmware tell each other through the host, encrypted with a key of the
// secrets page (AMD 56860 rev. 1.58, sections 8.26 and 7.1, table Message Header Format).

import { createCipheriv, createDecipheriv } from "node:crypto";
import {
  LayoutError,
  at,
  bytes,
  constant,
  mbz,
  struct,
  u16,
  u64,
  u8,
} from "@greenlight/core/bytes";
import type { Infer } from "@greenlight/core/bytes";

/** MSG_TYPE values (AMD 56860, table Message Type Encodings). */
export const MESSAGE_TYPES = {
  CPUID_REQ: 1,
  CPUID_RSP: 2,
  KEY_REQ: 3,
  KEY_RSP: 4,
  REPORT_REQ: 5,
  REPORT_RSP: 6,
  EXPORT_REQ: 7,
  EXPORT_RSP: 8,
  IMPORT_REQ: 9,
  IMPORT_RSP: 10,
  ABSORB_REQ: 11,
  ABSORB_RSP: 12,
  VMRK_REQ: 13,
  VMRK_RSP: 14,
  ABSORB_NOMA_REQ: 15,
  ABSORB_NOMA_RSP: 16,
  TSC_INFO_REQ: 17,
  TSC_INFO_RSP: 18,
} as const;

/** Name of a message type. */
export type MessageType = keyof typeof MESSAGE_TYPES;

/** ALGO of messages: AES-256-GCM, the only one. */
const AES_256_GCM = 1;

/** A message fits one page. */
const MESSAGE_LIMIT = 4096;

/** From ALGO to the end of the header. */
const AUTHENTICATED = 0x30;

const SOURCE = "AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58, table Message Header Format";

/** The header of a message. Everything from ALGO on is authenticated. */
export const MESSAGE_HEADER = struct(
  "GUEST_MESSAGE_HEADER",
  { size: 0x60, source: SOURCE },
  {
    authTag: at(0x00, bytes(16), "AUTHTAG"),
    authTagHigh: at(0x10, mbz(16)),
    sequence: at(0x20, u64, "MSG_SEQNO: also the nonce"),
    reserved28: at(0x28, mbz(8)),
    algorithm: at(0x30, u8, "ALGO: 1 is AES-256-GCM"),
    headerVersion: at(0x31, u8, "HDR_VERSION: 1"),
    headerSize: at(0x32, constant(u16, 0x60), "HDR_SIZE"),
    type: at(0x34, u8, "MSG_TYPE"),
    version: at(0x35, u8, "MSG_VERSION"),
    size: at(0x36, u16, "MSG_SIZE: of the payload"),
    reserved38: at(0x38, mbz(4)),
    vmpck: at(0x3c, u8, "MSG_VMPCK: number of the key, 0 to 3"),
    reserved3d: at(0x3d, mbz(35)),
  },
);

/** A decoded header. */
export type MessageHeader = Infer<typeof MESSAGE_HEADER>;

/** A message before encryption. */
export interface PlainMessage {
  readonly type: number;
  /** MSG_VERSION. */
  readonly version: number;
  readonly payload: Uint8Array;
}

/**
 * Reads the header of a message and cuts its ciphertext out. Nothing is authenticated yet.
 * @throws {LayoutError} for a header that breaks its layout, another algorithm or header version, or a size
 * that the message does not have. Zeros behind the message are allowed: hosts hand over whole pages.
 */
export function readMessage(message: Uint8Array): {
  readonly header: MessageHeader;
  readonly ciphertext: Uint8Array;
} {
  if (message.length > MESSAGE_LIMIT) {
    fail("bad-length", undefined, `has ${message.length} bytes, the most is ${MESSAGE_LIMIT}`);
  }
  const header = MESSAGE_HEADER.decodeAt(message, 0);
  if (header.algorithm !== AES_256_GCM) {
    fail("unknown-value", "algorithm", `is ${header.algorithm}, must be 1`);
  }
  if (header.headerVersion !== 1) {
    fail("unsupported-version", "headerVersion", `is ${header.headerVersion}, must be 1`);
  }
  if (header.vmpck > 3) fail("out-of-range", "vmpck", `is ${header.vmpck}, must be 0 to 3`);
  const end = MESSAGE_HEADER.size + header.size;
  if (header.size === 0 || end > message.length) {
    const present = message.length - MESSAGE_HEADER.size;
    fail("bad-length", "size", `is ${header.size}, ${present} bytes follow the header`);
  }
  if (message.subarray(end).some((byte) => byte !== 0)) {
    fail("trailing-bytes", undefined, "has bytes behind its payload");
  }
  return { header, ciphertext: message.subarray(MESSAGE_HEADER.size, end) };
}

/**
 * The payload of a message.
 * @param key The VMPCK, 32 bytes.
 * @returns Undefined when the tag does not fit: another key, or a changed message.
 * @throws {LayoutError} as {@link readMessage}.
 */
export function openMessage(key: Uint8Array, message: Uint8Array): PlainMessage | undefined {
  const { header, ciphertext } = readMessage(message);
  const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(header.sequence), {
    authTagLength: 16,
  });
  decipher.setAAD(message.subarray(AUTHENTICATED, MESSAGE_HEADER.size));
  decipher.setAuthTag(header.authTag);
  const payload = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch {
    // final() has one way to fail: the tag. What was decrypted goes nowhere.
    payload.fill(0);
    return undefined;
  }
  const { type, version } = header;
  return { type, version, payload: Uint8Array.from(payload) };
}

/**
 * Encrypts a message.
 * @param key The VMPCK, 32 bytes. A sequence number must never be used twice with the same key.
 * @param vmpck Number of the key, 0 to 3.
 * @throws {LayoutError} `bad-length` for a payload that is empty or does not fit a page.
 */
export function sealMessage(
  key: Uint8Array,
  vmpck: number,
  sequence: bigint,
  { type, version, payload }: PlainMessage,
): Uint8Array {
  const most = MESSAGE_LIMIT - MESSAGE_HEADER.size;
  if (payload.length === 0 || payload.length > most) {
    fail("bad-length", "payload", `has ${payload.length} bytes, must have 1 to ${most}`);
  }
  const header = {
    authTag: new Uint8Array(16),
    sequence,
    algorithm: AES_256_GCM,
    headerVersion: 1,
    type,
    version,
    size: payload.length,
    vmpck,
  };
  const aad = MESSAGE_HEADER.encode(header).subarray(AUTHENTICATED);
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(sequence), { authTagLength: 16 });
  cipher.setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(payload), cipher.final()]);
  const message = new Uint8Array(MESSAGE_HEADER.size + ciphertext.length);
  message.set(MESSAGE_HEADER.encode({ ...header, authTag: Uint8Array.from(cipher.getAuthTag()) }));
  message.set(ciphertext, MESSAGE_HEADER.size);
  return message;
}

/** The 96-bit nonce: the sequence number, little-endian, then zeros. */
function nonceOf(sequence: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(0, sequence, true);
  return nonce;
}

function fail(code: LayoutError["code"], field: string | undefined, reason: string): never {
  throw new LayoutError({ code, structure: MESSAGE_HEADER.name, field, reason, source: SOURCE });
}
