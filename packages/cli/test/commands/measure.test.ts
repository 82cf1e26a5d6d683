// SPDX-License-Identifier: Apache-2.0
// `greenlight measure` as a person or a script runs it.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { missingVectors, readVectorJson } from "../../../core/test/support/vectors.ts";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
});
after(() => folder.remove());

const BASE = ["measure", "--ovmf", "OVMF.fd", "--vcpus", "4", "--vcpu-type", "EPYC-v4"];
/** sev-snp-measure's digest of the carried firmware with 4 vCPUs of EPYC-v4. */
const EXPECTED =
  "13a6ae9fbaa31c91ade309c36bd5214729438abac318e01176e02a97b8bec11a" +
  "4bce86b4d2b1fba2ec0481dd24ff525f";

async function digest(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight(...argv);
  assert.equal(code, 0, err);
  assert.equal(err, "");
  return out.trimEnd();
}

/** The error text of a command line that must be refused. */
async function refusal(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight(...argv);
  assert.equal(code, 2, `${argv.join(" ")} gave ${out}`);
  assert.equal(out, "");
  assert.doesNotMatch(err, /internal error|\n +at /);
  return err;
}

/** The parts of a case that the command line is about. */
interface Case {
  readonly argv?: readonly string[];
  readonly expected_digest?: string;
  readonly note?: string;
}

const VECTORS = "measurement/cases.json";
test(
  "sev-snp-measure's argument lists give its digests",
  { skip: missingVectors(VECTORS) },
  async (t) => {
    const cases = readVectorJson(VECTORS) as readonly Case[];
    // Files are named relative to the vectors, which are not ours to work in.
    const vectors = new URL("../../../../../shared/vectors/measurement/", import.meta.url).pathname;
    const absolute = (word: string): string =>
      word !== "" && existsSync(join(vectors, word)) ? join(vectors, word) : word;
    // Where sev-snp-measure measures a firmware that QEMU refuses, its answer takes our consent.
    const consent = (note = ""): readonly string[] =>
      note.startsWith("TRAP")
        ? ["--accept", "firmware.sev-metadata.missing", "--accept", "firmware.section.empty"]
        : [];
    for (const { argv, expected_digest, note } of cases) {
      if (argv === undefined) continue;
      await t.test(argv.join(" "), async () => {
        const words = argv.map(absolute);
        const { code, out } = await greenlight("measure", ...words, ...consent(note));
        if (expected_digest === undefined) assert.equal(code, 2);
        else assert.equal(out, `${expected_digest}\n`);
        if (consent(note).length > 0) await refusal("measure", ...words);
      });
    }
  },
);

test("output is sev-snp-measure's, byte for byte", async () => {
  assert.equal((await greenlight(...BASE)).out, `${EXPECTED}\n`);
  const base64 = Buffer.from(EXPECTED, "hex").toString("base64");
  assert.equal((await greenlight(...BASE, "--output-format", "base64")).out, `${base64}\n`);
  const verbose = `Calculated SEV_SNP guest measurement: ${EXPECTED}\n`;
  assert.equal((await greenlight(...BASE, "-v")).out, verbose);
  assert.equal(
    (await greenlight(...BASE, "--output=hex", "--guest-f", "0x1")).out,
    `${EXPECTED}\n`,
  );
});

test("the OVMF hash is hexadecimal whatever the format, and seeds the digest", async () => {
  const hash = await digest(
    "measure",
    "--mode",
    "snp:ovmf-hash",
    "--ovmf",
    "OVMF.fd",
    "--output-format",
    "base64",
  );
  assert.match(hash, /^9d0dd8be18c86e3f[0-9a-f]{80}$/);
  assert.equal(await digest(...BASE, "--snp-ovmf-hash", hash), EXPECTED);
});

test("a firmware descriptor stands in for the firmware", async () => {
  await digest(...BASE, "--write-firmware-descriptor", "fw.json");
  const rest = ["--vcpus", "4", "--vcpu-type", "EPYC-v4"];
  assert.equal(await digest("measure", "--firmware-descriptor", "fw.json", ...rest), EXPECTED);
  const kernel = ["--kernel", "vmlinuz", "--append", "quiet"];
  assert.equal(
    await digest("measure", "--firmware-descriptor", "fw.json", ...rest, ...kernel),
    await digest(...BASE, ...kernel),
  );
  assert.match(
    await refusal("measure", "--mode", "sev", "--firmware-descriptor", "fw.json"),
    /a descriptor is not enough/,
  );
  assert.match(await refusal(...BASE, "--write-firmware-descriptor", "fw.json"), /exists/);
});

test("hashes given in place of files give the same digest", async () => {
  const files = ["--kernel", "vmlinuz", "--initrd", "initrd.img", "--append", "console=ttyS0"];
  const { out } = await greenlight(...BASE, ...files, "--json");
  const { kernelHashes } = JSON.parse(out) as { kernelHashes: Readonly<Record<string, string>> };
  const hashes = [
    "--kernel-hash",
    kernelHashes["kernel"]!,
    "--initrd-hash",
    kernelHashes["initrd"]!,
    "--append-hash",
    kernelHashes["cmdline"]!,
  ];
  assert.equal(await digest(...BASE, ...hashes), await digest(...BASE, ...files));
});

test("every byte of a command line counts, unless trimming is asked for", async () => {
  const withLine = (line: string, ...more: readonly string[]): Promise<string> =>
    digest(...BASE, "--kernel", "vmlinuz", `--append=${line}`, ...more);
  const plain = await withLine("quiet");
  for (const line of ["quiet ", " quiet", "quiet\n"]) {
    assert.notEqual(await withLine(line), plain);
    assert.equal(await withLine(line, "--trim-append"), plain);
  }
  writeFileSync("cmdline.txt", "quiet\n");
  const fromFile = [...BASE, "--kernel", "vmlinuz", "--append-file", "cmdline.txt"];
  assert.equal(await digest(...fromFile), await withLine("quiet\n"));
});

test("empty initrd and command line count as absent, as in sev-snp-measure", async () => {
  const bare = await digest(...BASE, "--kernel", "vmlinuz");
  assert.equal(await digest(...BASE, "--kernel", "vmlinuz", "--initrd", "", "--append", ""), bare);
  assert.equal(await digest(...BASE, "--initrd", "", "--append", ""), EXPECTED);
});

test("several values give every combination, one digest a line", async () => {
  const out = await digest(
    "measure",
    "--ovmf",
    "OVMF.fd",
    "--vcpus",
    "1-3,4",
    "--vcpu-type",
    "EPYC-v4,EPYC-Genoa",
    "--guest-features",
    "0x1,0x21",
    "--vmsa-profile",
    "qemu,ec2",
  );
  const lines = out.split("\n");
  // qemu measures the type (2 x 2 x 4), ec2 does not (2 x 4).
  assert.equal(lines.length, 24);
  assert.equal(new Set(lines.map((line) => line.split("  ")[0])).size, 24);
  assert.ok(lines.includes(`${EXPECTED}  vcpus=4 type=EPYC-v4 features=0x1 profile=qemu`));
});

test("--explain shows every step, with -v every page", async () => {
  const { out } = await greenlight(...BASE, "--explain");
  const lines = out.trimEnd().split("\n");
  assert.equal(lines.at(-1), EXPECTED);
  assert.ok(lines.every((line) => line.length <= 100));
  assert.match(out, /^ 1 firmware +NORMAL +0xffc00000-ffffffff +1024 9d0dd8be18c86e3f$/m);
  assert.match(out, /^10 VMSA of vCPUs 1-3 +VMSA +0xfffffffff000 +3 13a6ae9fbaa31c91$/m);
  const pages = (await greenlight(...BASE, "--explain", "-v")).out.match(
    / contents [0-9a-f]{12} /g,
  );
  assert.equal(pages?.length, 1024 + 9 + 3 + 1 + 1 + 1 + 31 + 1 + 4);
});

test("--json --explain -v has whole digests, each step starting where the last ended", async () => {
  const { out } = await greenlight(...BASE, "--json", "--explain", "-v");
  const { steps, pages, digests } = JSON.parse(out) as {
    steps: readonly { before: string; after: string; pages: number }[];
    pages: readonly { before: string; after: string }[];
    digests: readonly { digest: string }[];
  };
  assert.equal(digests[0]?.digest, EXPECTED);
  for (const chain of [steps, pages]) {
    assert.equal(chain[0]?.before, "0".repeat(96));
    chain.slice(1).forEach((link, i) => assert.equal(link.before, chain[i]?.after));
    assert.equal(chain.at(-1)?.after, EXPECTED);
  }
  assert.equal(
    pages.length,
    steps.reduce((sum, step) => sum + step.pages, 0),
  );
});

test("SEV and SEV-ES print digest and measurement, told apart", async () => {
  writeFileSync("tik.bin", new Uint8Array(16).fill(7));
  const session = ["--tik", "tik.bin", "--api-major", "1", "--api-minor", "55", "--build-id", "24"];
  const nonce = ["--policy", "0x5", "--nonce", "00".repeat(16)];
  const sev = ["measure", "--mode", "sev", "--ovmf", "OVMF.fd"];
  const { out } = await greenlight(...sev, ...session, ...nonce);
  assert.match(out, /^launch digest {8}3e4fd0b3fe3b2dbe/);
  const blob = /^LAUNCH_MEASURE blob {2}(\S+)$/m.exec(out)?.[1] ?? "";
  assert.equal(Buffer.from(blob, "base64").length, 48);
  assert.match(
    out,
    new RegExp(`launch measurement {3}${Buffer.from(blob, "base64").toString("hex").slice(0, 64)}`),
  );
  assert.doesNotMatch(out, /07070707/);
  assert.match(await refusal(...sev, ...session), /needs --policy/);
  assert.match(await refusal(...BASE, ...session, ...nonce), /--tik is for SEV and SEV-ES/);
});

test("--dump-vmsa writes what is measured", async () => {
  await digest(...BASE, "--dump-vmsa");
  const pages = [0, 1, 2, 3].map((i) => readFileSync(`vmsa${i}.bin`));
  assert.ok(pages.every((page) => page.length === 4096));
  assert.deepEqual(pages[1], pages[3]);
  assert.notDeepEqual(pages[0], pages[1]);
  assert.match(
    await refusal("measure", "--mode", "sev", "--ovmf", "OVMF.fd", "--dump-vmsa"),
    /no VMSA/,
  );
});

test("wrong input is refused with a reason and a hint, never a stack trace", async () => {
  writeFileSync("empty.fd", "");
  writeFileSync("tiny.fd", "tiny");
  writeFileSync("odd.fd", new Uint8Array(5000));
  writeFileSync("tdx.fd", fixtureFirmware("OVMF.inteltdx.ms-2026.08.fd"));
  writeFileSync("no-metadata.fd", fixtureFirmware("OVMF_CODE_4M.secboot-2022.11.fd"));
  const rest = ["--vcpus", "2", "--vcpu-type", "EPYC-v4"];
  const cases: readonly (readonly [RegExp, readonly string[]])[] = [
    [/no firmware is given/, ["measure", ...rest]],
    [/there is no such file/, ["measure", "--ovmf", "missing.fd", ...rest]],
    [/it is a directory/, ["measure", "--ovmf", ".", ...rest]],
    [/is empty/, ["measure", "--ovmf", "empty.fd", ...rest]],
    [/firmware\.size\.unaligned/, ["measure", "--ovmf", "tiny.fd", ...rest]],
    [/firmware\.size\.unaligned/, ["measure", "--ovmf", "odd.fd", ...rest]],
    [/firmware\.section\.empty/, ["measure", "--ovmf", "tdx.fd", ...rest]],
    [/firmware\.sev-metadata\.missing/, ["measure", "--ovmf", "no-metadata.fd", ...rest]],
    [
      /firmware\.hash-table\.unsupported/,
      ["measure", "--ovmf", "OVMF-old.fd", ...rest, "--kernel", "vmlinuz"],
    ],
    [/the number of vCPUs is not given/, ["measure", "--ovmf", "OVMF.fd", "--vcpu-type", "EPYC"]],
    [/--vcpus is "0"/, [...BASE, "--vcpus", "0"]],
    [/--vcpus is "-1"/, [...BASE, "--vcpus", "-1"]],
    [/--vcpus is "4097"/, [...BASE, "--vcpus", "4097"]],
    [/measures the CPU signature/, ["measure", "--ovmf", "OVMF.fd", "--vcpus", "2"]],
    [
      /no CPU model of QEMU/,
      ["measure", "--ovmf", "OVMF.fd", "--vcpus", "2", "--vcpu-type", "EPYK"],
    ],
    [
      /takes its signature from the host/,
      ["measure", "--ovmf", "OVMF.fd", "--vcpus", "2", "--vcpu-type", "host"],
    ],
    [
      /--vcpu-family, --vcpu-model and --vcpu-stepping belong together/,
      ["measure", "--ovmf", "OVMF.fd", "--vcpus", "2", "--vcpu-family", "23"],
    ],
    [/--vmm-type is "xen"/, [...BASE, "--vmm-type", "xen"]],
    [/no VMSA profile/, [...BASE, "--vmsa-profile", "nothing"]],
    [/is not one for mode snp/, [...BASE, "--vmsa-profile", "qemu-es-legacy"]],
    [/not the address of a page/, [...BASE, "--vmsa-gpa", "0x123"]],
    [/an initrd is given without a kernel/, [...BASE, "--initrd", "initrd.img"]],
    [/a command line is given without a kernel/, [...BASE, "--append", "quiet"]],
    [/--snp-ovmf-hash has 4 characters/, [...BASE, "--snp-ovmf-hash", "abcd"]],
    [/--kernel-hash is not 32 bytes/, [...BASE, "--kernel-hash", "abcd"]],
    [/are both given/, [...BASE, "--kernel", "vmlinuz", "--kernel-hash", "00".repeat(32)]],
    [/contains a NUL/, [...BASE, "--kernel", "vmlinuz", "--append", "a\0b"]],
    [/mode snp:svsm needs --svsm/, [...BASE, "--mode", "snp:svsm"]],
  ];
  for (const [reason, argv] of cases) assert.match(await refusal(...argv), reason);
});

test("an error is a JSON document too when JSON is asked for", async () => {
  const { code, out } = await greenlight("measure", "--ovmf", "missing.fd", "--json");
  assert.equal(code, 2);
  const { schema, error } = JSON.parse(out) as { schema: string; error: { code: string } };
  assert.equal(schema, "greenlight/error/v1");
  assert.equal(error.code, "unreadable-file");
});
