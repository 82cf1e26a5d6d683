// SPDX-License-Identifier: Apache-2.0
// The cases every implementation of `#crypto` must pass: FIPS 180-4 examples and the contract of
// each function.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hexEncode } from "../../src/bytes/index.ts";
import type * as portable from "../../src/crypto/portable.ts";

/** What `#crypto` exports. */
export type Crypto = typeof portable;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const MILLION_A = new Uint8Array(1_000_000).fill(0x61);

/** Message, SHA-256, SHA-384, SHA-512: the examples NIST publishes beside FIPS 180-4. */
const VECTORS: readonly (readonly [
  name: string,
  data: Uint8Array,
  sha256: string,
  sha384: string,
  sha512: string,
])[] = [
  [
    "no bytes",
    new Uint8Array(0),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  ],
  [
    "abc",
    ascii("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  [
    "448 bits",
    ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b1fe3c8452b",
    "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445",
  ],
  [
    "896 bits",
    ascii(
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    ),
    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
    "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
  ],
  [
    "a million times a",
    MILLION_A,
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985",
    "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
  ],
];

/** Runs the shared cases on one implementation. */
export function hashCases(name: string, crypto: Crypto): void {
  const { allocate, sameRange, sha256, sha256Stream, sha384, sha384Into, sha512 } = crypto;

  describe(name, () => {
    for (const [message, data, expected256, expected384, expected512] of VECTORS) {
      test(`FIPS 180-4: ${message}`, () => {
        assert.equal(hexEncode(sha256(data)), expected256);
        assert.equal(hexEncode(sha384(data)), expected384);
        assert.equal(hexEncode(sha512(data)), expected512);
        const stream = sha256Stream();
        const half = data.length >> 1;
        stream.update(data.subarray(0, half));
        stream.update(data.subarray(half));
        assert.equal(hexEncode(stream.digest()), expected256);
      });
    }

    test("digests are plain arrays of their own", () => {
      const stream = sha256Stream();
      const data = ascii("abc");
      for (const digest of [sha256(data), sha384(data), sha512(data), stream.digest()]) {
        assert.equal(Object.getPrototypeOf(digest), Uint8Array.prototype);
        const copy = digest.slice();
        copy.fill(0);
        assert.notEqual(digest[0], 0);
      }
    });

    test("a view is hashed, not what it is a view of", () => {
      const whole = ascii("xxabcxx");
      assert.equal(hexEncode(sha256(whole.subarray(2, 5))), VECTORS[1]![2]);
      assert.equal(hexEncode(sha384(whole.subarray(2, 5))), VECTORS[1]![3]);
      assert.equal(hexEncode(sha512(whole.subarray(2, 5))), VECTORS[1]![4]);
    });

    test("a stream can be forked, and not used after its digest", () => {
      const stream = sha256Stream();
      stream.update(ascii("ab"));
      const fork = stream.fork();
      stream.update(ascii("x"));
      fork.update(ascii("c"));
      assert.equal(hexEncode(fork.digest()), VECTORS[1]![2]);
      assert.equal(hexEncode(stream.digest()), hexEncode(sha256(ascii("abx"))));
      assert.throws(() => stream.digest());
      assert.throws(() => stream.update(ascii("c")));
    });

    test("sha384Into writes 48 bytes at the offset and nothing else", () => {
      for (const make of [allocate, (length: number) => new Uint8Array(length + 8).subarray(8)]) {
        const target = make(100);
        target.fill(0xee);
        sha384Into(ascii("abc"), target, 52);
        assert.equal(hexEncode(target.subarray(52)), VECTORS[1]![3]);
        assert.equal(hexEncode(target.subarray(0, 52)), "ee".repeat(52));
      }
    });

    test("sha384Into may write into what it hashes", () => {
      const data = allocate(112);
      data.set(ascii("abc"));
      const expected = hexEncode(sha384(data));
      sha384Into(data, data, 0);
      assert.equal(hexEncode(data.subarray(0, 48)), expected);
    });

    test("sha384Into refuses a target it does not fit into, and leaves it alone", () => {
      const target = allocate(60);
      for (const offset of [13, 60, 100, -1]) {
        assert.throws(() => sha384Into(ascii("abc"), target, offset), RangeError);
      }
      assert.deepEqual(Uint8Array.from(target), new Uint8Array(60));
    });

    test("sameRange compares two ranges of one array, and only inside it", () => {
      const data = ascii("abcdabcx");
      for (const bytes of [data, ascii("__abcdabcx").subarray(2)]) {
        assert.equal(sameRange(bytes, 0, 4, 3), true);
        assert.equal(sameRange(bytes, 0, 4, 4), false);
        assert.equal(sameRange(bytes, 1, 1, 7), true);
        assert.throws(() => sameRange(bytes, 0, 4, 5), RangeError);
        assert.throws(() => sameRange(bytes, -1, 0, 1), RangeError);
      }
    });

    test("allocate gives zeros", () => {
      assert.deepEqual(Uint8Array.from(allocate(4096)), new Uint8Array(4096));
    });
  });
}
