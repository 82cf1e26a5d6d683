// SPDX-License-Identifier: Apache-2.0
// The XML reader: what it reads, what it refuses, and how large its input may be.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MachineError, libvirtXml } from "@greenlight/host/machine";
import type { SevMachine } from "@greenlight/host/machine";
import { parseXml } from "../../src/machine/xml.ts";

test("elements, attributes, text, comments, CDATA and entities", () => {
  const root = parseXml(
    `\ufeff<?xml version="1.0" encoding='utf-8'?>\n<!-- a < b -- ->\n --><q:a x='1 "' y = "2&apos;">t&lt;&#65;&#x42;<b/>u<![CDATA[<c>&]]>` +
      "<b z=''>v</b ></q:a>\n",
  );
  assert.equal(root.name, "q:a");
  assert.deepEqual(
    [...root.attributes],
    [
      ["x", '1 "'],
      ["y", "2'"],
    ],
  );
  assert.equal(root.text, "t<ABu<c>&");
  assert.deepEqual(
    root.children.map(({ name, text }) => [name, text]),
    [
      ["b", ""],
      ["b", "v"],
    ],
  );
});

test("what is not XML, or not accepted, is refused with its line", async (t) => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["nothing", "", /line 1 of the XML: there is no element/],
    ["text alone", "a", /text outside of the root/],
    ["text behind", "<a/>b", /text outside of the root/],
    ["two roots", "<a/>\n<b/>", /line 2 of the XML: there is a second root/],
    ["not closed", "<a>\n<b></b>", /<a> is not closed/],
    ["closed otherwise", "<a></b>", /<\/b> closes nothing/],
    ["closed twice", "<a></a></a>", /closes nothing/],
    ["no name", "<>", /a tag has no name/],
    ["no end", "<a", /something that is no attribute/],
    ["no value", "<a b>", /something that is no attribute/],
    ["no quotes", "<a b=1/>", /something that is no attribute/],
    ["an attribute twice", "<a b='1' b='2'/>", /<a> has b twice/],
    [
      "a document type",
      "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
      /document type is not accepted/,
    ],
    ["an entity of one's own", "<a>&b;</a>", /entity that XML does not have/],
    ["an entity without end", "<a>&amp</a>", /entity that XML does not have/],
    ["half a character", "<a>&#xd800;</a>", /entity/],
    ["no character", "<a>&#0;</a>", /entity/],
    ["a character too far", "<a>&#x110000;</a>", /entity/],
    ["an open comment", "<a><!-- b</a>", /not ended by -->/],
    ["a comment that is none", "<a><!--></a>", /not ended by -->/],
    ["open CDATA", "<a><![CDATA[b</a>", /not ended by \]\]>/],
    ["too deep", "<a>".repeat(65), /too deep/],
    ["too many", `<a>${"<b/>".repeat(100_000)}</a>`, /too many elements/],
    ["too long", `<a>${" ".repeat(4 * 1024 * 1024)}</a>`, /too many to read/],
  ];
  for (const [name, text, words] of cases) {
    await t.test(name, () => {
      assert.throws(
        () => parseXml(text),
        (error: unknown) => {
          assert(error instanceof MachineError);
          assert.equal(error.code, "bad-xml");
          assert.match(error.message, words);
          return true;
        },
      );
    });
  }
});

const PLAN: SevMachine = {
  name: "guest",
  generation: "sev",
  policy: 1,
  session: { godhFile: "g", sessionFile: "s" },
  firmware: "/f",
  kernel: "/k",
  kernelHashes: true,
  vcpus: 1,
  vcpuType: "EPYC",
  memoryMiB: 1,
  disks: [],
  channels: [],
  platform: { cbitpos: 51, reducedPhysBits: 1 },
  qemu: { major: 7, minor: 2 },
};

test("any command line and path come back out of the XML as they went in", () => {
  const unit = fc.constantFrom(
    ..."ab ,=&<>'\"/\\;#]-.%$".split(""),
    "\u00e4",
    "\u20ac",
    "\u{1f600}",
  );
  const text = fc.string({ unit, maxLength: 40 });
  const session = { godh: new Uint8Array(2084), session: new Uint8Array(128) };
  fc.assert(
    fc.property(text, text, (append, file) => {
      const disks = [{ file: `/${file}`, format: "raw" }] as const;
      const domain = parseXml(libvirtXml({ ...PLAN, append, disks }, session));
      const os = domain.children.find(({ name }) => name === "os");
      assert.equal(os?.children.find(({ name }) => name === "cmdline")?.text, append);
      const devices = domain.children.find(({ name }) => name === "devices");
      const disk = devices?.children.find(({ name }) => name === "disk");
      const source = disk?.children.find(({ name }) => name === "source");
      assert.equal(source?.attributes.get("file"), `/${file}`);
    }),
  );
});

test("nothing makes the reader fail with another error", () => {
  const piece = fc.constantFrom(..."<>/!?-[]&;='\" \na:#x".split(""), "<a>", "</a>", "<!--", "-->");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      try {
        parseXml(pieces.join(""));
      } catch (error) {
        assert(error instanceof MachineError);
      }
    }),
  );
});
