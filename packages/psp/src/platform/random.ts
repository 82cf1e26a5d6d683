// SPDX-License-Identifier: Apache-2.0
// Where a platform's nonces and keys come from: the system, or a seed so that everything repeats.

import { createHmac, randomBytes } from "node:crypto";

/** A source of bytes. */
export interface RandomSource {
  /** Seeded sources also make signatures repeat (RFC 6979 nonces), which is far slower. */
  readonly kind: "system" | "seeded";
  /** So many new bytes. */
  bytes(length: number): Uint8Array;
  /** What a seeded source goes on from, for storing; undefined of the system's. */
  state(): DrbgState | undefined;
}

/** Working state of the generator: 32 bytes each. */
export interface DrbgState {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The operating system's generator. */
export const systemRandom: RandomSource = {
  kind: "system",
  // A copy out of Node's pool, so that what is handed out shares no buffer with anything else.
  bytes: (length) => Uint8Array.from(randomBytes(length)),
  state: () => undefined,
};

/** HMAC_DRBG with SHA-256 (NIST SP 800-90A rev. 1, section 10.1.2), never reseeded. Text is taken as UTF-8. */
export function seededRandom(seed: string | Uint8Array): RandomSource {
  const drbg = drbgFrom({ key: new Uint8Array(32), value: new Uint8Array(32).fill(1) });
  drbg.update(Buffer.from(seed));
  return drbg;
}

/** A seeded source that goes on where another stopped. */
export function resumedRandom(state: DrbgState): RandomSource {
  return drbgFrom(state);
}

function drbgFrom(state: DrbgState): RandomSource & { update(data: Uint8Array): void } {
  let { key, value } = state;
  const mac = (...parts: readonly Uint8Array[]): Uint8Array => {
    const hmac = createHmac("sha256", key);
    for (const part of parts) hmac.update(part);
    return Uint8Array.from(hmac.digest());
  };
  const update = (data: Uint8Array): void => {
    for (const round of data.length === 0 ? [0] : [0, 1]) {
      key = mac(value, Uint8Array.of(round), data);
      value = mac(value);
    }
  };
  return {
    kind: "seeded",
    update,
    bytes(length) {
      const out = new Uint8Array(length);
      for (let at = 0; at < length; at += value.length) {
        value = mac(value);
        out.set(value.subarray(0, length - at), at);
      }
      update(new Uint8Array(0));
      return out;
    },
    state: () => ({ key, value }),
  };
}
