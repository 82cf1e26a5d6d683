// SPDX-License-Identifier: Apache-2.0
// `greenlight diff` as a person or a script runs it.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { applicationVmsaPage, vmsaProfile } from "@greenlight/core/launch";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { descriptorText, hashTable, oneOfEach, vmsaPage } from "../support/artefacts.ts";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
  for (const [kind, bytes] of await oneOfEach()) writeFileSync(`${kind}.sample`, bytes);
});
after(() => folder.remove());

/** What diff prints, having ended with this exit code. */
async function diff(code: 0 | 1, ...argv: readonly string[]): Promise<string> {
  const result = await greenlight("diff", ...argv);
  assert.equal(result.code, code, result.err + result.out);
  assert.equal(result.err, "");
  assertTidy(result.out);
  return result.out;
}

async function diffJson(code: 0 | 1, ...argv: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await diff(code, ...argv, "--json")) as Record<string, unknown>;
}

/** The error text of a command line that must be refused. */
async function refusal(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight("diff", ...argv);
  assert.equal(code, 2, out);
  assert.equal(out, "");
  assert.doesNotMatch(err, /internal error|\n +at /);
  return err;
}

test("a file of any kind is the same as itself", async () => {
  for (const kind of (await oneOfEach()).keys()) {
    const out = await diff(0, `${kind}.sample`, `${kind}.sample`);
    assert.match(out, /^The same \(/);
    const json = await diffJson(0, `${kind}.sample`, `${kind}.sample`, "-v");
    assert.equal(json["schema"], "greenlight/diff/v1");
    assert.equal(json["equal"], true);
  }
});

test("structures: only the fields that differ, with the bytes they differ in", async () => {
  const parameters = { signature: 0xa00f11, sevFeatures: 1n, entryPoint: 0x80b004 };
  writeFileSync("ap.bin", applicationVmsaPage({ profile: vmsaProfile("qemu"), ...parameters }));
  assert.equal(
    await diff(1, "vmsa.sample", "ap.bin"),
    `Different (VMSA page): 2 of 135 fields, 4 of 4096 bytes
  A  vmsa.sample: SEV-SNP, boot processor (vCPU 0)
  B  ap.bin: SEV-SNP, application processor (vCPU 1 and up)

  bytes    field    A           B
  01a-01b  cs.base  0xffff0000  0x800000
  178-179  rip      0xfff0      0xb004
`,
  );
  const verbose = await diff(1, "vmsa.sample", "ap.bin", "-v");
  assert.match(verbose, /^ {2}= +es\.selector +0x0 +0x0$/m);
  assert.match(verbose, /^ {2}x {2}178-179 {2}rip +0xfff0 +0xb004$/m);
  const json = await diffJson(1, "vmsa.sample", "ap.bin");
  assert.deepEqual(json["fields"], [
    {
      path: "cs.base",
      offset: 0x18,
      size: 8,
      a: "0xffff0000",
      b: "0x800000",
      differs: [{ offset: 0x1a, size: 2 }],
    },
    {
      path: "rip",
      offset: 0x178,
      size: 8,
      a: "0xfff0",
      b: "0xb004",
      differs: [{ offset: 0x178, size: 2 }],
    },
  ]);
});

test("long values stand below one another, reserved bytes count too", async () => {
  const table = hashTable();
  table.fill(0xee, 0x88, 0xa8);
  table[0xaf] = 1;
  writeFileSync("table.bin", table);
  const out = await diff(1, "kernel-hashes.sample", "table.bin");
  assert.match(out, /^Different \(kernel-hashes table\): 2 of 12 fields, 33 of 176 bytes$/m);
  assert.match(out, /^ {2}kernel, bytes 088-0a7\n {4}A {2}[0-9a-f]{64}\n {4}B {2}(ee){32}$/m);
  assert.match(out, /^ {2}0af +padding /m);
});

test("the encoding of a file does not matter", async () => {
  writeFileSync("vmsa.b64", Buffer.from(vmsaPage()).toString("base64"));
  await diff(0, "vmsa.sample", "vmsa.b64");
});

test("keys: private and public halves of one key are the same, other keys are not", async () => {
  const out = await diff(0, "private-key.sample", "public-key.sample");
  assert.match(out, /^The same \(P-384 key\)$/m);
  assert.match(await diff(1, "id-key.pem", "author-key.pem"), /^ {2}qx, bytes 00[4-9]-03[0-3]$/m);
});

test("firmware: properties, sections, pages, and what changes of the launch digest", async () => {
  const out = await diff(1, "OVMF.fd", "OVMF-old.fd");
  for (const line of [
    "Different (firmware): 897 pages",
    "  A  OVMF.fd: 4 MiB (4194304 bytes)",
    "  size                      4194304                    2097152",
    "  hash table                0x810c00-0x810fff          not supported",
    "  footer IGVM_METADATA      fromEnd 0x560              none",
    "  4        SVSM_CAA 0x80f000 0x1000           SNP_SEC_MEM 0x80f000 0x11000",
    "  6        SNP_KERNEL_HASHES 0x810000 0x1000  none",
    "Pages: 897 of 1024 differ, in 6 ranges",
    "  0xffc00000-0xffdfffff    512  0x0            not there",
    "  0xffe20000-0xfff91fff    370  0x220000       0x20000",
    "SEV-SNP launch digest: changes",
    "  VMSA pages      the same",
  ]) {
    assert.ok(out.split("\n").includes(line), line);
  }
  assert.doesNotMatch(out, /reset EIP/);
  assert.match(
    await diff(1, "OVMF.fd", "OVMF-old.fd", "-v"),
    /^ {2}= {2}reset EIP +0x80b004 +0x80b004$/m,
  );
});

test("firmware: one changed byte is one page, with its place in the digest", async () => {
  const image = fixtureFirmware("OVMF.amdsev-2026.08.fd");
  image[0x12_3456]! ^= 0xff;
  writeFileSync("patched.fd", image);
  const out = await diff(1, "OVMF.fd", "patched.fd");
  assert.match(out, /^ {2}0xffd23000-0xffd23fff {6}1 {2}0x123000 {7}0x123000$/m);
  assert.match(out, /^ {2}firmware pages {2}differ from page 292 on: contents at 0xffd23000$/m);
  assert.match(out, /^ {2}sections {8}measured the same$/m);
  const { pages, launch } = await diffJson(1, "OVMF.fd", "patched.fd");
  assert.deepEqual(pages, {
    total: 1024,
    differing: 1,
    ranges: [{ gpa: 0xffd2_3000, pages: 1, offsetA: 0x12_3000, offsetB: 0x12_3000 }],
  });
  const { firmware, sections, vmsa } = launch as Record<string, { pagesBefore: number } | null>;
  assert.equal(firmware!.pagesBefore, 291);
  assert.deepEqual([sections, vmsa], [null, null]);
});

test("firmware: another reset EIP changes the VMSA pages", async () => {
  const image = fixtureFirmware("OVMF.amdsev-2026.08.fd");
  image[0x3f_ffb8] = 0x08;
  writeFileSync("eip.fd", image);
  const out = await diff(1, "OVMF.fd", "eip.fd");
  assert.match(out, /^ {2}reset EIP +0x80b004 +0x80b008$/m);
  assert.match(out, /^ {2}VMSA pages {6}differ: the reset EIP is another$/m);
});

test("firmware that SEV-SNP cannot launch is said to be so", async () => {
  writeFileSync("code.fd", fixtureFirmware("OVMF_CODE_4M.secboot-2022.11.fd"));
  const out = await diff(1, "OVMF-old.fd", "code.fd");
  assert.match(
    out,
    /^ {2}B {15}cannot be launched as SEV-SNP:\s+firmware\.sev-metadata\.missing$/m,
  );
  assert.match(out, /^ {2}sections {8}differ from page 1 on: A has .*,\s+B nothing$/ms);
});

test("firmware against a descriptor: everything a descriptor records", async () => {
  writeFileSync("new.json", descriptorText("OVMF.amdsev-2026.08.fd"));
  await diff(0, "OVMF.fd", "new.json");
  await diff(0, "new.json", "new.json");
  const out = await diff(1, "OVMF-old.fd", "new.json");
  assert.match(out, /^ {2}OVMF hash\n {4}A {2}[0-9a-f]{96}\n {4}B {2}9d0dd8be18c8[0-9a-f]{84}$/m);
  assert.match(out, /^ {2}firmware pages {2}differ \(OVMF hash\)$/m);
  assert.doesNotMatch(out, /Pages:|footer/);
  assert.equal((await diffJson(1, "OVMF-old.fd", "new.json"))["pages"], undefined);
});

test("firmware against parse-metadata's descriptor: only what that holds", async () => {
  const { ovmfHash, resetEip, sections } = JSON.parse(descriptorText("OVMF.amdsev-2026.08.fd")) as {
    ovmfHash: string;
    resetEip: number;
    sections: readonly { gpa: number; size: number; type: number }[];
  };
  const go = {
    MetadataItems: sections.map(({ gpa, size, type }) => ({
      GPA: `0x${gpa.toString(16)}`,
      Size: `0x${size.toString(16)}`,
      SectionTypeInt: type,
    })),
    ResetEIP: `0x${resetEip.toString(16)}`,
    OVMFHash: ovmfHash,
  };
  writeFileSync("go.json", JSON.stringify(go));
  await diff(0, "OVMF.fd", "go.json");
  writeFileSync("go.json", JSON.stringify({ ...go, ResetEIP: "0x80b000" }));
  assert.match(await diff(1, "OVMF.fd", "go.json"), /^ {2}reset EIP +0x80b004 +0x80b000$/m);
});

test("unlike or unusable files are errors with a name", async () => {
  assert.match(
    await refusal("OVMF.fd", "vmsa.sample"),
    /cannot compare OVMF firmware \(OVMF\.fd\) with VMSA page \(vmsa\.sample\)/,
  );
  writeFileSync("empty.bin", "");
  assert.match(await refusal("vmsa.sample", "empty.bin"), /"empty\.bin" is empty/);
  assert.match(await refusal("vmsa.sample", "absent.bin"), /"absent\.bin": there is no such file/);
  assert.match(await refusal("vmsa.sample"), /A B is missing/);
  assert.match(await refusal("-", "-"), /both files are -/);
  writeFileSync("short.bin", "short");
  assert.match(await refusal("vmsa.sample", "short.bin", "--as", "vmsa"), /short\.bin: VMSA: /);
});

const SVSM = "measurement/svsm.bin";
test(
  "SVSM binaries are compared by pages, without a launch digest",
  { skip: missingVectors(SVSM) },
  async () => {
    const binary = readVector(SVSM);
    writeFileSync("svsm.bin", binary);
    binary[0]! ^= 1;
    writeFileSync("svsm2.bin", binary);
    const out = await diff(1, "svsm.bin", "svsm2.bin");
    assert.match(out, /^Different \(SVSM binary\): 1 page$/m);
    assert.doesNotMatch(out, /launch digest/);
  },
);
