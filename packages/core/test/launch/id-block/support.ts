// SPDX-License-Identifier: Apache-2.0
// Keys and ID blocks made for one test run.

import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Finding, Outcome } from "../../../src/finding/index.ts";
import { importSigningKey, makeIdBlock, signIdBlock } from "../../../src/launch/id-block/index.ts";
import type { SigningKey } from "../../../src/launch/id-block/index.ts";

/** A P-384 key pair of node:crypto, and the same private key imported. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly imported: SigningKey;
}

export async function newKey(): Promise<TestKey> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const der = privateKey.export({ type: "pkcs8", format: "der" });
  return { privateKey, publicKey, imported: await importSigningKey(der) };
}

/** X and Y of a public key as node:crypto tells them, big-endian. */
export function pointOf(publicKey: KeyObject): Uint8Array {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  return new Uint8Array(Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]));
}

/** 48 bytes that no other field holds. */
export const DIGEST = Uint8Array.from({ length: 48 }, (_unused, i) => 0x80 + i);

export interface SignedIdBlock {
  readonly idBlock: Uint8Array;
  readonly idAuth: Uint8Array;
  readonly idKey: TestKey;
  readonly authorKey: TestKey;
}

/** An ID block signed by a fresh ID key, which a fresh author key signed. */
export async function newSigned(): Promise<SignedIdBlock> {
  const [idKey, authorKey] = await Promise.all([newKey(), newKey()]);
  const idBlock = makeIdBlock({ launchDigest: DIGEST, guestSvn: 7 });
  const idAuth = await signIdBlock(idBlock, idKey.imported, authorKey.imported);
  return { idBlock, idAuth, idKey, authorKey };
}

/** Ids with this outcome, sorted. */
export function idsWith(outcome: Outcome, findings: readonly Finding[]): readonly string[] {
  return findings
    .filter((finding) => finding.outcome === outcome)
    .map(({ id }) => id)
    .toSorted();
}

/** A copy with one bit changed. */
export function withBitFlipped(bytes: Uint8Array, offset: number, bit = 0): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[offset]! ^= 1 << bit;
  return copy;
}
