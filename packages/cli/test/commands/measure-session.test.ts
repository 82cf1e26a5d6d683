// SPDX-License-Identifier: Apache-2.0
// `greenlight measure` from digests, VMSA pages and keys that stand in files: what sevctl and sev-tool
// are given.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";

const VECTORS = [
  "sev/measure/tik1.bin",
  "sev/measure/ovmf-amdsev-el9-trimmed-4096.fd",
  "sev/vmsa/vmsa0.bin",
  "sev/vmsa/vmsa1.bin",
];
const skip = missingVectors(...VECTORS);

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
  writeFileSync("both.bin", new Uint8Array(32).fill(9, 0, 16).fill(7, 16));
  writeFileSync("tik.bin", new Uint8Array(16).fill(7));
  if (skip !== false) return;
  for (const path of VECTORS) {
    const name = path.split("/").at(-1)!;
    writeFileSync(name.endsWith(".fd") ? "el9.fd" : name, readVector(path));
  }
});
after(() => folder.remove());

async function printed(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight("measure", ...argv);
  assert.equal(code, 0, err);
  return out;
}

async function refusal(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight("measure", ...argv);
  assert.equal(code, 2, out);
  assert.doesNotMatch(err, /internal error|\n +at /);
  return err;
}

const DIGEST = "xkvRAfyaSizgonxAjZIAkR8TmolUabBKQKb6KJCDDSM=";
const NONCE = "wxP6tRHCFrFQWxsuqZA8QA==";
const SESSION = [
  "--tik",
  "tik1.bin",
  "--api-major",
  "1",
  "--api-minor",
  "40",
  "--build-id",
  "40",
  "--policy",
  "3",
];
const OWN = ["--api-major", "1", "--api-minor", "55", "--build-id", "24", "--policy", "5"];

test("--launch-digest: sevctl's measurement of a digest", { skip }, async () => {
  const blob = "lswbxWxI9gckya16JQvdFtpYmNO4b+3inAPpqsgoBI7DE/q1EcIWsVBbGy6pkDxA";
  const out = await printed("--launch-digest", DIGEST, ...SESSION, "--nonce", NONCE);
  assert.ok(out.includes(blob));
  const json = await printed("--launch-digest", DIGEST, ...SESSION, "--nonce", blob, "--json");
  assert.ok(JSON.stringify(JSON.parse(json)).includes(`"blob":"${blob}"`));
});

test("--vmsa-cpu0, --vmsa-cpu1: sevctl's measurement of 4 vCPUs", { skip }, async () => {
  const blob = "/o0nzDKE5XgtVnUZWPhUea/WZYrTKLExR7KCwuMdbActvpWfXTFk21KMZIAAhQny";
  const launch = ["--mode", "seves", "--ovmf", "el9.fd", "--vcpus", "4"];
  const pages = ["--vmsa-cpu0", "vmsa0.bin", "--vmsa-cpu1", "vmsa1.bin"];
  const platform = ["--api-major", "1", "--api-minor", "49", "--build-id", "6", "--policy", "5"];
  const session = ["--tik", "tik1.bin", ...platform, "--nonce", blob];
  assert.ok((await printed(...launch, ...pages, ...session)).includes(blob));
  assert.ok((await printed(...launch, ...pages, ...session, "--json")).includes(blob));
  const cpu = ["--vcpu-family", "25", "--vcpu-model", "1", "--vcpu-stepping", "1"];
  const made = await printed(...launch, ...cpu, "--vmsa-profile", "qemu-es-legacy");
  assert.equal(await printed(...launch, ...pages), made);
  const explained = await printed(...launch, ...pages, "--explain");
  assert.match(explained, /VMSA of vCPU 0/);
});

test("pages in files are those that --dump-vmsa writes", async () => {
  const launch = ["--mode", "seves", "--ovmf", "OVMF.fd", "--vcpus", "3"];
  const made = await printed(...launch, "--vcpu-type", "EPYC-v4", "--dump-vmsa");
  const pages = ["--vmsa-cpu0", "vmsa0.bin", "--vmsa-cpu1", "vmsa2.bin"];
  assert.equal(await printed(...launch, ...pages), made);
  const one = [...launch.slice(0, -1), "1"];
  const { out, err } = await greenlight("measure", ...one, ...pages);
  assert.equal(out, await printed(...one, "--vcpu-type", "EPYC-v4"));
  assert.match(err, /^warning: one vCPU: --vmsa-cpu1 is not measured/);
});

test("pages in files: what does not go together is said", async () => {
  const launch = ["--mode", "seves", "--ovmf", "OVMF.fd"];
  const page = ["--vmsa-cpu0", "vmsa0.bin"];
  assert.match(await refusal("--ovmf", "OVMF.fd", "--vcpus", "1", ...page), /add --mode seves/);
  assert.match(await refusal(...launch, "--vcpus", "2", ...page), /add --vmsa-cpu1 FILE/);
  assert.match(await refusal(...launch, "--vcpus", "1,2", ...page), /gives several/);
  assert.match(await refusal(...launch, "--vcpus", "1", "--vmsa-cpu1", "vmsa0.bin"), /without/);
  assert.match(
    await refusal(...launch, "--vcpus", "1", ...page, "--vcpu-type", "EPYC-v4"),
    /--vcpu-type and --vmsa-cpu0 are both given/,
  );
  assert.match(
    await refusal(...launch, "--vcpus", "1", "--vmsa-cpu0", "tik.bin"),
    /has 16 bytes, and a VMSA page has 4096/,
  );
});

test("--launch-digest goes with a key, and with nothing that is launched", async () => {
  const digest = ["--launch-digest", "00".repeat(32)];
  const nonce = ["--nonce", "00".repeat(16)];
  assert.match(await refusal(...digest), /add --tik FILE, or --tk FILE/);
  const key = ["--tik", "tik.bin", ...OWN, ...nonce];
  assert.match(await refusal(...digest, ...key, "--ovmf", "OVMF.fd"), /leave one out/);
  assert.match(await refusal(...digest, ...key, "--mode", "snp"), /not for mode snp/);
  assert.match(await refusal("--launch-digest", "00", ...key), /is not 32 bytes/);
});

test("--tk: the second half of the file with both keys", async () => {
  const launch = ["--mode", "sev", "--ovmf", "OVMF.fd", ...OWN, "--nonce", "00".repeat(16)];
  const out = await printed(...launch, "--tik", "tik.bin");
  assert.equal(await printed(...launch, "--tk", "both.bin"), out);
  assert.match(await refusal(...launch, "--tk", "both.bin", "--tik", "tik.bin"), /both keys/);
  assert.match(await refusal(...launch, "--tik", "both.bin"), /--tk takes 32 bytes/);
  assert.match(await refusal(...launch, "--tk", "tik.bin"), /does not hold the TEK and TIK/);
  const blob = /^LAUNCH_MEASURE blob {2}(\S+)$/m.exec(out)?.[1] ?? "";
  const asked = ["diagnose", blob, "--mode", "sev", "--ovmf", "OVMF.fd", ...OWN];
  const explained = await greenlight(...asked, "--tk", "both.bin");
  assert.equal(explained.code, 0, explained.err);
});
