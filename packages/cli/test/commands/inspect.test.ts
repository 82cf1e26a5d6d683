// SPDX-License-Identifier: Apache-2.0
// `greenlight inspect` as a person or a script runs it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { firmwareDescriptorFromJson } from "@greenlight/core/firmware";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import type { ArtefactKind } from "../../src/input/artefact.ts";
import { hashTable, oneOfEach, vmsaPage } from "../support/artefacts.ts";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

let folder: ExampleFolder;
let samples: ReadonlyMap<ArtefactKind, Uint8Array>;
before(async () => {
  folder = await enterExampleFolder();
  samples = await oneOfEach();
  for (const [kind, bytes] of samples) writeFileSync(`${kind}.sample`, bytes);
});
after(() => folder.remove());

/** What inspect prints of a file. */
async function inspect(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight("inspect", ...argv);
  assert.equal(code, 0, err);
  assert.equal(err, "");
  return out;
}

async function inspectJson(...argv: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await inspect(...argv, "--json")) as Record<string, unknown>;
}

/** The error text of a command line that must be refused. */
async function refusal(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight("inspect", ...argv);
  assert.equal(code, 2, out);
  assert.equal(out, "");
  assert.doesNotMatch(err, /internal error|\n +at /);
  return err;
}

test("every kind is shown in 80 columns, with its name on the first line", async () => {
  for (const kind of samples.keys()) {
    const isDumped = kind !== "firmware-descriptor" && kind !== "sev-secret-table";
    for (const more of [[], ["-v"], isDumped ? ["--hex"] : []]) {
      const out = await inspect(`${kind}.sample`, ...more);
      assertTidy(out);
      assert.ok(out.startsWith(`${kind}.sample: `), out);
    }
  }
});

test("every kind has JSON of the one schema", async () => {
  for (const [kind, bytes] of samples) {
    const json = await inspectJson(`${kind}.sample`);
    assert.equal(json["schema"], "greenlight/inspect/v1");
    assert.equal(json["kind"], kind);
    assert.equal(json["encoding"], "binary");
    assert.equal(json["size"], bytes.length);
    assert.ok(Array.isArray(json["findings"]));
  }
});

test("firmware: what it launches, its tables and how each section is measured", async () => {
  const out = await inspect("OVMF.fd");
  assert.match(out, /^OVMF\.fd: OVMF firmware, 4 MiB \(4194304 bytes\)\n/);
  for (const line of [
    "  SHA-256    3e4fd0b3fe3b2dbe481c3d9e99418a034174f26cbe1f55aa212b0f18c12d2d6f",
    "    9d0dd8be18c86e3fe3bf0038ed75ebf5340bee69fd2632c8ff9409964575960ae1f7e84be387d2e3467bc3508d1e4806",
    "  SEV            yes",
    "  SEV-ES         yes",
    "  SEV-SNP        yes",
    "  kernel hashes  SEV, SEV-ES, SEV-SNP",
    "  hash table     0x810c00-0x810fff (0x400 bytes)",
    "  launch secret  0x810000-0x810bff (0xc00 bytes)",
    "  reset EIP      0x80b004 (CS.base 0x800000, RIP 0xb004), where APs start",
    "Footer table at file offset 0x3fff42: 158 bytes",
    "  0x3fffb8  SEV_ES_RESET_BLOCK  resetEip 0x80b004",
    "                                00f771de-1a7e-4fcb-890e-68c77e2fb44e",
    "  0  0x800000-0x808fff      9  SNP_SEC_MEM        ZERO",
    "  2  0x80d000-0x80dfff      1  SNP_SECRETS        SECRETS",
    "  6  0x810000-0x810fff      1  SNP_KERNEL_HASHES  ZERO, with hashes NORMAL",
    "  3  0x813000        0x1000  DATA_HOBS",
    "Findings: 1 fail, 2 warn, 9 pass",
    "x fail     The host can have an unmeasured program started in place of the",
    "           [firmware.host-shim.started]",
    "+ pass     The firmware verifies kernels against the measured hashes",
  ]) {
    assert.ok(out.split("\n").includes(line), line);
  }
});

test("firmware JSON holds a descriptor that measures the same", async () => {
  const { descriptor, resetEip, support } = await inspectJson("OVMF.fd");
  assert.deepEqual(resetEip, { address: 0x80b004, csBase: 0x800000, rip: 0xb004 });
  assert.deepEqual(support, {
    sev: true,
    sevEs: true,
    sevSnp: true,
    kernelHashes: { sev: true, sevSnp: true },
  });
  firmwareDescriptorFromJson(descriptor);
  writeFileSync("OVMF.json", JSON.stringify(descriptor));
  const vcpus = ["--vcpus", "3", "--vcpu-type", "EPYC-Genoa"];
  const byFile = await greenlight("measure", "--ovmf", "OVMF.fd", ...vcpus);
  const byJson = await greenlight("measure", "--firmware-descriptor", "OVMF.json", ...vcpus);
  assert.equal(byJson.out, byFile.out);
  assert.match(
    await inspect("OVMF.json"),
    /^OVMF\.json: firmware descriptor, written by greenlight\n/,
  );
});

test("firmware that cannot be launched says why, failed findings first", async () => {
  writeFileSync("tdx.fd", fixtureFirmware("OVMF.inteltdx.ms-2026.08.fd"));
  const out = await inspect("tdx.fd");
  assert.match(out, /^ {2}SEV-SNP {8}no: firmware\.section\.empty$/m);
  assert.match(out, /^ {2}kernel hashes {2}no: there is no area for the table$/m);
  assert.match(out, /^ {2}4 {2}0x0, empty +0 {2}SVSM_CAA/m);
  assert.match(out, /\nFindings: 3 fail, 1 warn, 5 pass, 4 skipped\nx fail {5}Section 4 /);
  assert.match(out, /hint: this image is not meant for SEV-SNP/);
  writeFileSync("code.fd", fixtureFirmware("OVMF_CODE_4M.secboot-2022.11.fd"));
  assert.match(await inspect("code.fd"), /\nSEV metadata: none\n/);
});

test("a file that is no firmware can be looked at as one", async () => {
  writeFileSync("random.bin", hashTable());
  const out = await inspect("random.bin", "--as", "firmware", "--hex");
  assertTidy(out);
  assert.match(out, /\nFooter table: none\n/);
  assert.match(out, /\nx fail {5}The image has no OVMF footer table\n/);
  assert.match(out, /\nLast bytes\n/);
});

test("firmware's hexdump shows the tables, not the megabytes", async () => {
  const out = await inspect("OVMF.fd", "--hex");
  const dump = out.slice(out.indexOf("\nSEV metadata\n"));
  assert.ok(dump.split("\n").length < 120);
  assert.match(dump, /^3ffa3c {2}41 53 45 56 /m);
  assert.match(dump, /3ffa54 \[0\]\.type 0x1 \(SNP_SEC_MEM\)/);
  assert.match(dump, /^\nIGVM metadata$/m);
  assert.match(dump, /3fffb8 SEV_ES_RESET_BLOCK\.resetEip 0x80b004/);
  assert.match(dump, /3fffd0 footer\.guid 96b582de-1fb2-45f7-baea-a366c55a082d/);
});

test("VMSA: processor, CPU model, profile and the registers that are not zero", async () => {
  const out = await inspect("vmsa.sample");
  assert.match(out, /^vmsa\.sample: VMSA page, SEV-SNP, boot processor \(vCPU 0\)\n/);
  assert.match(out, /^ {2}SEV_FEATURES {3}0x1 \(SNPActive\)$/m);
  assert.match(
    out,
    /^ {2}CPU signature {2}0xa00f11 in RDX: EPYC-Milan \(family 25, model 1, stepping 1\)$/m,
  );
  assert.match(out, /^ {2}VMSA profile {3}qemu: QEMU with KVM_SEV_INIT2/m);
  assert.match(out, /^ {2}cs {9}0xf000 {4}0x9b {2}0xffff {2}0xffff0000$/m);
  assert.match(out, /^ {2}0x268 {3}gPat +0x7040600070406 {2}guest PAT$/m);
  assert.match(out, /^ {2}The other [0-9]+ fields are zero\.$/m);
  assert.doesNotMatch(out, / cr3 /);
  assert.match(await inspect("vmsa.sample", "-v"), / cr3 +0x0$/m);
});

test("VMSA: what differs from the nearest profile", async () => {
  const page = vmsaPage();
  page[0x268] = 7;
  page[0x8f0] = 1;
  writeFileSync("changed.bin", page);
  const out = await inspect("changed.bin");
  assertTidy(out);
  assert.match(out, /VMSA profile {3}none exactly; qemu is nearest and differs in 2 fields$/m);
  assert.match(out, /^ {2}0x268 {3}gPat {4}0x7040600070406 +0x7040600070407$/m);
  assert.match(out, /^! warn {5}Reserved bytes are not zero: unused$/m);
  const { profiles } = (await inspectJson("changed.bin")) as {
    profiles: readonly { id: string; exact: boolean; differences: readonly { path: string }[] }[];
  };
  assert.deepEqual(
    profiles[0]!.differences.map(({ path }) => path),
    ["gPat", "unused"],
  );
  assert.ok(profiles.every(({ exact }) => !exact));
});

test("kernel hashes: the hashes, and what is not there is recognised", async () => {
  assert.equal(
    await inspect("kernel-hashes.sample"),
    `kernel-hashes.sample: kernel-hashes table

  kernel   b117d8df2cd9a6e9ed1b16a2d1c4bcb05c1ae7d3b9d4bb8da24ca4ee6a4d1fb2
`.replace(
      "b117d8df2cd9a6e9ed1b16a2d1c4bcb05c1ae7d3b9d4bb8da24ca4ee6a4d1fb2",
      Buffer.from(hashTable().subarray(0x88, 0xa8)).toString("hex"),
    ) +
      `  initrd   e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
           no initrd (SHA-256 of nothing)
  cmdline  6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
           empty command line (SHA-256 of one NUL)

Findings: 1 pass
+ pass     GUIDs, lengths and padding of the table are as QEMU writes them
`,
  );
  const broken = hashTable();
  broken[0x22] = 49;
  const page = new Uint8Array(4096);
  page.set(broken, 0xc00);
  writeFileSync("page.bin", page);
  const out = await inspect("page.bin");
  assert.match(out, /^page\.bin: kernel-hashes table, at offset 0xc00 of its page\n/);
  assert.match(out, /x fail {5}Field cmdlineLength of the table is 0x31, must be 0x32/);
});

test("ID block and ID authentication: fields, policy bits and key digests", async () => {
  const block = await inspect("id-block.sample");
  assert.match(block, /^ {2}launch digest\n {4}(ab){48}$/m);
  assert.match(block, /^ {2}family id {6}0{32} \(none\)$/m);
  assert.match(block, /^ {2}guest SVN {6}3$/m);
  assert.match(block, /^ {2}guest policy {3}0x30000 \(SMT\)$/m);
  assert.match(block, /^ {4}16 {2}SMT {12}1 {2}host SMT is allowed$/m);
  assert.doesNotMatch(block, /DEBUG/);
  assert.match(
    await inspect("id-block.sample", "-v"),
    /^ {4}19 {2}DEBUG +0 {2}debugging is not allowed$/m,
  );
  const auth = await inspect("id-auth.sample");
  assert.match(auth, /: ID authentication information, with author key\n/);
  const digest = (await greenlight("idblock", "key-digest", "private-key.sample")).out
    .slice(2)
    .trim();
  assert.equal(auth.split(digest).length, 3, "ID key and author key are this key");
  assert.match(auth, /^\+ pass {5}The ID key is signed by the author key$/m);
});

test("broken ID authentication is shown with what is wrong", async () => {
  const bytes = Uint8Array.from(samples.get("id-auth")!);
  bytes[0x10] = 1;
  bytes[0x680]! ^= 1;
  writeFileSync("broken.bin", bytes);
  const out = await inspect("broken.bin", "--hex");
  assertTidy(out);
  assert.match(out, /^x fail {5}The ID key is not signed by the author key$/m);
  assert.match(out, /^ +008 reserved0 ! is 0x1, must be zero$/m);
});

test("keys: the public half only, the same for all forms of one key", async () => {
  const out = await inspect("private-key.sample", "--hex");
  assert.match(
    out,
    /^private-key\.sample: P-384 private key, PEM; the private value is not shown\n/,
  );
  const json = await inspectJson("private-key.sample");
  const secret = scalarOf(samples.get("private-key")!);
  for (const text of [out, JSON.stringify(json), await inspect("private-key.sample", "-v")]) {
    const digits = text.replaceAll(/[^0-9a-f]/g, "");
    assert.ok(!digits.includes(secret), "the private value is printed");
    assert.ok(!digits.includes(reversed(secret)), "the private value is printed backwards");
  }
  const fromPublic = await inspectJson("public-key.sample");
  assert.equal(fromPublic["container"], "DER");
  for (const name of ["keyDigest", "x", "y"]) assert.equal(fromPublic[name], json[name]);
});

/** The 48-byte private value of a SEC1 PEM, as digits. */
function scalarOf(pem: Uint8Array): string {
  const body = Buffer.from(pem)
    .toString()
    .replaceAll(/-----[^-]+-----|\s/g, "");
  const hex = Buffer.from(body, "base64").toString("hex");
  return /0430([0-9a-f]{96})/.exec(hex)![1]!;
}

function reversed(hex: string): string {
  return Buffer.from(Buffer.from(hex, "hex").toReversed()).toString("hex");
}

test("unusable files and options are errors with a name", async () => {
  writeFileSync("empty.bin", "");
  writeFileSync("truncated.bin", vmsaPage().subarray(0, 4000));
  assert.match(await refusal("empty.bin"), /"empty\.bin" is empty/);
  assert.match(await refusal("absent.bin"), /there is no such file/);
  assert.match(await refusal("truncated.bin"), /not VMSA page: 4000 bytes, must be 4096/);
  assert.match(await refusal("truncated.bin", "--as", "vmsa"), /VMSA: has 4000 bytes/);
  assert.match(await refusal("vmsa0.bin", "--as", "page"), /choose one of: .*\bfirmware,/);
  assert.match(await refusal(), /FILE is missing/);
  writeFileSync("small.json", samples.get("firmware-descriptor")!);
  assert.match(await refusal("small.json", "--hex"), /it has no bytes to annotate/);
  const { code, out } = await greenlight("inspect", "empty.bin", "--json");
  assert.equal(code, 2);
  const { error } = JSON.parse(out) as { error: { code: string } };
  assert.equal(error.code, "empty-file");
});

test("a malformed footer table is an error with its offset", async () => {
  const image = fixtureFirmware("OVMF-2022.11.fd");
  image[image.length - 50] = 5;
  writeFileSync("footer.fd", image);
  assert.match(await refusal("footer.fd"), /footer\.fd: OVMF footer table at offset 0x1fffce: /);
});

test("- reads standard input", () => {
  const bin = new URL("../../bin/greenlight.js", import.meta.url).pathname;
  const input = Buffer.from(vmsaPage());
  const run = spawnSync(process.execPath, [bin, "inspect", "-"], { input, encoding: "utf8" });
  assert.equal(run.stderr, "");
  assert.equal(run.status, 0);
  assert.match(run.stdout, /^standard input: VMSA page, SEV-SNP/);
});

const GO = "measurement/ovmf_AmdSev_suffix.bin";
test(
  "a descriptor of sev-snp-measure-go does not pretend to know more",
  { skip: missingVectors(GO) },
  async () => {
    writeFileSync("suffix.fd", readVector(GO));
    const { descriptor } = (await inspectJson("suffix.fd")) as {
      descriptor: {
        ovmfHash: string;
        resetEip: number;
        sections: readonly { gpa: number; size: number; type: number }[];
      };
    };
    const go = {
      MetadataItems: descriptor.sections.map(({ gpa, size, type }) => ({
        GPA: `0x${gpa.toString(16)}`,
        Size: `0x${size.toString(16)}`,
        SectionTypeInt: type,
      })),
      ResetEIP: `0x${descriptor.resetEip.toString(16)}`,
      OVMFHash: descriptor.ovmfHash,
    };
    writeFileSync("go.json", JSON.stringify(go));
    const out = await inspect("go.json");
    assertTidy(out);
    assert.match(out, /written by sev-snp-measure-go parse-metadata\n/);
    assert.match(out, /^ {2}size {7}not recorded$/m);
    assert.match(out, /^ {2}kernel hashes {2}not recorded in this file$/m);
  },
);
