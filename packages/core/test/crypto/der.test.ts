// SPDX-License-Identifier: Apache-2.0
// DER: what is read, and every encoding of the same value that is refused.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, hexDecode } from "../../src/bytes/index.ts";
import { DER_TAG, DerReader, contextTag } from "../../src/crypto/der.ts";

const der = (hex: string) => new DerReader(hexDecode(hex.replaceAll(" ", "")), "T");

describe("lengths", () => {
  const withLength = (length: string, size: number) =>
    new DerReader(hexDecode(`04${length}${"00".repeat(size)}`), "T").octetString("f");

  test("the shortest form is read", () => {
    for (const [length, size] of [
      ["00", 0],
      ["7f", 0x7f],
      ["8180", 0x80],
      ["81ff", 0xff],
      ["820100", 0x100],
      ["82ffff", 0xffff],
      ["83010000", 0x10000],
    ] as const) {
      assert.equal(withLength(length, size).length, size);
    }
  });

  test("longer forms, the indefinite form and huge ones are refused", () => {
    for (const [length, reason] of [
      ["80", "has an indefinite length"],
      ["8100", "has a padded length"],
      ["817f", "has a padded length"],
      ["820080", "has a padded length"],
      ["8200ff", "has a padded length"],
      ["8400000001", "has a padded length"],
      ["850000000001", "has a length of 5 bytes"],
      ["ff", "has a length of 127 bytes"],
    ] as const) {
      assert.throws(() => withLength(length, 300), {
        name: "LayoutError",
        code: "bad-der",
        field: "f",
        offset: 0,
        reason,
      });
    }
  });

  test("a length beyond the end is truncated, however large", () => {
    for (const length of ["01", "8180", "8401ffffff", "84ffffffff"]) {
      assert.throws(() => withLength(length, 0), { code: "truncated" });
    }
    for (const hex of ["", "04", "0482", "048201"]) {
      assert.throws(() => der(hex).octetString("f"), { code: "truncated" });
    }
  });
});

describe("values", () => {
  test("tags are required, and can be looked at before", () => {
    const reader = der("0500 0401aa");
    assert.equal(reader.nextTag, 0x05);
    assert.throws(() => der("0500").octetString("f"), {
      code: "bad-der",
      message: "T.f at offset 0x0: has tag 0x05, must have 0x04",
    });
    reader.content(0x05, "nothing");
    assert.equal(reader.nextTag, DER_TAG.octetString);
    assert.deepEqual(reader.octetString("f"), Uint8Array.of(0xaa));
    assert.equal(reader.nextTag, undefined);
    reader.finish();
  });

  test("sequences and explicit tags nest; trailing bytes and offsets are seen inside", () => {
    const outer = der("3008 a006 0201 05 0201 06");
    const inner = outer.sequence("s");
    outer.finish();
    const tagged = inner.sequence("x", contextTag(0));
    assert.equal(tagged.version("a"), 5);
    assert.throws(() => tagged.finish(), { code: "trailing-bytes", structure: "T.s.x", offset: 7 });
    assert.throws(() => tagged.octetString("b"), { offset: 7, structure: "T.s.x", field: "b" });
  });

  test("an element cannot reach beyond its sequence", () => {
    const inner = der("3003 0402aa bb").sequence("s");
    assert.throws(() => inner.octetString("f"), { code: "truncated", structure: "T.s" });
  });

  test("a window of a larger input keeps its offsets", () => {
    const bytes = hexDecode("ffff0500ff");
    const reader = new DerReader(bytes, "W", 2, 4);
    assert.throws(() => reader.integer("f"), { code: "bad-der", offset: 2 });
  });

  test("integers are as short as possible", () => {
    for (const hex of ["00", "7f", "80", "0080", "ff7f", "00ff", "ff00"]) {
      const size = (hex.length / 2).toString(16).padStart(2, "0");
      assert.deepEqual(der(`02${size}${hex}`).integer("f"), hexDecode(hex));
    }
    for (const hex of ["0200", "02020000", "0202007f", "0202ff80", "0202ffff"]) {
      assert.throws(() => der(hex).integer("f"), { code: "bad-der", field: "f" });
    }
  });

  test("version numbers are from 0 to 127", () => {
    assert.equal(der("020100").version("f"), 0);
    assert.equal(der("02017f").version("f"), 127);
    for (const hex of ["020180", "02020080", "0201ff", "0200"]) {
      assert.throws(() => der(hex).version("f"), { code: "bad-der" });
    }
  });

  test("object identifiers", () => {
    for (const [hex, text] of [
      ["06052b81040022", "1.3.132.0.34"],
      ["06072a8648ce3d0201", "1.2.840.10045.2.1"],
      ["060a2b060104019c78010302", "1.3.6.1.4.1.3704.1.3.2"],
      ["060100", "0.0"],
      ["060127", "0.39"],
      ["060128", "1.0"],
      ["06014f", "1.39"],
      ["060150", "2.0"],
      ["06028837", "2.999"],
      // A UUID as an arc (ITU-T X.667): more than a number holds exactly.
      ["06146983ffffffffffffffffffffffffffffffffff7f", `2.25.${(1n << 128n) - 1n}`],
    ] as const) {
      assert.equal(der(hex).objectIdentifier("f"), text);
    }
    const longest = der(`068180${"01".repeat(128)}`).objectIdentifier("f");
    assert.equal(longest, `0.1${".1".repeat(127)}`);
    for (const hex of [
      "0600",
      "060180",
      "0602802b",
      "06032b8004",
      "06022b81",
      `068181${"01".repeat(129)}`,
    ]) {
      assert.throws(() => der(hex).objectIdentifier("f"), { code: "bad-der" });
    }
  });

  test("bit strings are of whole bytes", () => {
    assert.deepEqual(der("030300aabb").bitString("f"), hexDecode("aabb"));
    assert.deepEqual(der("030100").bitString("f"), new Uint8Array(0));
    for (const hex of ["0300", "030101", "030207ff", "030208ff"]) {
      assert.throws(() => der(hex).bitString("f"), { code: "bad-der" });
    }
  });
});

describe("values of certificates", () => {
  const refused = (read: () => unknown, code = "bad-der") =>
    assert.throws(read, { name: "LayoutError", code });

  test("a whole value, with tag and length, is read or looked at", () => {
    const reader = der("3003 0201 05 0500");
    const whole = hexDecode("3003020105");
    assert.deepEqual(reader.peekElement(0x30, "f"), whole);
    assert.equal(reader.offset, 0);
    assert.deepEqual(reader.element(0x30, "f"), whole);
    assert.equal(reader.offset, 5);
    refused(() => reader.peekElement(0x30, "f"));
    refused(() => der("3003 0201").element(0x30, "f"), "truncated");
  });

  test("a window must lie inside its bytes", () => {
    const bytes = new Uint8Array(4);
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0, 5],
      [5, 5],
      [Number.NaN, 2],
    ]) {
      refused(() => new DerReader(bytes, "T", start, end), "truncated");
    }
    assert.equal(new DerReader(bytes, "T", 4).nextTag, undefined);
  });

  test("numbers have an upper limit, which is exact", () => {
    assert.equal(der("020100").unsigned("f", 0), 0);
    assert.equal(der("020200ff").unsigned("f", 255), 255);
    assert.equal(der("020500ffffffff").unsigned("f", 0xffff_ffff), 0xffff_ffff);
    for (const [hex, most] of [
      ["020101", 0],
      ["02020100", 255],
      ["020180", 255],
      ["0205010000 0000", 0xffff_ffff],
      [`0281ff01${"00".repeat(254)}`, Number.MAX_SAFE_INTEGER],
    ] as const) {
      refused(() => der(hex).unsigned("f", most), "out-of-range");
    }
    refused(() => der("02020001").unsigned("f", 255));
    assert.equal(der("0a0103").unsigned("f", 9, DER_TAG.enumerated), 3);
  });

  test("booleans are 0x00 or 0xff, and a default is left out", () => {
    assert.equal(der("0101ff").boolean("f"), true);
    assert.equal(der("010100").boolean("f"), false);
    assert.equal(der("0101ff").flag("f"), true);
    assert.equal(der("0500").flag("f"), false);
    assert.equal(der("").flag("f"), false);
    for (const hex of ["0100", "010101", "0102ffff"]) refused(() => der(hex).boolean("f"));
    refused(() => der("010100").flag("f"));
  });

  test("NULL is empty", () => {
    der("0500").null("f");
    refused(() => der("050100").null("f"));
  });

  test("named bits count from the first bit of the first byte", () => {
    for (const [hex, expected] of [
      ["030100", 0],
      ["03020780", 1],
      ["03020106", 0b110_0000],
      ["03020104", 0b010_0000],
      ["0303070080", 0b1_0000_0000],
      ["0303000001", 0x8000],
    ] as const) {
      assert.equal(der(hex).namedBits("f"), expected);
    }
    for (const hex of ["0300", "030101", "03020101", "03020800", "030400000000"]) {
      refused(() => der(hex).namedBits("f"));
    }
  });

  test("text is of one of three types, or of the one that is asked for", () => {
    for (const tag of ["0c", "13", "16"]) assert.equal(der(`${tag}024142`).text("f"), "AB");
    assert.equal(der("16024142").text("f", DER_TAG.ia5String), "AB");
    refused(() => der("0c024142").text("f", DER_TAG.ia5String));
    for (const hex of ["14024142", "1e0441004200", "0c010a", "1301 2a", "1601ff", "0c01ff"]) {
      refused(() => der(hex).text("f"), "bad-text");
    }
    refused(() => der("").text("f"), "truncated");
  });
});

test("random bytes throw nothing but LayoutError, and are never read outside", () => {
  const looksLikeDer = fc
    .array(
      fc.constantFrom(
        0x02,
        0x03,
        0x04,
        0x06,
        0x0c,
        0x17,
        0x30,
        0xa0,
        0x00,
        0x01,
        0x05,
        0x80,
        0x81,
        0xff,
      ),
    )
    .map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), looksLikeDer), (bytes) => {
      const read = (reader: DerReader): void => {
        while (reader.nextTag !== undefined) {
          if (reader.nextTag === 0x02) reader.integer("i");
          else if (reader.nextTag === 0x03) reader.bitString("b");
          else if (reader.nextTag === 0x06) reader.objectIdentifier("o");
          else if (reader.nextTag === 0x01) reader.boolean("l");
          else if (reader.nextTag === 0x05) reader.null("n");
          else if (reader.nextTag === 0x0c) reader.text("t");
          else if (reader.nextTag === 0x17) reader.time("u");
          else if (reader.nextTag === 0x30) read(reader.sequence("s"));
          else if (reader.nextTag === 0xa0) read(reader.sequence("x", 0xa0));
          else reader.content(reader.nextTag, "c");
        }
      };
      try {
        read(new DerReader(bytes, "T"));
      } catch (error) {
        assert.ok(error instanceof LayoutError);
        assert.ok(error.offset !== undefined && error.offset >= 0 && error.offset <= bytes.length);
      }
    }),
    { numRuns: 500 },
  );
});
