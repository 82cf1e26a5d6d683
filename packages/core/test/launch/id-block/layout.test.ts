// SPDX-License-Identifier: Apache-2.0
// Layouts of the ID block and its authentication: offsets, identity, and what they refuse.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, annotate } from "../../../src/bytes/index.ts";
import {
  ECDSA_PUBLIC_KEY,
  ECDSA_SIGNATURE,
  ID_AUTH,
  ID_BLOCK,
} from "../../../src/launch/id-block/index.ts";

/** fast-check makes some records without prototype unless told not to. */
const plain = { noNullPrototype: true } as const;
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const publicKey = fc.record({ curve: u32, qx: bytesOf(48), qy: bytesOf(48) }, plain);
const signature = fc.record({ r: bytesOf(48), s: bytesOf(48) }, plain);
const idAuth = fc.record(
  {
    idKeyAlgo: u32,
    authKeyAlgo: u32,
    idBlockSig: signature,
    idKey: publicKey,
    idKeySig: signature,
    authorKey: publicKey,
  },
  plain,
);

test("offsets and sizes are those of AMD 56860", () => {
  assert.deepEqual(
    [ID_BLOCK.size, ID_AUTH.size, ECDSA_PUBLIC_KEY.size, ECDSA_SIGNATURE.size],
    [96, 4096, 1028, 512],
  );
  const offsets = (parts: readonly { name: string; offset: number }[]) =>
    Object.fromEntries(parts.map(({ name, offset }) => [name, offset]));
  assert.deepEqual(offsets(ID_BLOCK.parts), {
    launchDigest: 0,
    familyId: 0x30,
    imageId: 0x40,
    version: 0x50,
    guestSvn: 0x54,
    policy: 0x58,
  });
  assert.deepEqual(offsets(ID_AUTH.parts), {
    idKeyAlgo: 0,
    authKeyAlgo: 4,
    reserved0: 8,
    idBlockSig: 0x40,
    idKey: 0x240,
    reserved1: 0x644,
    idKeySig: 0x680,
    authorKey: 0x880,
    reserved2: 0xc84,
  });
  for (const layout of [ID_BLOCK, ID_AUTH, ECDSA_PUBLIC_KEY, ECDSA_SIGNATURE]) {
    assert.match(layout.source, /AMD 56860/);
  }
});

test("an ID block is any 96 bytes: decode and encode are inverse", () => {
  fc.assert(
    fc.property(bytesOf(96), (bytes) => {
      assert.deepEqual(ID_BLOCK.encode(ID_BLOCK.decode(bytes)), bytes);
    }),
  );
});

test("encode and decode of ID authentication are inverse", () => {
  fc.assert(
    fc.property(idAuth, (value) => {
      assert.deepEqual(ID_AUTH.decode(ID_AUTH.encode(value)), value);
    }),
  );
});

test("every reserved byte of ID authentication must be zero", () => {
  const reserved = [
    [0x008, 56],
    [0x644, 60],
    [0xc84, 892],
    ...[0x040, 0x680].flatMap((base) => [
      [base + 48, 24],
      [base + 72 + 48, 24],
      [base + 144, 368],
    ]),
    ...[0x240, 0x880].flatMap((base) => [
      [base + 4 + 48, 24],
      [base + 76 + 48, 24],
      [base + 148, 880],
    ]),
  ] as const;
  let count = 0;
  for (const [start, size] of reserved) {
    for (let offset = start; offset < start + size; offset++) {
      const bytes = new Uint8Array(ID_AUTH.size);
      bytes[offset] = 1;
      assert.throws(() => ID_AUTH.decode(bytes), {
        name: "LayoutError",
        code: "must-be-zero",
        structure: "ID_AUTH",
        offset,
      });
      count += 1;
    }
  }
  // All other bytes: two numbers, two keys of 4 + 96 bytes, two signatures of 96.
  assert.equal(count, 4096 - 8 - 2 * 100 - 2 * 96);
});

test("random bytes throw nothing but LayoutError, and are annotated whatever they are", () => {
  const layouts = [ID_BLOCK, ID_AUTH, ECDSA_PUBLIC_KEY, ECDSA_SIGNATURE] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...layouts),
      fc.uint8Array({ maxLength: 4200 }),
      (layout, bytes) => {
        let decoded = false;
        try {
          layout.decode(bytes);
          decoded = true;
        } catch (error) {
          assert.ok(error instanceof LayoutError);
        }
        const rows = annotate<unknown>(layout, bytes);
        if (bytes.length <= layout.size) {
          assert.equal(
            decoded,
            rows.every(({ problem }) => problem === undefined),
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});
