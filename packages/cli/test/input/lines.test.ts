// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../../src/command/usage-error.ts";
import { lines, startsAsText } from "../../src/input/lines.ts";

/** Bytes as a stream, cut where `cuts` says. */
async function* streamOf(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  let start = 0;
  for (const end of ends.toSorted((a, b) => a - b)) {
    if (end > start) yield bytes.subarray(start, end);
    start = Math.max(start, end);
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const complete = (line: string): boolean => line.startsWith("{");

test("lines are the same however the stream is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[ -~]{0,30}$/)),
      fc.array(fc.nat()),
      async (rows, cuts) => {
        const found: string[] = [];
        const stream = streamOf(Buffer.from(rows.map((row) => `${row}\n`).join("")), cuts);
        for await (const line of lines(stream, 1000)) found.push(text(line));
        assert.deepEqual(found, rows);
      },
    ),
  );
});

test("a last line needs no end", async () => {
  const found: string[] = [];
  for await (const line of lines(streamOf(Buffer.from("a\nb"), []), 10)) found.push(text(line));
  assert.deepEqual(found, ["a", "b"]);
});

test("a line without end is refused, not kept", async () => {
  let read = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      read += 1000;
      yield new Uint8Array(1000).fill(0x61);
    }
  };
  await assert.rejects(async () => {
    for await (const line of lines(endless(), 5000)) assert.fail(text(line));
  }, UsageError);
  assert.ok(read < 10_000, `${read} bytes were read`);
});

test("a stream of complete lines is one of lines, and keeps its first", async () => {
  const bytes = Buffer.from(`{"a": 1}\n{"b": 2}\n`);
  for (const cuts of [[], [3], [9], [1, 2, 3, 8, 9, 10]]) {
    const beginning = await startsAsText(streamOf(bytes, cuts), complete, 1000);
    assert.equal(beginning.kind, "lines");
    const found: string[] = [];
    for await (const line of lines(beginning.rest, 1000)) found.push(text(line));
    assert.deepEqual(found, [`{"a": 1}`, `{"b": 2}`]);
  }
});

test("binary data, and text whose first line is not complete, are one piece", async () => {
  const samples = [Buffer.from([0, 10, 1, 10, 2]), Buffer.from("one\ntwo\n"), Buffer.from("{")];
  for (const bytes of samples) {
    const beginning = await startsAsText(streamOf(bytes, [2]), complete, 1000);
    assert.equal(beginning.kind, "whole");
    assert.deepEqual(Buffer.from(beginning.bytes), bytes);
  }
});

test("a whole that is too large is refused", async () => {
  for (const bytes of [new Uint8Array(2000), new Uint8Array(2000).fill(10)]) {
    await assert.rejects(startsAsText(streamOf(bytes, [500, 900]), complete, 1000), UsageError);
  }
});
