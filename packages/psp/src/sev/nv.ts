// SPDX-License-Identifier: Apache-2.0
// The store of INIT_EX: 32 KiB that the host keeps for the platform, encrypted and authenticated with a
// key that only the chip has. What AMD's firmware writes there is not public; this is our own form.

import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { PlatformError } from "../platform/error.ts";
import type { Chip, PlatformKeys } from "./keys.ts";
import { restoreKeys, storeKeys } from "./stored-keys.ts";

/** Bytes of the store (AMD SEV API 55766, INIT_EX, NV_LENGTH). */
export const NV_SIZE = 32 * 1024;

const MAGIC = Buffer.from("GLPSPNV1");
const IV_AT = 8;
const TAG_AT = 20;
const LENGTH_AT = 36;
const DATA_AT = 40;

/** What a store holds: keys, nothing (0xff all over), or something that is not this chip's. */
export type NvContent =
  | { readonly kind: "keys"; readonly keys: PlatformKeys }
  | { readonly kind: "empty" }
  | { readonly kind: "invalid" };

/** A store that holds nothing. */
export function emptyNv(): Uint8Array {
  return new Uint8Array(NV_SIZE).fill(0xff);
}

/** The store of these keys. */
export function writeNv(keys: PlatformKeys, chip: Chip): Uint8Array {
  const nv = emptyNv();
  const iv = chip.random.bytes(TAG_AT - IV_AT);
  const cipher = createCipheriv("aes-256-gcm", storeKey(chip), iv);
  const text = Buffer.from(JSON.stringify(storeKeys(keys)));
  const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
  nv.set(MAGIC);
  nv.set(iv, IV_AT);
  nv.set(cipher.getAuthTag(), TAG_AT);
  new DataView(nv.buffer).setUint32(LENGTH_AT, encrypted.length, true);
  nv.set(encrypted, DATA_AT);
  return nv;
}

/** What is in a store of 32 KiB. */
export function readNv(nv: Uint8Array, chip: Chip): NvContent {
  if (nv.every((byte) => byte === 0xff)) return { kind: "empty" };
  const length = new DataView(nv.buffer, nv.byteOffset).getUint32(LENGTH_AT, true);
  if (!MAGIC.equals(nv.subarray(0, IV_AT)) || length > NV_SIZE - DATA_AT)
    return { kind: "invalid" };
  const decipher = createDecipheriv("aes-256-gcm", storeKey(chip), nv.subarray(IV_AT, TAG_AT));
  decipher.setAuthTag(nv.subarray(TAG_AT, LENGTH_AT));
  const text = decipher.update(nv.subarray(DATA_AT, DATA_AT + length));
  try {
    decipher.final();
  } catch {
    // The tag does not fit: the only failure of final() in this mode.
    return { kind: "invalid" };
  }
  try {
    return { kind: "keys", keys: restoreKeys(JSON.parse(text.toString())) };
  } catch (error) {
    if (error instanceof PlatformError || error instanceof SyntaxError) return { kind: "invalid" };
    throw error;
  }
}

function storeKey({ cek }: Chip): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", cek.key.scalar, "", "greenlight nv store", 32));
}
