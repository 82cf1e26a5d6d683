// SPDX-License-Identifier: Apache-2.0
// Forms of a command line, each as it happens in the field.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hexEncode } from "../../src/bytes/index.ts";
import {
  commandLine,
  commandLineHash,
  commandLineOffers,
  quoteLine,
} from "../../src/diagnose/command-line.ts";
import { COMMAND_LINE_VARIANTS } from "../../src/diagnose/index.ts";
import { cmdlineHash } from "../../src/launch/index.ts";

const CONTEXT = { initrdNames: ["initrd.img"] };

function apply(id: string, line: string): readonly string[] {
  const variant = COMMAND_LINE_VARIANTS.find((row) => row.id === id);
  assert.ok(variant !== undefined, id);
  return variant.apply(line, CONTEXT);
}

/** Each row of the table: a line that was expected and one that was measured. */
const EXAMPLES: readonly (readonly [id: string, expected: string, measured: string])[] = [
  ["trailing-newline", "quiet", "quiet\n"],
  ["trailing-blank", "quiet", "quiet "],
  ["leading-blank", "quiet", " quiet"],
  ["trimmed", " quiet \n", "quiet"],
  ["trimmed", "quiet \n", "quiet "],
  ["empty", "quiet", ""],
  ["initrd-added", "quiet", "quiet initrd=initrd"],
  ["initrd-added", "quiet", "quiet initrd=initrd.img"],
  ["initrd-added", "", "initrd=initrd"],
  ["initrd-removed", "a initrd=initrd b", "a b"],
  ["initrd-removed", "initrd=initrd quiet", "quiet"],
  ["initrd-removed", "quiet initrd=initrd", "quiet"],
  ["boot-image-removed", "BOOT_IMAGE=/vmlinuz-6.1 ro quiet", "ro quiet"],
  ["console-order", "console=ttyS0 ro console=tty0", "console=tty0 ro console=ttyS0"],
  ["console-order", "ro console=ttyS0 quiet", "ro quiet console=ttyS0"],
  ["console-order", "ro console=ttyS0 quiet", "console=ttyS0 ro quiet"],
  ["double-quoted", "quiet", '"quiet"'],
  ["single-quoted", "quiet", "'quiet'"],
  ["unquoted", '"ro quiet"', "ro quiet"],
  ["unquoted", 'a="b c" d', "a=b c d"],
  ["collapsed-blanks", "a  b   c", "a b c"],
  ["collapsed-blanks", "a\tb\n c", "a b c"],
  ["no-terminator", "quiet", "quiet"],
  ["two-terminators", "quiet", "quiet"],
  ["trailing-crlf", "quiet", "quiet\r\n"],
  ["written-newline", "quiet", "quiet\\n"],
  ["backslashes", 'a="b"', 'a=\\"b\\"'],
  ["backslashes", 'a=\\"b\\"', 'a="b"'],
  ["xml-escaped", 'a="b&c"', "a=&quot;b&amp;c&quot;"],
  ["xml-escaped", "a=&quot;b&amp;lt;&quot;", 'a="b&lt;"'],
  ["other-spacing", "a b c", "a  b  c"],
];

for (const [id, expected, measured] of EXAMPLES) {
  test(`${id}: ${JSON.stringify(expected)} becomes ${JSON.stringify(measured)}`, () => {
    assert.ok(apply(id, expected).includes(measured), JSON.stringify(apply(id, expected)));
  });
}

test("every row of the table has an example, and ids are unique", () => {
  const ids = COMMAND_LINE_VARIANTS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const shown = new Set(EXAMPLES.map(([id]) => id));
  assert.deepEqual(
    ids.filter((id) => !shown.has(id)),
    [],
  );
});

test("a line is hashed as measure hashes it, whatever its bytes are", () => {
  for (const text of ["", "quiet", "naïve=ümlaut", "a\u00a0"]) {
    const raw = new TextEncoder().encode(text);
    const line = String.fromCharCode(...raw);
    assert.equal(hexEncode(commandLineHash(commandLine(line))), hexEncode(cmdlineHash(text)));
    assert.equal(quoteLine(line), JSON.stringify(text));
  }
});

test("white space is trimmed byte by byte, so that UTF-8 stays whole", () => {
  // U+00E0 is C3 A0 in UTF-8, and A0 alone is a no-break space in Latin-1.
  const line = String.fromCharCode(...new TextEncoder().encode("à"));
  assert.deepEqual([...new Set(apply("trimmed", line))], [line]);
});

test("two forms are combined, and the expected line is never offered again", () => {
  const offers = [...commandLineOffers("quiet initrd=initrd\n", CONTEXT)];
  const both = offers.find(({ value }) => value.line === "quiet" && value.terminator === "\0");
  assert.equal(both?.cost, 2);
  assert.ok(
    !offers.some(
      ({ value }) => value.line === "quiet initrd=initrd\n" && value.terminator === "\0",
    ),
  );
});

test("many consoles do not make a flood of orders", () => {
  const line = Array.from({ length: 40 }, (_, i) => `console=ttyS${i}`).join(" ");
  assert.ok(apply("console-order", line).length < 10);
  const four = "console=a console=b console=c console=d ro";
  assert.equal(apply("console-order", four).length, 3 * 24);
});
