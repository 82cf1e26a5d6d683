// SPDX-License-Identifier: Apache-2.0
// The building blocks one by one: what each reads, writes, refuses and shows.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  array,
  at,
  bigEndian,
  bits,
  bytes,
  constant,
  enumeration,
  gated,
  guid,
  hexDecode,
  hexEncode,
  labelled,
  mbz,
  signature,
  struct,
  u16,
  u32,
  u64,
  u8,
  version,
} from "../../src/bytes/index.ts";
import type { Codec } from "../../src/bytes/index.ts";

/** A structure of one field `f`, to try a codec with. */
function only<T>(codec: Codec<T>) {
  const layout = struct("ONE", { size: codec.size, source: "S" }, { f: at(0, codec) });
  return {
    read: (hex: string) => (layout.decode(hexDecode(hex)) as { f?: T }).f,
    write: (value: T) =>
      hexEncode(layout.encode({ f: value } as Parameters<typeof layout.encode>[0])),
  };
}

describe("integers", () => {
  test("limits of every size", () => {
    for (const [codec, top, hex] of [
      [u8, 0xff, "ff"],
      [u16, 0xffff, "ffff"],
      [u32, 0xffff_ffff, "ffffffff"],
    ] as const) {
      const { read, write } = only(codec);
      assert.equal(read(hex), top);
      assert.equal(write(top), hex);
      assert.equal(write(0), hex.replaceAll("f", "0"));
      for (const wrong of [-1, top + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        assert.throws(() => write(wrong), { code: "out-of-range", field: "f", offset: 0 });
      }
    }
    const { read, write } = only(u64);
    assert.equal(read("feffffffffffffff"), (1n << 64n) - 2n);
    assert.equal(write((1n << 64n) - 1n), "ff".repeat(8));
    for (const wrong of [-1n, 1n << 64n]) {
      assert.throws(() => write(wrong), { code: "out-of-range", field: "f" });
    }
  });

  test("a number where a bigint is needed is out of range, not a crash", () => {
    assert.throws(() => only(u64).write(5 as unknown as bigint), { code: "out-of-range" });
    assert.throws(() => only(u64).write(undefined as unknown as bigint), { code: "out-of-range" });
  });

  test("one field can be big-endian in a little-endian structure", () => {
    const layout = struct(
      "MIXED",
      { size: 4, source: "S" },
      { a: at(0, u16), b: at(2, bigEndian(u16)) },
    );
    assert.deepEqual(layout.decode(hexDecode("01020102")), { a: 0x0201, b: 0x0102 });
    assert.equal(hexEncode(layout.encode({ a: 1, b: 1 })), "01000001");
    assert.equal(bigEndian(u64).type, "u64be");
  });
});

describe("byte strings and fixed content", () => {
  test("bytes must have their length", () => {
    assert.equal(only(bytes(3)).write(Uint8Array.of(1, 2, 3)), "010203");
    for (const wrong of [new Uint8Array(2), new Uint8Array(4)]) {
      assert.throws(() => only(bytes(3)).write(wrong), {
        code: "bad-length",
        message: `ONE.f at offset 0x0: has ${wrong.length} bytes, must have 3`,
      });
    }
  });

  test("mbz points at the first byte that is not zero", () => {
    assert.equal(only(mbz(3)).read("000000"), undefined);
    assert.throws(() => only(mbz(3)).read("00a0b0"), {
      code: "must-be-zero",
      offset: 1,
      reason: "is 0xa0, must be zero",
    });
  });

  test("constants of every kind", () => {
    assert.throws(() => only(constant(u16, 0x70)).read("7100"), {
      code: "constant-mismatch",
      reason: "is 0x71, must be 0x70",
    });
    assert.throws(() => only(constant(u8, 1, "unsupported-version")).read("02"), {
      code: "unsupported-version",
    });
    assert.equal(only(constant(u64, 5n)).read("0500000000000000"), undefined);
    assert.equal(constant(u16, 0x70).type, "u16 = 0x70");
  });

  test("signatures are exact, and foreign bytes are shown harmlessly", () => {
    const { read, write } = only(signature("ASEV"));
    assert.equal(read("41534556"), undefined);
    assert.equal(write(undefined), "41534556");
    assert.throws(() => read("61534556"), { reason: 'is "aSEV", must be "ASEV"' });
    // 0x9b starts a terminal control sequence, 0x0a a new line.
    assert.throws(
      () => read("9b0a7f00"),
      (error: Error) => /^[ -~]+$/.test(error.message),
    );
  });
});

describe("names", () => {
  const KINDS = { SECRETS: 2, CPUID: 3 } as const;

  test("an enumeration reads and writes names and refuses other values", () => {
    const { read, write } = only(enumeration(u16, KINDS));
    assert.equal(read("0300"), "CPUID");
    assert.equal(write("SECRETS"), "0200");
    assert.throws(() => read("0400"), {
      code: "unknown-value",
      reason: "is 0x4, known: 2 SECRETS, 3 CPUID",
    });
    for (const wrong of ["OTHER", "toString"]) {
      assert.throws(() => write(wrong as "CPUID"), { code: "out-of-range" });
    }
  });

  test("a labelled integer keeps every value and shows its name", () => {
    const codec = labelled(u16, KINDS);
    const { read, write } = only(codec);
    assert.equal(read("0400"), 4);
    assert.equal(write(0xffff), "ffff");
    assert.deepEqual([codec.format?.(3), codec.format?.(4)], ["0x3 (CPUID)", "0x4 (unknown)"]);
    const names = [
      ["0x2", "SECRETS"],
      ["0x3", "CPUID"],
    ];
    assert.deepEqual(codec.names, names);
    assert.deepEqual(gated({ from: 2 }, codec).names, names);
    assert.equal(gated({ from: 2 }, u16).names, undefined);
  });

  test("versions", () => {
    const { read, write } = only(version(u8, [2, 5]));
    assert.equal(read("05"), 5);
    assert.equal(write(2), "02");
    assert.throws(() => read("03"), {
      code: "unsupported-version",
      reason: "is 3, supported: 2, 5",
    });
    assert.throws(() => write(3 as 2), { code: "unsupported-version" });
  });
});

describe("bits", () => {
  const FLAGS = bits(u16, { low: 0, kind: [7, 4], high: 15 });

  test("single bits are booleans, ranges are numbers", () => {
    const { read, write } = only(FLAGS);
    assert.deepEqual(read("a180"), { low: true, kind: 10, high: true });
    assert.equal(write({ low: false, kind: 15, high: false }), "f000");
    assert.equal(FLAGS.format?.({ low: true, kind: 3, high: false }), "low kind=3");
    assert.equal(FLAGS.format?.({ low: false, kind: 0, high: false }), "none set");
    assert.deepEqual(FLAGS.names, [
      ["bit 0", "low"],
      ["bit 7:4", "kind"],
      ["bit 15", "high"],
    ]);
  });

  test("reserved bits must be zero, and are named", () => {
    assert.throws(() => only(FLAGS).read("0240"), {
      code: "reserved-bits",
      reason: "has reserved bits set: 0x4002",
    });
  });

  test("values that do not fit are refused with the name of the bits", () => {
    for (const kind of [16, -1, 0.5, Number.NaN]) {
      assert.throws(() => only(FLAGS).write({ low: false, kind, high: false }), {
        code: "out-of-range",
        field: "f.kind",
      });
    }
    const incomplete = { low: true, kind: 1 } as { low: boolean; kind: number; high: boolean };
    assert.throws(() => only(FLAGS).write(incomplete), { code: "out-of-range", field: "f.high" });
  });

  test("all 64 bits of a u64 work, also big-endian", () => {
    const wide = bits(u64, { first: 0, middle: [47, 16], last: 63 });
    const value = { first: true, middle: 0xffff_ffff, last: true };
    assert.equal(only(wide).write(value), "0100ffffffff0080");
    assert.deepEqual(only(wide).read("0100ffffffff0080"), value);
    assert.equal(only(bits(bigEndian(u32), { top: 31 })).write({ top: true }), "80000000");
  });

  test("declarations that make no sense are refused on load", () => {
    for (const [position, message] of [
      [16, "bits b do not fit u16"],
      [-1, "bits b do not fit u16"],
      [[3, 4], "bits b do not fit u16"],
      [[7, 4], "bits b overlap others"],
    ] as const) {
      assert.throws(() => bits(u16, { a: [5, 5], b: position }), { name: "Error", message });
    }
    assert.throws(() => bits(u64, { wide: [32, 0] }), { message: "bits wide do not fit u64" });
  });
});

describe("arrays and GUIDs", () => {
  test("arrays hold exactly their count", () => {
    const { read, write } = only(array(u16, 2));
    assert.deepEqual(read("01000200"), [1, 2]);
    assert.equal(write([1, 2]), "01000200");
    for (const wrong of [[], [1], [1, 2, 3]]) {
      assert.throws(() => write(wrong), { code: "bad-length", field: "f" });
    }
    assert.throws(() => write([1, 0x10000]), { code: "out-of-range", field: "f[1]", offset: 2 });
    assert.equal(array(u16, 2).type, "u16[2]");
  });

  test("GUID fields in both orders; bad text is refused with the field's name", () => {
    const text = "96b582de-1fb2-45f7-baea-a366c55a082d";
    assert.equal(only(guid()).write(text), "de82b596b21ff745baeaa366c55a082d");
    assert.equal(only(guid("rfc")).write(text), text.replaceAll("-", ""));
    assert.equal(only(guid()).read("de82b596b21ff745baeaa366c55a082d"), text);
    assert.deepEqual([guid().type, guid("rfc").type], ["GUID", "UUID"]);
    assert.throws(() => only(guid()).write("96b582de"), {
      code: "bad-guid",
      structure: "ONE",
      field: "f",
    });
  });
});
