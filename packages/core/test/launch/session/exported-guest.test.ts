// SPDX-License-Identifier: Apache-2.0
// Exported guests: written, read and taken in by the platform's side; and what they do not bind.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { ciphersSync } from "../../../src/crypto/cipher-node.ts";
import {
  encodeSevCertificate,
  p384PublicKey,
  parseSevCertificate,
} from "../../../src/endorsement/sev/certificate.ts";
import { SEV_ALGORITHM, SEV_USAGE } from "../../../src/endorsement/sev/layout.ts";
import {
  encodeExportedGuest,
  exportGuest,
  openReceivePacket,
  parseExportedGuest,
  unwrapSession,
} from "../../../src/launch/session/index.ts";
import type { GuestPart, SessionKeys } from "../../../src/launch/session/index.ts";

const platform = ciphersSync.generateP384();
const pdh = parseSevCertificate(
  encodeSevCertificate({
    usage: SEV_USAGE.PDH,
    algorithm: SEV_ALGORITHM["ECDH-SHA256"],
    publicKey: p384PublicKey(platform.point),
  }),
);

const fresh = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const PARTS: readonly GuestPart[] = [
  { kind: "data", gpa: 0xffc00000n, content: new Uint8Array(4096).fill(1) },
  { kind: "data", gpa: 0xffc01000n, content: new Uint8Array(16).fill(2) },
  { kind: "vmsa", gpa: 0n, content: new Uint8Array(4096).fill(3) },
];

async function exported(freshIv = (): Uint8Array => fresh(16)): Promise<Uint8Array> {
  const randomness = {
    owner: ciphersSync.generateP384(),
    nonce: fresh(16),
    wrapIv: fresh(16),
    tek: fresh(16),
    tik: fresh(16),
  };
  return (await exportGuest({ pdh, policy: 5, randomness, parts: PARTS, freshIv })).file;
}

/** The keys that the platform gets out of the session. */
function keysOf(file: Uint8Array): SessionKeys {
  const { godh, session, policy } = parseExportedGuest(file);
  const { publicKey } = parseSevCertificate(godh);
  assert.ok(publicKey.kind === "EC");
  const unwrapped = unwrapSession({
    z: ciphersSync.sharedX(platform, publicKey.point),
    session,
    policy,
  });
  assert.ok(unwrapped.status === "ok");
  return unwrapped.keys;
}

test("no two packets are encrypted under one counter block", async () => {
  const same = fresh(16);
  await assert.rejects(
    exported(() => same),
    RangeError,
  );
});

test("the platform gets out what the owner put in", async () => {
  const file = await exported();
  const { packets, policy } = parseExportedGuest(file);
  assert.equal(policy, 5);
  const keys = keysOf(file);
  const parts = packets.map(({ kind, gpa, header, payload }) => {
    const opened = openReceivePacket({ keys, kind, header, payload });
    assert.ok(opened.status === "ok");
    return { kind, gpa, content: opened.plaintext };
  });
  assert.deepEqual(parts, PARTS);
  assert.deepEqual(encodeExportedGuest(parseExportedGuest(file)), file);
});

test("addresses, order and completeness are not bound: the guest must check them", async () => {
  const guest = parseExportedGuest(await exported());
  const [first, second, third] = guest.packets;
  const permuted = encodeExportedGuest({
    ...guest,
    packets: [third!, { ...second!, gpa: 0x1000n }, first!, first!],
  });
  const keys = keysOf(permuted);
  for (const { kind, header, payload } of parseExportedGuest(permuted).packets) {
    assert.equal(openReceivePacket({ keys, kind, header, payload }).status, "ok");
  }
});

test("any bit changed is refused by the reader or by the platform, or changes an address", async () => {
  const file = await exported();
  const keys = keysOf(file);
  const before = parseExportedGuest(file);
  const isSound = (bytes: Uint8Array): boolean => {
    const { packets, ...rest } = parseExportedGuest(bytes);
    assert.deepEqual({ ...rest, packets: [] }, { ...before, packets: [] });
    return packets.every(
      ({ kind, header, payload }) =>
        openReceivePacket({ keys, kind, header, payload }).status === "ok",
    );
  };
  const start = 24 + 2084 + 128;
  fc.assert(
    fc.property(fc.integer({ min: 8 * start, max: 8 * file.length - 1 }), (bit) => {
      const changed = Uint8Array.from(file);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      try {
        if (!isSound(changed)) return;
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.equal(error.name, "LayoutError");
        return;
      }
      const gpas = (bytes: Uint8Array) => parseExportedGuest(bytes).packets.map(({ gpa }) => gpa);
      assert.notDeepEqual(gpas(changed), gpas(file));
    }),
  );
});

test("what is no exported guest is refused", async () => {
  const file = await exported();
  const changed = (offset: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(file);
    new DataView(copy.buffer).setUint32(offset, value, true);
    return copy;
  };
  const first = 24 + 2084 + 128;
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ["truncated", new Uint8Array(0)],
    ["truncated", file.subarray(0, file.length - 1)],
    ["trailing-bytes", new Uint8Array([...file, 0])],
    ["constant-mismatch", changed(0, 0)],
    ["out-of-range", changed(12, 0)],
    ["out-of-range", changed(12, 0xffff_ffff)],
    ["truncated", changed(12, 4)],
    ["trailing-bytes", changed(12, 2)],
    ["must-be-zero", changed(16, 1)],
    ["unknown-value", changed(first, 1)],
    ["out-of-range", changed(first + 4, 0)],
    ["out-of-range", changed(first + 4, 17)],
    ["out-of-range", changed(first + 4, 0xffff_fff0)],
  ];
  for (const [code, bytes] of rows) {
    assert.throws(() => parseExportedGuest(bytes), { name: "LayoutError", code });
  }
  const guest = parseExportedGuest(file);
  assert.throws(() => encodeExportedGuest({ ...guest, packets: [] }), { code: "out-of-range" });
});
