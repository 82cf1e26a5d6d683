// SPDX-License-Identifier: Apache-2.0
// `greenlight policy` as a person or a script runs it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { policyId } from "@greenlight/core/attestation-result";
import { DEFAULT_POLICY, explainPolicy, parsePolicy, policyFields } from "@greenlight/core/policy";
import type { Policy } from "@greenlight/core/policy";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import { loadPolicy, readPolicyFile } from "../../src/input/policy-file.ts";
import { greenlight } from "../support/capture.ts";
import type { Captured } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
});
after(() => folder.remove());

const run = (...argv: readonly string[]): Promise<Captured> => greenlight("policy", ...argv);

/** What a command that succeeds prints. */
async function done(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await run(...argv);
  assert.equal(code, 0, err + out);
  return out;
}

async function policyIn(path: string): Promise<Policy> {
  const file = await readPolicyFile(path);
  assert.ok("policy" in file, JSON.stringify(file));
  return file.policy;
}

test("init: a commented file that is the default policy", async () => {
  const out = await done("init");
  assertTidy(out);
  writeFileSync("plain.yaml", out);
  assert.deepEqual(await policyIn("plain.yaml"), { ...DEFAULT_POLICY, name: "my-guest" });
  for (const { path } of policyFields()) {
    assert.match(out, new RegExp(`^ +(# )?${path.at(-1)}:`, "m"), path.join("."));
  }
});

test("show: the policy that is appraised by, as JSON that is the same policy again", async () => {
  assert.deepEqual(JSON.parse(await done("show")), DEFAULT_POLICY);
  const text = await done("show", "policy.yaml", "--set", "guest.vmpl=[1, 2]");
  writeFileSync("shown.json", text);
  const shown = await policyIn("shown.json");
  assert.deepEqual(shown.guest.vmpl, [1, 2]);
  assert.deepEqual(JSON.parse(text), shown);
});

test("init: every commented-out line, uncommented, leaves the policy as it is", async () => {
  const out = await done("init");
  const fields = new Set(policyFields().map(({ path }) => path.at(-1)));
  const uncommented = out.replaceAll(/^( +)# (\w+)(: \S.*)$/gm, (line, indent, name, rest) =>
    fields.has(String(name)) && !/[a-z]{3,} [a-z]/.test(String(rest))
      ? `${indent}${name}${rest}`
      : line,
  );
  assert.notEqual(uncommented, out);
  writeFileSync("uncommented.yaml", uncommented);
  assert.deepEqual(await policyIn("uncommented.yaml"), { ...DEFAULT_POLICY, name: "my-guest" });
});

test("init --out writes a file, and never over another", async () => {
  assert.equal(await done("init", "--out", "new.yaml", "--name", "web 1.2"), "wrote new.yaml\n");
  assert.equal((await policyIn("new.yaml")).name, "web 1.2");
  const again = await run("init", "--out", "new.yaml");
  assert.equal(again.code, 2);
  assert.match(again.err, /"new\.yaml" exists/);
  await done("init", "--out", "new.yaml", "--force");
});

/** A report with its certificate table, of a hierarchy of our own. */
function extended(line: "Genoa" | "Turin", measurement: number, microcode: number): Uint8Array {
  const usual = { tee: 0, snp: 25, microcode };
  const tcb = line === "Turin" ? { fmc: 1, bootloader: 1, ...usual } : { bootloader: 10, ...usual };
  const vcek = createHierarchy({ line }).vcek({ tcb });
  return vcek.report(undefined, {
    measurement: new Uint8Array(48).fill(measurement),
    idKeyDigest: new Uint8Array(48).fill(7),
    guestSvn: measurement,
    policy: 0x20000n,
  });
}

test("init --from: what reports have in common is demanded, and they satisfy it", async () => {
  writeFileSync("one.bin", extended("Genoa", 5, 84));
  writeFileSync("two.bin", extended("Genoa", 4, 90));
  writeFileSync("three.b64", Buffer.from(extended("Turin", 5, 81)).toString("base64"));
  const out = await done("init", "--from", "one.bin", "--from", "two.bin", "three.b64");
  assertTidy(out);
  writeFileSync("filled.yaml", out);
  const { evidence, platform, guest } = await policyIn("filled.yaml");
  assert.deepEqual(evidence.productLines, ["Genoa", "Turin"]);
  assert.deepEqual(evidence.signingKeys, ["VCEK"]);
  assert.equal(evidence.chips.allow.length, 2);
  assert.deepEqual(platform.tcb, {
    Genoa: { bootloader: 10, tee: 0, snp: 25, microcode: 84 },
    Turin: { fmc: 1, bootloader: 1, tee: 0, snp: 25, microcode: 81 },
  });
  assert.deepEqual(guest.measurements, [
    { value: "05".repeat(48), label: "one" },
    { value: "04".repeat(48), label: "two" },
  ]);
  assert.deepEqual(guest.idBlock.idKeys, [{ value: "07".repeat(48), label: "one" }]);
  assert.equal(guest.svn.minimum, 4);
  assert.equal(guest.policy.smt, 0);
  assert.match(out, /not verified/);
});

test("init --from: a report of version 2 takes its line from its VCEK; debugging is not let in", async () => {
  const bare = await run("init", "--from", "report.bin");
  assert.equal(bare.code, 0);
  assert.match(bare.err, /note: report: its product line is not known/);
  const vcek = createHierarchy({ line: "Milan" }).vcek();
  writeFileSync("debug.bin", vcek.report(3, { policy: 0xf0000n }));
  const { out, err } = await run("init", "debug.bin");
  assert.match(err, /can be debugged/);
  assert.match(err, /can be migrated/);
  writeFileSync("debug.yaml", out);
  const { guest } = await policyIn("debug.yaml");
  assert.deepEqual([guest.policy.debug, guest.policy.migrateMa], [0, 0]);
});

test("init --from: what is no evidence is an error with its name", async () => {
  const { code, out, err } = await run("init", "--from", "OVMF.fd");
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /OVMF\.fd/);
  assert.doesNotMatch(err, /internal error/);
});

const BROKEN = `schema: greenlight/policy/v1
guest:
  measurements:
    - 1234567890
  polcy: {}
  policy:
    debug: yes
`;

test("check: every mistake with line, column, path and hint", async () => {
  writeFileSync("good.yaml", "schema: greenlight/policy/v1\nname: good\n");
  writeFileSync("broken.yaml", BROKEN);
  const fine = await run("check", "good.yaml");
  assert.deepEqual([fine.code, fine.out], [0, "good.yaml: can be used (good)\n"]);
  const { code, out } = await run("check", "good.yaml", "broken.yaml");
  assert.equal(code, 2);
  assert.match(
    out,
    /^broken\.yaml:4:7: guest\.measurements\[0\] is a number.+\n {2}hint: .*quotes/m,
  );
  assert.match(
    out,
    /^broken\.yaml:5:3: guest\.polcy is not known\n {2}hint: did you mean policy\?$/m,
  );
  assert.match(out, /^broken\.yaml:7:12: guest\.policy\.debug is the text "yes"/m);
  const json = await run("check", "--json", "good.yaml", "broken.yaml");
  assert.equal(json.code, 2);
  const { schema, files } = JSON.parse(json.out) as {
    readonly schema: string;
    readonly files: readonly { readonly ok: boolean; readonly problems: readonly object[] }[];
  };
  assert.equal(schema, "greenlight/policy-check/v1");
  assert.deepEqual(
    files.map(({ ok, problems }) => [ok, problems.length]),
    [
      [true, 0],
      [false, 3],
    ],
  );
  assert.deepEqual(files[1]!.problems[1], {
    code: "unknown-field",
    field: "guest.polcy",
    line: 5,
    column: 3,
    message: "guest.polcy is not known",
    hint: "did you mean policy?",
  });
});

test("check: text that is no YAML, or is meant to do harm, is refused at once", async () => {
  const lines = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join("\n");
  const rows: readonly (readonly [text: string, message: RegExp])[] = [
    ["a: [", /flow/i],
    ["a: 1\na: 2", /unique/],
    ["a: 1\n---\nb: 2", /multiple documents/],
    ["a:\n\tb: 1", /Tabs/],
    ["[1]: 2", /strings/],
    ["a: !foo x", /tag/],
    ["", /must be a mapping/],
    ["- a", /must be a mapping/],
    ["a: 1", /does not say its schema/],
    ["schema: greenlight/policy/v9", /must be greenlight\/policy\/v1/],
    ["[".repeat(100_000), /nested too deep/],
    ["- ".repeat(100_000), /nested too deep/],
    [lines(500, (i) => `${" ".repeat(i)}a:`), /nested too deep/],
    [lines(9, (i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(i === 0 ? 0 : 9)}x]`), /alias/],
    [lines(2000, (i) => `a${i}: &a${i} x`), /more anchors/],
    ["\u0000\u0001\u00ff", /./],
  ];
  for (const [text, message] of rows) {
    writeFileSync("harm.yaml", text);
    const { code, out, err } = await run("check", "harm.yaml");
    assert.equal(code, 2, text.slice(0, 40));
    assert.match(out, message);
    assert.equal(err, "");
  }
  writeFileSync("large.yaml", Buffer.alloc(3_000_000, 0x61));
  assert.match((await run("check", "large.yaml")).err, /larger than/);
  assert.match((await run("check", "absent.yaml")).err, /there is no such file/);
});

test("explain: what is not demanded is told first, every demand in a sentence", async () => {
  const out = await done("explain", "policy.yaml");
  assertTidy(out);
  const loud = out.indexOf("IT DOES NOT DEMAND");
  assert.ok(loud > 0 && loud < out.indexOf("It demands:"));
  const words = out.replaceAll(/\s+/g, " ");
  for (const { sentence, field } of explainPolicy(DEFAULT_POLICY)) {
    assert.ok(words.includes(sentence), sentence);
    assert.ok(out.includes(`[${field}]`), field);
  }
  const byDefault = await done("explain");
  assert.match(byDefault, /^Policy default\n/);
});

test("explain --json: sentences, the whole policy and its id", async () => {
  const { schema, id, policy, sentences } = JSON.parse(
    await done("explain", "--json", "--set", "guest.svn.minimum=4"),
  ) as Readonly<Record<string, unknown>>;
  assert.equal(schema, "greenlight/policy-explain/v1");
  const expected = await loadPolicy(undefined, ["guest.svn.minimum=4"]);
  assert.deepEqual(parsePolicy(policy), expected);
  assert.equal(id, policyId(expected));
  assert.equal((sentences as readonly unknown[]).length, policyFields().length);
});

test("explain: a policy that cannot be used is an error with its place", async () => {
  writeFileSync("broken.yaml", BROKEN);
  const { code, err } = await run("explain", "broken.yaml");
  assert.equal(code, 2);
  assert.match(
    err,
    /error: broken\.yaml:4:7: .*\(and 2 more: greenlight policy check\)\n {2}hint:/,
  );
  const set = await run("explain", "--set", "guest.svn.minimm=4");
  assert.equal(set.code, 2);
  assert.match(set.err, /guest\.svn\.minimm: is not known\n {2}hint: did you mean minimum/);
});

test("schema: the published JSON Schema", async () => {
  const file = new URL("../../../../docs/reference/policy.schema.json", import.meta.url);
  assert.equal(await done("schema"), readFileSync(file, "utf8"));
});

test("the policy in the documentation can be used", async () => {
  const page = readFileSync(new URL("../../../../docs/policy.md", import.meta.url), "utf8");
  const [, yaml = ""] = /^```yaml\n(.*?)^```$/ms.exec(page) ?? [];
  writeFileSync("documented.yaml", yaml);
  const { guest } = await policyIn("documented.yaml");
  assert.equal(guest.binding.mode, "required");
});

test("init: a name that a policy cannot have is an error", async () => {
  for (const name of ["x".repeat(201), "a\u001b[31mb"]) {
    const { code, err } = await run("init", "--name", name);
    assert.equal(code, 2);
    assert.match(err, /error: name: /);
  }
});

test("check: what a broken file says cannot steer a terminal", async () => {
  for (const text of ['"\u001b[31m": [', "a: !\u001b[31m x", "\u001b[31m: 1", "a: \u001b[31m]"]) {
    writeFileSync("escape.yaml", text);
    const { code, out } = await run("check", "escape.yaml");
    assert.equal(code, 2);
    assert.match(out, /^[ -~\n]*$/);
  }
});

test("JSON files are policies too", async () => {
  writeFileSync("policy.json", JSON.stringify(DEFAULT_POLICY));
  assert.deepEqual(await policyIn("policy.json"), DEFAULT_POLICY);
});

test("aliases are followed, and places behind them are told", async () => {
  writeFileSync(
    "alias.yaml",
    `schema: greenlight/policy/v1\nguest:\n  idBlock: { idKeys: &keys ["${"ab".repeat(48)}", xx] }\n  measurements: *keys\n`,
  );
  const file = await readPolicyFile("alias.yaml");
  assert.ok("problems" in file);
  for (const { line } of file.problems) assert.equal(line, 3);
});
