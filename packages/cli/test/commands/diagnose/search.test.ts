// SPDX-License-Identifier: Apache-2.0
// `greenlight diagnose` when nothing fits, when it is stopped, and when it is asked wrongly.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { missingVectors } from "../../../../core/test/support/vectors.ts";
import { run } from "../../../src/main.ts";
import { greenlight } from "../../support/capture.ts";
import { diagnosed, enterFolder, measured } from "./support.ts";

let leave: () => void;
before(() => {
  leave = enterFolder();
});
after(() => leave());

const NOTHING = "5a".repeat(48);
const VCPUS = ["--ovmf", "OVMF.fd", "--vcpus", "4", "--vcpu-type", "EPYC-v4"];
const KERNEL = ["--kernel", "kernel-two", "--append", "console=ttyS0"];

/** A report with this measurement, of a Genoa. */
function report(measurement: string): Uint8Array {
  const bytes = new Uint8Array(1184);
  bytes[0] = 3;
  bytes.set(Buffer.from(measurement, "hex"), 0x90);
  bytes.set([0x19, 0x11, 0x01], 0x188);
  return bytes;
}

test("nothing found: exit code 3, what is ruled out, and what to try", async () => {
  const { code, out, err } = await greenlight("diagnose", NOTHING, ...VCPUS, "--max-vcpus", "8");
  assert.equal(code, 3);
  assert.equal(err, "");
  assert.match(out, /^Not explained: none of [0-9,]+ SEV-SNP launches has this digest\.\n/);
  assert.match(out, /Every combination of the values below was tried\./);
  assert.match(out, /vCPUs +8 +1 to 8/);
  assert.match(out, /Guest policy, ID block/);
  assert.match(out, /What to try next:\n +- /);
  for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
});

test("a limit: exit code 3, and how far it went", async () => {
  const argv = [NOTHING, ...VCPUS, ...KERNEL, "--limit", "30000"];
  const { code, out } = await greenlight("diagnose", ...argv);
  assert.equal(code, 3);
  assert.match(out, /^Not explained by the nearest 3[0-9],[0-9]{3} of [0-9,]+ SEV-SNP\s+launches/);
  assert.match(out, /every launch with up to [0-9] differences? from/);
  const { answer } = await diagnosed(...argv);
  assert.equal(answer.search.status, "limit");
  assert.equal(answer.result, "not-explained");
});

test("Ctrl-C ends the search and keeps the answer; progress is drawn in one line", async () => {
  let out = "";
  let err = "";
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    colour: false,
    liveProgress: true,
  };
  const listeners = process.listenerCount("SIGINT");
  const running = run(["diagnose", NOTHING, ...VCPUS, ...KERNEL, "--limit", "0"], io);
  setTimeout(() => void process.emit("SIGINT"), 500);
  assert.equal(await running, 3);
  assert.equal(process.listenerCount("SIGINT"), listeners);
  assert.match(out, /^Not explained: stopped after [0-9,]+ of [0-9,]+ SEV-SNP\s+launches/);
  assert.match(out, /Ruled out: |before anything was ruled out/);
  assert.match(err, /^\r[0-9,]+ digests compared, [0-9] differences? [0-9]+ % done, [0-9]+ k\/s/);
  assert.match(err, / \r$/);
  assert.ok(!err.includes("\n"));
});

test("observed in any form: text, file, report", async () => {
  const digest = await measured(...VCPUS, "--vcpus", "2");
  writeFileSync("report.bin", report(digest));
  writeFileSync("report.hex", Buffer.from(report(digest)).toString("hex"));
  writeFileSync("digest.txt", `${digest}\n`);
  // Looks like a digest cut short, and is a file.
  writeFileSync("deadbeefdeadbeef", Buffer.from(digest, "hex"));
  const forms = [
    digest,
    `0x${digest.toUpperCase()}`,
    Buffer.from(digest, "hex").toString("base64"),
    Buffer.from(`0x${digest}`).toString("base64"),
    "report.bin",
    "report.hex",
    "digest.txt",
    "deadbeefdeadbeef",
  ];
  for (const form of forms) {
    const { code, answer } = await diagnosed(form, ...VCPUS);
    assert.equal(code, 1, form);
    assert.equal(answer.observed.bytes, digest, form);
  }
});

test("the CPU named in a report is tried as the guest's", async () => {
  // A stepping that stands in no table.
  const odd = await measured(...VCPUS, "--vcpu-sig", "0xa10f1e");
  const bytes = report(odd);
  bytes[0x18a] = 0xe;
  writeFileSync("odd.bin", bytes);
  const { answer } = await diagnosed("odd.bin", ...VCPUS);
  assert.match(answer.sentence, /0xa10f1e \(-cpu host on the CPU in the report\)/);
  assert.equal((await greenlight("diagnose", odd, ...VCPUS, "--max-vcpus", "4")).code, 3);
});

test("--fix and --only narrow the search", async () => {
  const digest = await measured(...VCPUS, "--vcpus", "2", "--vcpu-type", "EPYC-Rome");
  const code = async (...more: readonly string[]): Promise<number> =>
    (await greenlight("diagnose", digest, ...VCPUS, "--max-vcpus", "8", ...more)).code;
  assert.equal(await code(), 1);
  assert.equal(await code("--fix", "firmware,guest-features", "--fix", "vmsa-profile"), 1);
  assert.equal(await code("--fix", "vcpus"), 3);
  assert.equal(await code("--only", "vcpus,vcpu-type"), 1);
  assert.equal(await code("--only", "vcpus"), 3);
});

test("an exhaustive search tries what nobody would expect", async () => {
  const argv = ["--vcpu-type", "phenom", "--guest-features", "0xc0c1"];
  const digest = await measured(...VCPUS, ...argv);
  assert.equal((await greenlight("diagnose", digest, ...VCPUS, "--max-vcpus", "4")).code, 3);
  const fixed = ["--exhaustive", "--only", "vcpu-type,guest-features"];
  const { answer } = await diagnosed(digest, ...VCPUS, ...fixed);
  assert.match(answer.sentence, /phenom|Opteron_G3/);
  assert.match(answer.sentence, /0xc0c1/);
});

const WRONG: readonly (readonly [name: string, expected: RegExp, ...argv: string[]])[] = [
  ["nothing", /OBSERVED is missing/],
  ["95 digits", /has 95 hexadecimal digits/, "a".repeat(95), ...VCPUS],
  ["47 bytes", /has 47 bytes/, "ab".repeat(47), ...VCPUS],
  ["no such file", /no such file/, "absent.bin", ...VCPUS],
  ["a folder", /directory/, "none", ...VCPUS],
  ["a file that is no digest", /neither a report nor a digest/, "kernel-two", ...VCPUS],
  ["no firmware", /no firmware is given/, NOTHING],
  ["absent firmware", /no such file/, NOTHING, "--ovmf", "absent.fd"],
  ["empty firmware", /is empty/, NOTHING, "--ovmf", "builds/empty"],
  ["malformed firmware", /OVMF footer table/, NOTHING, "--ovmf", "builds/broken.fd"],
  ["unfit firmware", /firmware\.sev-metadata\.missing/, NOTHING, "--ovmf", "builds/unfit.fd"],
  ["an empty folder", /no firmware in "none"/, NOTHING, "--ovmf", "none"],
  ["zero vCPUs", /--vcpus is 0/, NOTHING, ...VCPUS, "--vcpus", "0"],
  ["too many vCPUs", /--max-vcpus/, NOTHING, ...VCPUS, "--max-vcpus", "5000"],
  ["host CPU", /takes its signature from the host/, NOTHING, ...VCPUS, "--vcpu-type", "host"],
  ["half a signature", /belong together/, NOTHING, ...VCPUS, "--vcpu-family", "25"],
  ["unknown VMM", /--vmm-type is "xen"/, NOTHING, ...VCPUS, "--vmm-type", "xen"],
  ["unknown profile", /no VMSA profile/, NOTHING, ...VCPUS, "--vmsa-profile", "qemu-12"],
  ["profile of another mode", /not one for mode snp/, NOTHING, ...VCPUS, "--vmsa-profile", "svsm"],
  ["odd address", /--vmsa-gpa is 5/, NOTHING, ...VCPUS, "--vmsa-gpa", "5"],
  ["mode of another length", /not one of mode sev/, NOTHING, ...VCPUS, "--mode", "sev"],
  ["command line alone", /without a kernel/, NOTHING, ...VCPUS, "--append", "x"],
  ["initrd alone", /an initrd is given without a kernel/, NOTHING, ...VCPUS, "--initrd", "OVMF.fd"],
  ["hashes without kernel", /no kernel is given/, NOTHING, ...VCPUS, "--kernel-hashes", "on"],
  ["half a hash", /--kernel-hash is not 32 bytes/, NOTHING, ...VCPUS, "--kernel-hash", "12"],
  ["OVMF hash", /--snp-ovmf-hash has 2 characters/, NOTHING, ...VCPUS, "--snp-ovmf-hash", "12"],
  ["unknown parameter", /names "disk"/, NOTHING, ...VCPUS, "--fix", "disk"],
  ["both lists", /both given/, NOTHING, ...VCPUS, "--fix", "vcpus", "--only", "vcpus"],
  ["open parameter", /not given/, NOTHING, "--ovmf", "OVMF.fd", "--fix", "vcpus"],
  ["limit", /--limit is "many"/, NOTHING, ...VCPUS, "--limit", "many"],
  ["accept", /cannot be accepted/, NOTHING, ...VCPUS, "--accept", "firmware.nonsense"],
  ["session without key", /without --tik/, NOTHING, ...VCPUS, "--policy", "5"],
  ["key of nothing", /transport integrity key/, NOTHING, ...VCPUS, "--tik", "kernel-two"],
  ["key for SNP", /is for SEV and SEV-ES/, NOTHING, ...VCPUS, "--tik", "x", "--mode", "snp"],
];

for (const [name, expected, ...argv] of WRONG) {
  test(`refused by name: ${name}`, async () => {
    const { code, out, err } = await greenlight("diagnose", ...argv);
    assert.equal(code, 2, out);
    assert.equal(out, "");
    assert.match(err, expected);
    assert.doesNotMatch(err, /internal error|\n +at /);
  });
}

test("a session needs all its values, and one nonce", async () => {
  writeFileSync("tik.bin", new Uint8Array(16));
  const tik = [...VCPUS, "--tik", "tik.bin"];
  const values = ["--api-major", "1", "--api-minor", "5", "--build-id", "4", "--policy", "1"];
  const refusal = async (...argv: readonly string[]): Promise<string> =>
    (await greenlight("diagnose", ...argv)).err;
  assert.match(await refusal(NOTHING, ...tik), /needs --api-major/);
  assert.match(await refusal("5a".repeat(32), ...tik, ...values), /needs --nonce/);
  const other = ["--nonce", "00".repeat(16)];
  assert.match(await refusal(NOTHING, ...tik, ...values, ...other), /not the nonce behind/);
});

test("errors are told to programs too", async () => {
  const { code, out } = await greenlight("diagnose", NOTHING, "--json");
  assert.equal(code, 2);
  const { schema, error } = JSON.parse(out) as { schema: string; error: { code: string } };
  assert.equal(schema, "greenlight/error/v1");
  assert.equal(error.code, "missing-option");
});

test("a folder with too many files is refused before they are read", async () => {
  mkdirSync("many");
  for (let i = 0; i < 4100; i++) writeFileSync(`many/${i}`, "");
  const { code, err } = await greenlight("diagnose", NOTHING, "--ovmf", "many");
  assert.equal(code, 2);
  assert.match(err, /has 4100 files/);
});

const REPORT = "snp/reports/milan-v3-vlek-aws.bin";
test("a real report is read", { skip: missingVectors(REPORT) }, async () => {
  const path = new URL(`../../../../../../shared/vectors/${REPORT}`, import.meta.url).pathname;
  const { answer, code } = await diagnosed(path, ...VCPUS, "--max-vcpus", "8");
  assert.equal(code, 3);
  assert.match(answer.observed.form, /attestation report, version 3/);
});
