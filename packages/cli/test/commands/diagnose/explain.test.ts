// SPDX-License-Identifier: Apache-2.0
// `greenlight diagnose` explains digests that `greenlight measure` printed for other launches, and
// the command it gives prints them again.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { greenlight } from "../../support/capture.ts";
import { FLASH, diagnosed, differing, enterFolder, flashImage, measured } from "./support.ts";

let leave: () => void;
before(() => {
  leave = enterFolder();
});
after(() => leave());

const VCPUS = ["--ovmf", "OVMF.fd", "--vcpus", "4", "--vcpu-type", "EPYC-v4"];
const KERNEL = ["--kernel", "kernel one", "--initrd", "initrd.img", "--append", "console=ttyS0 ro"];

/** What was launched, what was expected, and which parameters differ. */
const LAUNCHES: readonly {
  readonly host: readonly string[];
  readonly expected: readonly string[];
  readonly differ: readonly string[];
}[] = [
  { host: VCPUS, expected: VCPUS, differ: [] },
  { host: [...VCPUS, ...KERNEL], expected: [...VCPUS, ...KERNEL], differ: [] },
  { host: [...VCPUS, "--vcpus", "7"], expected: VCPUS, differ: ["vcpus"] },
  { host: [...VCPUS, "--vcpu-type", "EPYC-Turin"], expected: VCPUS, differ: ["vcpu-type"] },
  { host: [...VCPUS, "--vcpu-sig", "0xa10f11"], expected: VCPUS, differ: ["vcpu-type"] },
  { host: [...VCPUS, "--guest-features", "0x21"], expected: VCPUS, differ: ["guest-features"] },
  { host: [...VCPUS, "--vmm-type", "QEMU-legacy"], expected: VCPUS, differ: ["vmsa-profile"] },
  { host: [...VCPUS, "--vmm-type", "ec2"], expected: VCPUS, differ: ["vmsa-profile"] },
  {
    host: [...VCPUS, "--vmm-type", "gce", "--vmsa-gpa", "0xffffffffff000"],
    expected: [...VCPUS, "--vmm-type", "gce"],
    differ: ["vmsa-gpa"],
  },
  {
    host: [...VCPUS, "--vmsa-profile", "ec2", "--vmsa-fpu", "init"],
    expected: VCPUS,
    differ: ["vmsa-profile"],
  },
  {
    host: [...VCPUS, "--vmsa-profile", "ec2", "--vmsa-fpu", "init"],
    expected: [...VCPUS, "--vmm-type", "ec2", "--vmsa-fpu", "init"],
    differ: [],
  },
  {
    host: [...VCPUS, ...KERNEL, "--append", " quiet\n", "--trim-append"],
    expected: [...VCPUS, ...KERNEL.slice(0, 4), "--append", " quiet\n", "--trim-append"],
    differ: [],
  },
  { host: VCPUS, expected: [...VCPUS, ...KERNEL], differ: ["kernel-hashes"] },
  {
    host: [...VCPUS, ...KERNEL],
    expected: [...VCPUS, ...KERNEL, "--kernel-hashes", "off"],
    differ: ["kernel-hashes"],
  },
  {
    host: [...VCPUS, ...KERNEL, "--kernel", "kernel-two"],
    expected: [...VCPUS, ...KERNEL, "--kernel", "kernel-two"],
    differ: ["kernel"],
  },
  {
    host: [...VCPUS, ...KERNEL, "--initrd", ""],
    expected: [...VCPUS, ...KERNEL],
    differ: ["initrd"],
  },
  {
    host: [...VCPUS, ...KERNEL, "--append", "ro console=ttyS0\n"],
    expected: [...VCPUS, ...KERNEL],
    differ: ["command-line"],
  },
  {
    host: [...VCPUS, ...KERNEL, "--append", 'it\'s "quoted" $HOME \\ naïve\t\u0001'],
    expected: [...VCPUS, ...KERNEL, "--append", 'it\'s "quoted" $HOME \\ naïve\t\u0001'],
    differ: ["command-line"],
  },
  {
    host: ["--ovmf", "builds/b.fd", "--vcpus", "2", "--vcpu-type", "EPYC-Milan"],
    expected: [...VCPUS, "--ovmf", "builds"],
    differ: ["firmware", "vcpus", "vcpu-type"],
  },
  {
    host: [...VCPUS, "--mode", "seves", "--vmm-type", "QEMU-legacy", "--vcpus", "2"],
    expected: VCPUS,
    differ: ["vcpus", "vmsa-profile"],
  },
  {
    host: ["--mode", "sev", "--ovmf", "OVMF.fd", ...KERNEL],
    expected: [...VCPUS, ...KERNEL, "--mode", "seves"],
    differ: ["mode"],
  },
];

for (const { host, expected, differ } of LAUNCHES) {
  test(`${host.join(" ")} against ${expected.join(" ")}`, async () => {
    const digest = await measured(...host);
    const { code, answer, err } = await diagnosed(digest, ...expected);
    assert.deepEqual(differing(answer), differ);
    assert.equal(answer.schema, "greenlight/diagnose/v1");
    assert.equal(answer.result, differ.length === 0 ? "as-expected" : "explained");
    assert.equal(code, differ.length === 0 ? 0 : 1);
    assert.ok(!err.includes("rror"), err);
    const again = answer.reproduce?.arguments ?? [];
    assert.equal(await measured(...again.slice(1)), digest);
    // What is printed for a shell is the same argument list.
    const words = execFileSync("bash", ["-c", `printf '%s\\0' ${answer.reproduce?.command}`], {
      encoding: "utf8",
    });
    assert.deepEqual(words.split("\0").slice(1, -1), again);
  });
}

test("the answer comes first, in words; what differs is marked, and the command follows", async () => {
  const digest = await measured(...VCPUS, "--vcpus", "8", "--vcpu-type", "EPYC-Genoa");
  const { code, out, err } = await greenlight("diagnose", digest, ...VCPUS);
  assert.equal(code, 1);
  assert.equal(err, "");
  const lines = out.split("\n");
  assert.equal(
    lines[0],
    "Explained: the host used 8 vCPUs of EPYC-Genoa; you expected 4 of EPYC-v4.",
  );
  assert.match(out, /^ {2}\* {2}vCPUs +4 +8$/m);
  assert.match(out, /^ {5}VMSA profile +qemu +qemu$/m);
  assert.match(out, /measure with --vcpus 8/);
  assert.match(
    out,
    /^ {2}greenlight measure --mode snp --ovmf OVMF\.fd --vcpus 8 --vcpu-type EPYC-Genoa$/m,
  );
  assert.match(lines.at(-2) ?? "", /^[0-9,]+ digests? compared in [0-9.]+ s$/);
  for (const line of lines) assert.ok(line.length <= 80 || line.includes("greenlight"), line);
});

test("a command line is shown as it was expected and exactly as it was used", async () => {
  const digest = await measured(...VCPUS, ...KERNEL, "--append", "console=ttyS0 ro initrd=initrd");
  const { out } = await greenlight("diagnose", digest, ...VCPUS, ...KERNEL);
  assert.match(out, /expected +"console=ttyS0 ro"/);
  assert.match(out, /host used +with an initrd= argument at the end/);
  assert.match(out, /exactly +"console=ttyS0 ro initrd=initrd"/);
});

test("CODE alone instead of the combined image, and the other way round", async () => {
  const image = flashImage({ seed: 31 });
  const code = image.subarray(FLASH.vars);
  writeFileSync("combined.fd", image);
  writeFileSync("OVMF_CODE.part.fd", code);
  writeFileSync("OVMF_VARS.part.fd", image.subarray(0, FLASH.vars));
  writeFileSync("OVMF_VARS.bad.fd", new Uint8Array(FLASH.vars));
  const vcpus = ["--vcpus", "2", "--vcpu-type", "EPYC"];
  const ofCode = await measured("--ovmf", "OVMF_CODE.part.fd", ...vcpus);
  const alone = await diagnosed(ofCode, "--ovmf", "combined.fd", ...vcpus);
  assert.deepEqual(differing(alone.answer), ["firmware"]);
  assert.match(alone.answer.sentence, /the CODE part of combined\.fd alone/);
  assert.deepEqual(alone.answer.reproduce?.before, [
    `tail -c +${FLASH.vars + 1} combined.fd > OVMF_CODE.fd`,
  ]);

  const ofWhole = await measured("--ovmf", "combined.fd", ...vcpus);
  const joined = await diagnosed(ofWhole, "--ovmf", "OVMF_CODE.part.fd", ...vcpus);
  assert.match(joined.answer.sentence, /OVMF_VARS\.part\.fd and OVMF_CODE\.part\.fd as one image/);
  for (const { answer } of [alone, joined]) {
    execFileSync("sh", ["-c", answer.reproduce?.before.join("; ") ?? ""]);
    const again = answer.reproduce?.arguments.slice(1) ?? [];
    assert.equal(await measured(...again), answer.observed.bytes);
  }
});

test("an older build of which only the OVMF hash is known", async () => {
  const hash = await measured("--mode", "snp:ovmf-hash", "--ovmf", "builds/a.fd");
  const digest = await measured("--ovmf", "builds/a.fd", "--vcpus", "4", "--vcpu-type", "EPYC-v4");
  const { answer } = await diagnosed(digest, ...VCPUS, "--snp-ovmf-hash", hash);
  assert.deepEqual(differing(answer), ["firmware"]);
  const again = answer.reproduce?.arguments.slice(1) ?? [];
  assert.equal(await measured(...again), digest);
});

test("a firmware descriptor in place of the firmware", async () => {
  await measured(...VCPUS, "--write-firmware-descriptor", "ovmf.json");
  const digest = await measured(...VCPUS, "--vcpus", "3");
  const vcpus = VCPUS.slice(2);
  for (const option of ["--ovmf", "--firmware-descriptor"]) {
    const given = [option, "ovmf.json", ...vcpus, "--fix", "firmware"];
    const { answer } = await diagnosed(digest, ...given);
    assert.deepEqual(differing(answer), ["vcpus"]);
    const again = answer.reproduce?.arguments.slice(1) ?? [];
    assert.equal(await measured(...again), digest);
  }
});

test("a folder of firmware: which one it was, what was left out, what was no firmware", async () => {
  const digest = await measured("--ovmf", "builds/a.fd", "--vcpus", "1", "--vcpu-type", "EPYC");
  const { code, answer, err } = await diagnosed(digest, "--ovmf", "builds");
  assert.equal(code, 0);
  assert.match(answer.sentence, /used firmware builds\/a\.fd and 1 vCPU of EPYC; all else/);
  assert.deepEqual(
    answer.search.setAside.map(({ firmware, finding }) => [firmware, finding]),
    [["builds/unfit.fd", "firmware.sev-metadata.missing"]],
  );
  assert.deepEqual(answer.search.passedOver, {
    "without OVMF's footer table": ["builds/README"],
    "malformed (bad-length)": ["builds/broken.fd"],
    empty: ["builds/empty"],
    "not a file that can be read": ["builds/folder"],
  });
  assert.match(err, /3 forms of firmware to try; passed over: 1 without/);
});

test("SEV-ES measurements with their nonce, the key not shown", async () => {
  const tik = "6b6f9e0c4b1d4b7f8d0a5d1f33c0ffee";
  writeFileSync("tik.txt", `${tik}\n`);
  const session = ["--tik", "tik.txt", "--api-major", "1", "--api-minor", "55", "--build-id", "40"];
  const policy = [...session, "--policy", "0x5"];
  const nonce = ["--nonce", "000102030405060708090a0b0c0d0e0f"];
  const printed = await measured(...VCPUS, "--mode", "seves", "--vcpus", "3", ...policy, ...nonce);
  const [, measurement = "", blob = ""] =
    /measurement +([0-9a-f]{64})\n[^]*blob +(\S+)/.exec(printed) ?? [];
  for (const given of [[blob], [measurement, ...nonce]]) {
    const { answer, out, err } = await diagnosed(...given, ...VCPUS, ...policy);
    assert.deepEqual(differing(answer), ["vcpus"]);
    assert.ok(!out.includes(tik) && !err.includes(tik));
    const again = answer.reproduce?.arguments.slice(1) ?? [];
    assert.equal(await measured(...again), printed);
  }
});
