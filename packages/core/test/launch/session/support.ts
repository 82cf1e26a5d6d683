// SPDX-License-Identifier: Apache-2.0
// Vectors and made-up values for tests of launch sessions.

import * as fc from "fast-check";
import { createPrivateKey } from "node:crypto";
import type { P384PrivateKey } from "../../../src/crypto/cipher-node.ts";
import type { SessionKeys } from "../../../src/launch/session/index.ts";
import { readVector, readVectorJson } from "../../support/vectors.ts";
import { count, hex, shape, text } from "../case-fields.ts";

/** The file with the vectors of all subjects. */
export const CASES = "sev/cases.json";

/** The made-up platform and its owner. */
export const SIM = "sev/sim/vector.json";

/** Cases of one subject. */
export function casesOf(subject: string): readonly unknown[] {
  const all = readVectorJson(CASES) as Readonly<Record<string, readonly unknown[]>>;
  const cases = all[subject] ?? [];
  if (cases.length === 0) throw new Error(`${CASES} has no cases of ${subject}`);
  return cases;
}

/** A file beside the cases. */
export function readCaseFile(path: string): Uint8Array {
  return readVector(`sev/${path}`);
}

const SIM_SHAPE = shape(
  {
    policy: count,
    api_major: count,
    api_minor: count,
    build: count,
    tek: hex(16),
    tik: hex(16),
    nonce: hex(16),
    wrap_iv: hex(16),
    z: hex(48),
    master: hex(16),
    kek: hex(16),
    kik: hex(16),
    mnonce: hex(16),
    ld: hex(32),
    measurement_b64: text,
    secret_iv: hex(16),
    keys: shape({ pdh: text, godh: text, pek: text, oca: text, cek: text }, {}),
  },
  { note: text },
);

/** Values of the made-up platform and its owner. */
export function readSim(): ReturnType<typeof SIM_SHAPE> {
  return SIM_SHAPE(readVectorJson(SIM), "sim");
}

/** A P-384 key of its PEM. */
export function keyOfPem(pem: string): P384PrivateKey {
  const { d = "", x = "", y = "" } = createPrivateKey(pem).export({ format: "jwk" });
  return {
    scalar: new Uint8Array(Buffer.from(d, "base64url")),
    point: new Uint8Array(
      Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]),
    ),
  };
}

/** Any bytes of one length. */
export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** Any transport keys. */
export const anyKeys: fc.Arbitrary<SessionKeys> = fc.record(
  { tek: bytesOf(16), tik: bytesOf(16) },
  { noNullPrototype: true },
);

/** A copy with one bit changed. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[Math.floor(bit / 8) % copy.length]! ^= 1 << (bit % 8);
  return copy;
}
