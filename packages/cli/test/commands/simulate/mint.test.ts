// SPDX-License-Identifier: Apache-2.0
// What is minted: accepted under the simulator's root that lies beside it, refused without it, and with
// a fault refused for that very reason.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { decodeReport, decodeSignerInfo } from "@greenlight/core/evidence";
import { greenlight } from "../../support/capture.ts";
import { shellWords } from "../../support/folder.ts";
import { enterTemporaryFolder } from "../../support/temporary.ts";

let leave: () => void;
before(() => {
  leave = enterTemporaryFolder();
});
after(() => leave());

interface Answer {
  readonly files: readonly { readonly path: string }[];
  readonly verify: readonly string[];
}

/** Mints into a folder. */
async function mint(folder: string, ...options: readonly string[]): Promise<Answer> {
  const { code, out, err } = await greenlight("simulate", "mint", folder, ...options, "--json");
  assert.equal(code, 0, err);
  return JSON.parse(out) as Answer;
}

/** Runs a command line that `mint` told. */
async function told(line: string, ...more: readonly string[]) {
  const [program, ...words] = shellWords(line);
  assert.equal(program, "greenlight");
  return greenlight(...words, ...more);
}

/** Finding ids that failed, of a line of `verify --json`. */
async function failures(line: string): Promise<readonly string[]> {
  const { out } = await told(line, "--json");
  const ids = [...out.matchAll(/"id": "([^"]+)",\s+"outcome": "fail"/g)].map(([, id]) => id ?? "");
  return ids;
}

const withoutRoot = (line: string): string => line.replace(/ --simulator-root \S+/, "");

describe("everything minted is accepted with the simulator's root and refused without", () => {
  for (const line of ["Naples", "Rome", "Milan", "Genoa", "Turin"]) {
    test(line, async () => {
      const { verify } = await mint(`all-${line}`, "--line", line);
      assert.equal(verify.length, line === "Naples" || line === "Rome" ? 1 : 2);
      for (const each of verify) {
        const { code, err, out } = await told(each, "-q");
        assert.equal(code, 0, `${each}\n${err}${out}`);
        assert.equal((await told(withoutRoot(each), "-q")).code, 1, each);
      }
    });
  }

  for (const version of ["2", "3", "4", "5"]) {
    test(`report version ${version}, VCEK and VLEK`, async () => {
      for (const line of ["Milan", "Turin"]) {
        for (const key of [[], ["--vlek"]]) {
          const folder = `v${version}-${line}-${key.length}`;
          const options = ["--line", line, "--only", "snp", "--report-version", version, ...key];
          const [verify = ""] = (await mint(folder, ...options)).verify;
          assert.equal((await told(verify, "-q")).code, 0, verify);
          assert.equal((await told(withoutRoot(verify), "-q")).code, 1);
          const { signerInfo } = decodeReport(readFileSync(`${folder}/report.bin`));
          const expected = key.length === 0 ? "VCEK" : "VLEK";
          assert.equal(decodeSignerInfo(signerInfo).signingKey, expected);
        }
      }
    });
  }

  test("forged names of AMD's help nothing", async () => {
    const { verify } = await mint("forged", "--forge-amd-names");
    for (const each of verify) assert.equal((await told(withoutRoot(each), "-q")).code, 1, each);
  });
});

test("the report says what was asked for", async () => {
  const measurement = "ab".repeat(48);
  const { verify } = await mint(
    "asked",
    "--only",
    "snp",
    "-r",
    "4f2c9a",
    "--measurement",
    measurement,
    "--vmpl",
    "2",
    "--host-data",
    "11".repeat(32),
    "--policy",
    "0xb0000",
  );
  const report = decodeReport(readFileSync("asked/report.bin"));
  assert.equal(Buffer.from(report.measurement).toString("hex"), measurement);
  assert.equal(Buffer.from(report.reportData.subarray(0, 4)).toString("hex"), "4f2c9a00");
  assert.equal(Buffer.from(report.hostData).toString("hex"), "11".repeat(32));
  assert.equal(report.vmpl, 2);
  assert.equal(report.policy, 0xb0000n);
  const [line = ""] = verify;
  const wanted = ["--measurement", measurement, "--set", "guest.policy.debug=any"];
  assert.equal((await told(line, ...wanted, "-q")).code, 0);
  assert.equal((await told(line, "-q")).code, 1, "a guest that can be debugged");
});

test("a masked chip id is zero, and refused", async () => {
  const [line = ""] = (await mint("masked", "--only", "snp", "--mask-chip-id")).verify;
  const { chipId } = decodeReport(readFileSync("masked/report.bin"));
  assert.deepEqual(Buffer.from(chipId), Buffer.alloc(64));
  assert.equal((await told(line, "-q")).code, 1);
});

describe("faults are refused for what they are", () => {
  const rows = [
    ["snp.report=flipped-bit", "snp", "snp.report.signature"],
    ["snp.report=other-key", "snp", "snp.report.signature"],
    ["snp.report=other-chip", "snp", "snp.vek.hwid-mismatch"],
    ["snp.policy=debug-allowed", "snp", "snp.guest-policy.debug"],
    ["chain=flipped-bit", "sev", "sev.pek.cek-signature"],
    ["pdh=other", "sev", undefined],
    ["pdh=unsigned", "sev", "sev.pdh.pek-signature"],
    ["attestation=other-key", "sev", "sev.report.signature"],
  ] as const;
  for (const [fault, only, id] of rows) {
    test(fault, async () => {
      const [line = ""] = (await mint(`fault-${fault}`, "--only", only, "--fault", fault)).verify;
      const failed = await failures(line);
      if (id === undefined) assert.deepEqual(failed, []);
      else
        assert.ok(
          failed.some((each) => each.startsWith(id)),
          `${fault}: ${failed.join()}`,
        );
    });
  }
});

test("the same randomness gives the same files", async () => {
  const names = ["report.bin", "evidence.json", "pdh.cert", "pek.cert", "attestation.bin"];
  const [a, b, c] = await Promise.all(
    [
      ["one", "x"],
      ["two", "x"],
      ["three", "y"],
    ].map(async ([folder = "", text = ""]) => {
      await mint(folder, "--random", text);
      return names.map((name) => readFileSync(`${folder}/${name}`).toString("hex"));
    }),
  );
  assert.deepEqual(a, b);
  for (const [i, name] of names.entries()) assert.notEqual(a?.[i], c?.[i], name);
});

test("nothing that is minted is a private key, and nothing is overwritten", async () => {
  await mint("kept");
  for (const name of readdirSync("kept")) {
    assert.doesNotMatch(readFileSync(`kept/${name}`, "latin1"), /PRIVATE KEY/, name);
  }
  const again = await greenlight("simulate", "mint", "kept");
  assert.equal(again.code, 2);
  assert.match(again.err, /exists/);
  assert.equal((await greenlight("simulate", "mint", "kept", "--force")).code, 0);
});

test("options that cannot be", async () => {
  const wrong = [
    [["--line", "Rome", "--only", "snp"], /no SEV-SNP/],
    [["--line", "Venice"], /--line/],
    [["--api", "1.55"], /MAJOR\.MINOR\.BUILD/],
    [["--api", "1.55.256"], /at most 255/],
    [["--fault", "snp.report=none"], /there is no fault/],
    [["--fault", "pdh=other", "--fault", "pdh=unsigned"], /two faults of pdh/],
    [["--policy", "0"], /POLICY_FAILURE.*bit 17/],
    [["--sev-policy", "4", "--no-es"], /the platform refused/],
    [["--mnonce", "00"], /--mnonce/],
    [["--measurement", "ab".repeat(48), "--fault", "snp.report=other-key"], /leave one/],
    [["--folder", "nowhere"], /no simulated platform/],
  ] as const;
  for (const [options, message] of wrong) {
    const { code, err } = await greenlight("simulate", "mint", "wrong", ...options);
    assert.equal(code, 2, options.join(" "));
    assert.match(err, message);
    assert.doesNotMatch(err, /internal error|at file:/);
  }
});
