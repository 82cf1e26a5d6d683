// SPDX-License-Identifier: Apache-2.0
// scripts/lib/palette-png.ts on pictures made here, with every filter a line can have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { toPalette } from "../lib/palette-png.ts";

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
};

/** A PNG of two pixels a line, from lines that are filtered already. */
function png(colourType: number, lines: readonly (readonly number[])[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(2, 0);
  header.writeUInt32BE(lines.length, 4);
  header.set([8, colourType, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from(lines.flat()))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Pixels of a PNG with palette, as `rrggbb`. */
function pixels(data: Uint8Array): readonly string[] {
  const file = Buffer.from(data);
  const parts = new Map<string, Buffer>();
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString("latin1", at + 4, at + 8);
    parts.set(type, file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  }
  assert.equal(parts.get("IHDR")?.[9], 3);
  const palette = parts.get("PLTE")!;
  const lines = inflateSync(parts.get("IDAT")!);
  return [...lines].flatMap((index, i) =>
    i % 3 === 0 ? [] : [palette.toString("hex", index * 3, index * 3 + 3)],
  );
}

test("pictures keep their colours through every filter", () => {
  const file = png(2, [
    [0, 10, 20, 30, 40, 50, 60],
    [1, 10, 20, 30, 30, 30, 30],
    [2, 0, 0, 0, 0, 0, 0],
    [3, 5, 10, 15, 15, 15, 15],
    [4, 0, 0, 0, 0, 0, 0],
  ]);
  const line = ["0a141e", "28323c"];
  assert.deepEqual(pixels(toPalette(file)), [...line, ...line, ...line, ...line, ...line]);
});

test("transparency is left out", () => {
  const file = png(6, [[0, 1, 2, 3, 255, 4, 5, 6, 255]]);
  assert.deepEqual(pixels(toPalette(file)), ["010203", "040506"]);
});

test("what is no such picture is refused", () => {
  assert.throws(() => toPalette(Buffer.from("GIF89a")), /not a PNG/);
  assert.throws(() => toPalette(png(0, [[0, 1, 2]])), /not a plain colour PNG/);
});
