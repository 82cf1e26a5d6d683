// SPDX-License-Identifier: Apache-2.0
// What holds for every layout, shown on random ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, annotate, documentLayout } from "../../src/bytes/index.ts";
import { layoutAndValue, randomLayout } from "./layouts.ts";
import type { AnyStruct } from "./layouts.ts";

const RUNS = { numRuns: 400 };

test("decode(encode(x)) is x", () => {
  fc.assert(
    fc.property(layoutAndValue, ([layout, value]) => {
      const encoded = layout.encode(value);
      assert.equal(encoded.length, layout.size);
      assert.deepEqual(layout.decode(encoded), value);
    }),
    RUNS,
  );
});

test("encode(decode(b)) is b, or b is refused inside its own bounds", () => {
  const changed = layoutAndValue.chain(([layout, value]) => {
    const valid = layout.encode(value);
    const edit = fc.tuple(fc.nat(Math.max(0, valid.length - 1)), fc.nat(0xff));
    return fc.tuple(fc.constant(layout), fc.array(edit, { maxLength: 2 })).map(([same, edits]) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, byte] of edits) if (bytes.length > 0) bytes[at] = byte;
      return [same, bytes] as const;
    });
  });
  const random = randomLayout.chain(({ layout }) =>
    fc.tuple(
      fc.constant(layout),
      fc.uint8Array({ minLength: layout.size, maxLength: layout.size }),
    ),
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(changed, random), ([layout, bytes]) => {
      const value = decodeOrError(layout, bytes);
      if (value instanceof LayoutError) {
        assert.ok(value.offset !== undefined && value.offset < bytes.length);
        assert.equal(value.structure, "RANDOM");
        assert.equal(typeof value.field, "string");
        return;
      }
      accepted += 1;
      assert.deepEqual(layout.encode(value), bytes);
    }),
    RUNS,
  );
  assert.ok(accepted > RUNS.numRuns / 10);
});

test("any other length is refused, and offsets move with the structure", () => {
  fc.assert(
    fc.property(layoutAndValue, fc.nat(20), ([layout, value], lead) => {
      const encoded = layout.encode(value);
      assert.throws(() => layout.decode(Uint8Array.of(...encoded, 0)), { code: "trailing-bytes" });
      if (layout.size > 0) {
        assert.throws(() => layout.decode(encoded.subarray(1)), { code: "truncated" });
      }
      const larger = new Uint8Array(lead + layout.size + 3).fill(0xff);
      larger.set(encoded, lead);
      assert.deepEqual(layout.decodeAt(larger, lead), value);
      assert.deepEqual(layout.decode(larger.subarray(lead, lead + layout.size)), value);
      assert.throws(() => layout.decodeAt(larger, lead + 4), { code: "truncated" });
    }),
    RUNS,
  );
});

test("annotate finds a problem exactly where decode does, first", () => {
  const pair = randomLayout.chain(({ layout }) =>
    fc.tuple(fc.constant(layout), fc.uint8Array({ maxLength: layout.size })),
  );
  fc.assert(
    fc.property(pair, ([layout, bytes]) => {
      const rows = annotate(layout, bytes);
      const first = rows.find(({ problem }) => problem !== undefined);
      const value = decodeOrError(layout, bytes);
      assert.equal(first !== undefined, value instanceof LayoutError);
      if (value instanceof LayoutError && value.code !== "truncated") {
        assert.equal(first?.path, value.field);
        assert.equal(first?.problem, value.reason);
      }
      const covered = rows.reduce((sum, { size }) => sum + size, 0);
      assert.equal(covered, Math.min(bytes.length, layout.size));
    }),
    RUNS,
  );
});

test("every field is documented", () => {
  fc.assert(
    fc.property(randomLayout, ({ layout }) => {
      const lines = documentLayout(layout).split("\n");
      const rows = lines.filter((line) => line.startsWith("| 0x"));
      assert.equal(rows.length, layout.parts.length);
    }),
    { numRuns: 50 },
  );
});

function decodeOrError(
  layout: AnyStruct,
  bytes: Uint8Array,
): Readonly<Record<string, unknown>> | LayoutError {
  try {
    return layout.decode(bytes);
  } catch (error) {
    if (error instanceof LayoutError) return error;
    throw error;
  }
}
