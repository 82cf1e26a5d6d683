// SPDX-License-Identifier: Apache-2.0
// Length fields that claim gigabytes: memory stays bounded, in a process that is given little.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Reads hostile evidence of every form and prints how much memory it took. */
const SCRIPT = `
import * as evidence from "${new URL("../../src/evidence/index.ts", import.meta.url).href}";
const { readEvidence, decodeSvsmManifest, parseCertificateTable } = evidence;
const ascii = (text) => new TextEncoder().encode(text);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const u32 = (...values) => new Uint8Array(Uint32Array.from(values).buffer);
const guid = [0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd];
const entry = (offset, length) => join(guid, u32(offset, length));
const report = new Uint8Array(1184); report[0] = 3;
const table = (...entries) => join(report, ...entries, new Uint8Array(24), new Uint8Array(4096));
const hcl = new Uint8Array(0x4d4); hcl.set(ascii("HCLA")); hcl[4] = 1;
new Uint32Array(hcl.buffer, 0x4c0, 5).set([0xfffffff4, 1, 2, 1, 0xffffffe0]);
const manifest = join(new Uint8Array(16), u32(0xffffffff, 0xffffffff));
manifest.set([0xbb, 0x9e, 0x84, 0x63, 0x92, 0x3d, 0x70, 0x46, 0xa1, 0xff, 0x58, 0xf9, 0xc9, 0x4b, 0x87, 0xbb]);
const many = new Uint8Array(0x40000);
for (let at = 0; at + 24 <= many.length; at += 24) many.set(entry(at, 0xffffffff), at);
const inputs = [
  table(entry(48, 0xffffffff)), table(entry(0xffffffff, 0xffffffff)), join(report, many), hcl,
  Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f), Uint8Array.of(0x0a, 4, 0x22, 0xff, 0xff, 3),
  ascii("[".repeat(0x1fffff)), ascii('{"a":' + "[".repeat(0x1ffff0)), ascii(" ".repeat(0x1fffff)),
  ascii('report { chip_id: "' + "\\\\".repeat(0x1fff00)), ascii("report {" + "# ".repeat(0xfff00)),
  ascii("report { chip_id: " + '""'.repeat(0xf0000)), ascii("report {" + " ".repeat(0x1fff00)),
  ascii('{"outblob":"' + "A".repeat(0x1fff00) + '"}'), ascii("A".repeat(0x200000)),
  ascii('{"attestation_report":{"version":3,"policy":1,"signature":{"r":[' + "1,".repeat(0xffe00) + '1]}}}'),
];
const outcomes = [];
for (const input of inputs) {
  for (const read of [readEvidence, decodeSvsmManifest, parseCertificateTable]) {
    try { read(input); } catch (error) { if (error.name !== "LayoutError") throw error; outcomes.push(error.code); }
  }
}
try { decodeSvsmManifest(manifest); } catch (error) { outcomes.push(error.code); }
console.log(JSON.stringify({ refused: outcomes.length, rss: process.memoryUsage().rss, tried: inputs.length }));
`;

test("hostile length fields do not eat memory", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--max-old-space-size=64", "--input-type=module", "--eval", SCRIPT],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.equal(status, 0, stderr.slice(0, 2000));
  const { refused, rss, tried } = JSON.parse(stdout) as Record<string, number>;
  assert.equal(refused, tried! * 3 + 1, "every input is refused by every reader");
  assert.ok(rss! < 320 * 0x10_0000, `${rss} bytes resident`);
});
