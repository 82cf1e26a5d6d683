// SPDX-License-Identifier: Apache-2.0
// struct(): what a declaration is checked for, and how it reads, writes and reports.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  LayoutError,
  array,
  at,
  bytes,
  constant,
  gated,
  hexDecode,
  hexEncode,
  mbz,
  struct,
  u16,
  u32,
  u64,
  u8,
  version,
} from "../../src/bytes/index.ts";
import type { Infer } from "../../src/bytes/index.ts";

const POINT = struct("POINT", { size: 4, source: "S 1" }, { x: at(0, u16), y: at(2, u16) });
const BIG = struct(
  "BIG",
  { size: 4, source: "S 2", endian: "big" },
  { x: at(0, u16), y: at(2, u16) },
);

describe("declaration", () => {
  const declare =
    (size: number, fields: Parameters<typeof struct>[2], versionField?: string) => () =>
      struct(
        "D",
        versionField === undefined ? { size, source: "S" } : { size, source: "S", versionField },
        fields,
      );

  test("fields must cover the size without gap or overlap, in order", () => {
    declare(3, { a: at(0, u8), b: at(1, u16) })();
    declare(0, {})();
    for (const [define, message] of [
      [declare(4, { a: at(0, u8), b: at(2, u16) }), "D.b is at 0x2, not 0x1"],
      [declare(2, { a: at(0, u16), b: at(1, u8) }), "D.b is at 0x1, not 0x2"],
      [declare(3, { b: at(1, u16), a: at(0, u8) }), "D.b is at 0x1, not 0x0"],
      [declare(4, { a: at(0, u8), b: at(1, u16) }), "D covers 3 bytes of 4"],
      [declare(2, { a: at(0, u8), b: at(1, u16) }), "D covers 3 bytes of 2"],
    ] as const) {
      // A plain Error: a mistake in a declaration is ours, never the input's.
      assert.throws(define, { name: "Error", message });
    }
  });

  test("the version field must exist", () => {
    declare(1, { version: at(0, u8) }, "version")();
    assert.throws(declare(1, { version: at(0, u8) }, "verison"), {
      name: "Error",
      message: "D has no field verison to take its version from",
    });
  });

  test("what was declared can be asked for", () => {
    assert.deepEqual(
      [POINT.name, POINT.size, POINT.source, POINT.endian, BIG.endian],
      ["POINT", 4, "S 1", "little", "big"],
    );
    assert.deepEqual(
      POINT.parts.map(({ name, offset }) => [name, offset]),
      [
        ["x", 0],
        ["y", 2],
      ],
    );
    assert.equal(POINT.offsetOf("y"), 2);
  });
});

describe("values", () => {
  test("both byte orders", () => {
    const data = hexDecode("01020304");
    assert.deepEqual(POINT.decode(data), { x: 0x0201, y: 0x0403 });
    assert.deepEqual(BIG.decode(data), { x: 0x0102, y: 0x0304 });
    assert.equal(hexEncode(POINT.encode({ x: 1, y: 2 })), "01000200");
    assert.equal(hexEncode(BIG.encode({ x: 1, y: 2 })), "00010002");
  });

  test("nested structures keep their own byte order", () => {
    const outer = struct(
      "OUTER",
      { size: 10, source: "S" },
      { a: at(0, u16), big: at(2, BIG), little: at(6, POINT) },
    );
    const value = { a: 1, big: { x: 2, y: 3 }, little: { x: 4, y: 5 } };
    assert.equal(hexEncode(outer.encode(value)), "01000002000304000500");
    assert.deepEqual(outer.decode(outer.encode(value)), value);
  });

  test("fixed and reserved fields are no part of the value", () => {
    const layout = struct(
      "FIXED",
      { size: 7, source: "S" },
      { a: at(0, u8), len: at(1, constant(u16, 7)), reserved: at(3, mbz(4)) },
    );
    const value: Infer<typeof layout> = { a: 9 };
    assert.equal(hexEncode(layout.encode(value)), "09070000000000");
    assert.deepEqual(layout.decode(layout.encode(value)), { a: 9 });
  });

  test("byte strings are views of the input", () => {
    const layout = struct("VIEW", { size: 3, source: "S" }, { a: at(0, u8), b: at(1, bytes(2)) });
    const input = hexDecode("ff010203ff");
    const { b } = layout.decodeAt(input, 1);
    input[2] = 0x99;
    assert.deepEqual(b, Uint8Array.of(0x99, 3));
  });

  test("a value is encoded into bytes of its own", () => {
    const layout = struct("OWN", { size: 2, source: "S" }, { a: at(0, bytes(2)) });
    const a = Uint8Array.of(1, 2);
    const encoded = layout.encode({ a });
    a.fill(0);
    assert.deepEqual(encoded, Uint8Array.of(1, 2));
  });
});

describe("errors", () => {
  const ENTRY = struct(
    "ENTRY",
    { size: 4, source: "Document, table 7" },
    { kind: at(0, version(u8, [1, 2])), reserved: at(1, mbz(3)) },
  );
  const TABLE = struct(
    "TABLE",
    { size: 16, source: "Document, table 6" },
    { head: at(0, u64), entries: at(8, array(ENTRY, 2)) },
  );
  const good = hexDecode("0000000000000000 01000000 02000000".replaceAll(" ", ""));

  const errorOf = (action: () => unknown): LayoutError => {
    try {
      action();
    } catch (error) {
      if (error instanceof LayoutError) return error;
      throw error;
    }
    return assert.fail("nothing was thrown");
  };

  test("name structure, path, offset, reason, source and hint", () => {
    const input = Uint8Array.from(good);
    input[12] = 3;
    const error = errorOf(() => TABLE.decode(input));
    assert.deepEqual(Object.fromEntries(Object.entries(error)), {
      name: "LayoutError",
      code: "unsupported-version",
      structure: "TABLE",
      field: "entries[1].kind",
      offset: 12,
      reason: "is 3, supported: 1, 2",
      hint: "a newer Greenlight may know this version; it is not guessed at",
      source: "Document, table 7",
    });
    assert.equal(error.message, "TABLE.entries[1].kind at offset 0xc: is 3, supported: 1, 2");
  });

  test("offsets count from the bytes given, and point at the wrong byte", () => {
    const input = new Uint8Array(30);
    input.set(good, 10);
    input[10 + 11] = 5;
    const error = errorOf(() => TABLE.decodeAt(input, 10));
    assert.equal(error.code, "must-be-zero");
    assert.equal(error.field, "entries[0].reserved");
    assert.equal(error.offset, 21);
    const shifted = errorOf(() => TABLE.decode(input.subarray(10, 26)));
    assert.equal(shifted.offset, 11);
  });

  test("lengths", () => {
    assert.deepEqual(
      [
        errorOf(() => TABLE.decode(good.subarray(1))),
        errorOf(() => TABLE.decode(new Uint8Array(0))),
      ].map(({ code, offset, message }) => [code, offset, message]),
      [
        ["truncated", 0, "TABLE at offset 0x0: needs 16 bytes, 15 are there"],
        ["truncated", 0, "TABLE at offset 0x0: needs 16 bytes, 0 are there"],
      ],
    );
    const long = errorOf(() => TABLE.decode(new Uint8Array(17)));
    assert.deepEqual([long.code, long.offset], ["trailing-bytes", 16]);
    for (const offset of [1, 17, 1e9, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(errorOf(() => TABLE.decodeAt(good, offset)).code, "truncated");
    }
  });

  test("encoding names the field as decoding does", () => {
    const entry = { kind: 1 } as const;
    const wrong = errorOf(() => TABLE.encode({ head: 1n << 64n, entries: [entry, entry] }));
    assert.deepEqual([wrong.code, wrong.field, wrong.offset], ["out-of-range", "head", 0]);
    const few = errorOf(() => TABLE.encode({ head: 0n, entries: [entry] }));
    assert.deepEqual([few.code, few.field], ["bad-length", "entries"]);
  });
});

describe("versions", () => {
  const layout = struct(
    "VERSIONED",
    { size: 12, source: "S", versionField: "version" },
    {
      version: at(0, version(u32, [1, 2, 3])),
      always: at(4, u16),
      since2: at(6, gated({ from: 2 }, u16)),
      only2: at(8, gated({ from: 2, to: 2 }, bytes(2))),
      until1: at(10, gated({ from: 0, to: 1 }, u16)),
    },
  );

  test("gates open and close with the version, both ways", () => {
    const two = Uint8Array.of(8, 9);
    const cases = [
      [{ version: 1, always: 5, until1: 6 }, "0100000005000000000006 00".replaceAll(" ", "")],
      [{ version: 2, always: 5, since2: 7, only2: two }, "020000000500070008090000"],
      [{ version: 3, always: 5, since2: 7 }, "030000000500070000000000"],
    ] as const;
    for (const [value, hex] of cases) {
      const full = { since2: undefined, only2: undefined, until1: undefined, ...value };
      assert.equal(hexEncode(layout.encode(full)), hex);
      assert.deepEqual(layout.decode(hexDecode(hex)), value);
    }
  });

  test("bytes of a field that does not exist in the version must be zero", () => {
    assert.throws(() => layout.decode(hexDecode("010000000500070000000600")), {
      code: "must-be-zero",
      field: "since2",
      offset: 6,
    });
    assert.throws(() => layout.decode(hexDecode("030000000500070000010000")), {
      code: "must-be-zero",
      field: "only2",
      offset: 9,
    });
  });

  test("a value must be there exactly when its field is", () => {
    const absent = { since2: undefined, only2: undefined, until1: undefined };
    assert.throws(() => layout.encode({ ...absent, version: 3, always: 0 }), {
      code: "out-of-range",
      field: "since2",
      reason: "is missing in version 3",
    });
    assert.throws(() => layout.encode({ ...absent, version: 1, always: 0, until1: 0, since2: 0 }), {
      code: "out-of-range",
      field: "since2",
      reason: "does not exist in version 1",
    });
  });

  test("unknown versions are refused both ways", () => {
    assert.throws(() => layout.decode(hexDecode("040000000500000000000000")), {
      code: "unsupported-version",
      field: "version",
    });
    const four = 4 as 3;
    const value = { version: four, always: 0, since2: 0, only2: undefined, until1: undefined };
    assert.throws(() => layout.encode(value), { code: "unsupported-version", field: "version" });
  });

  test("a 64-bit version gates too", () => {
    const wide = struct(
      "WIDE",
      { size: 9, source: "S", versionField: "version" },
      { version: at(0, u64), since2: at(8, gated({ from: 2 }, u8)) },
    );
    assert.deepEqual(wide.decode(hexDecode("020000000000000007")), { version: 2n, since2: 7 });
    assert.throws(() => wide.decode(hexDecode("010000000000000007")), { code: "must-be-zero" });
  });

  test("a nested structure has gates of its own", () => {
    const outer = struct(
      "OUTER",
      { size: 13, source: "S", versionField: "version" },
      { version: at(0, u8), inner: at(1, layout) },
    );
    const inner = { version: 1, always: 5, until1: 6 };
    const decoded = outer.decode(hexDecode("03010000000500000000000600"));
    assert.deepEqual(decoded, { version: 3, inner });
  });
});
