// SPDX-License-Identifier: Apache-2.0
// LZMA: streams of our own and of the xz tool, and everything hostile refused within bounds.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError } from "../../../src/bytes/index.ts";
import { decompressLzma } from "../../../src/firmware/volume/lzma.ts";
import { packLzma } from "../../support/lzma-writer.ts";

const LIMIT = 1 << 20;
const XZ = spawnSync("xz", ["--version"]).status === 0 ? false : "the xz tool is not installed";

/** What `xz` makes of bytes; it states no size, which is put in here. */
function packWithXz(data: Uint8Array, ...options: readonly string[]): Uint8Array {
  const { stdout, status } = spawnSync("xz", ["--format=lzma", "--stdout", ...options], {
    input: data,
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0);
  const packed = new Uint8Array(stdout);
  new DataView(packed.buffer, packed.byteOffset).setBigUint64(5, BigInt(data.length), true);
  return packed;
}

test("literals, with all that the properties may be", () => {
  const properties = fc
    .tuple(fc.nat(4), fc.nat(4), fc.nat(4))
    .map(([pb, lp, lc]) => (pb * 5 + lp) * 9 + lc);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), properties, (data, each) => {
      assert.deepEqual(decompressLzma(packLzma(data, each), LIMIT), data);
    }),
  );
});

test("streams of xz, matches and all", { skip: XZ }, () => {
  const text = Buffer.from("the quick brown fox jumps over the lazy dog; ".repeat(500));
  const pattern = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> (i % 13));
  const zeros = new Uint8Array(500_000);
  const far = new Uint8Array(900_000);
  far.set(pattern.subarray(0, 5000));
  far.set(pattern.subarray(0, 5000), 890_000);
  for (const data of [new Uint8Array(text), pattern, zeros, far, new Uint8Array(1)]) {
    for (const options of [["-0"], ["-9"], ["--lzma1=lc=0,lp=2,pb=0"], ["--lzma1=lc=4,pb=4"]]) {
      assert.deepEqual(decompressLzma(packWithXz(data, ...options), LIMIT), data);
    }
  }
});

test("the bound is checked before anything is set aside", () => {
  const data = packLzma(new Uint8Array(100));
  assert.throws(() => decompressLzma(data, 99), { code: "out-of-range", message: /states 100/ });
  assert.equal(decompressLzma(data, 100).length, 100);
  const view = new DataView(data.buffer);
  for (const size of [2n ** 64n - 1n, 2n ** 40n, BigInt(LIMIT + 1)]) {
    view.setBigUint64(5, size, true);
    assert.throws(() => decompressLzma(data, LIMIT), { code: "out-of-range" });
  }
});

test("a stream that ends too early is told so, wherever it is cut", () => {
  const data = Uint8Array.from({ length: 60 }, (_, i) => i * 37);
  const packed = packLzma(data);
  // The encoder's last bytes may not be needed.
  for (let length = 0; length < packed.length - 5; length++) {
    assert.throws(() => decompressLzma(packed.subarray(0, length), LIMIT), {
      name: "LayoutError",
      code: "truncated",
    });
  }
});

test("what is no stream is refused", () => {
  const sound = packLzma(new Uint8Array(10));
  const with0 = (value: number, offset: number): Uint8Array => {
    const copy = Uint8Array.from(sound);
    copy[offset] = value;
    return copy;
  };
  assert.throws(() => decompressLzma(with0(225, 0), LIMIT), /properties that do not exist/);
  assert.throws(() => decompressLzma(with0(1, 13), LIMIT), { code: "constant-mismatch" });
  // Nothing has come out yet, so that a match can point nowhere.
  const match = Uint8Array.from([...sound.subarray(0, 13), 0, 0xff, 0xff, 0xff, 0xfe, 1, 2, 3, 4]);
  assert.throws(() => decompressLzma(match, LIMIT), LayoutError);
});

test("any bytes are decompressed within the bound or refused", () => {
  const sound = packLzma(new Uint8Array(Buffer.from("some text to be packed ".repeat(20))));
  fc.assert(
    fc.property(fc.nat(sound.length - 1), fc.nat(255), (offset, byte) => {
      const changed = Uint8Array.from(sound);
      changed[offset] = byte;
      try {
        assert.ok(decompressLzma(changed, LIMIT).length <= LIMIT);
      } catch (error) {
        assert.ok(error instanceof LayoutError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
