// SPDX-License-Identifier: Apache-2.0
// A policy in sentences, and single fields set from text.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEFAULT_POLICY,
  PolicyError,
  applyOverride,
  explainPolicy,
  fieldValue,
  policyFields,
} from "../../../src/appraisal/policy/index.ts";
import { digitsOf, policy } from "../support.ts";

test("there is a sentence for every field, and every field has a meaning", () => {
  const sentences = explainPolicy(DEFAULT_POLICY);
  const fields = policyFields();
  assert.deepEqual(
    sentences.map(({ field }) => field),
    fields.map(({ path }) => path.join(".")),
  );
  for (const { sentence } of sentences) assert.match(sentence, /^[A-Z].*\.$/);
  for (const { meaning } of fields) assert.match(meaning, /^[A-Z].*\.$/);
  assert.equal(new Set(sentences.map(({ sentence }) => sentence)).size, sentences.length);
});

test("what is gravely open is told, and no more so once it is demanded", () => {
  const graveOf = (given: typeof DEFAULT_POLICY): readonly string[] =>
    explainPolicy(given).flatMap(({ field, grave }) => (grave ? [field] : []));
  assert.deepEqual(graveOf(DEFAULT_POLICY), [
    "platform.tcb",
    "guest.measurements",
    "guest.binding.mode",
  ]);
  const strict = policy({
    platform: { tcb: { Genoa: { snp: 25 } } },
    guest: { measurements: [digitsOf(1, 48)], binding: { mode: "required" } },
  });
  assert.deepEqual(graveOf(strict), []);
  const lax = policy({
    evidence: { hostRequested: "allow", revocation: { mode: "off" } },
    guest: { policy: { debug: "any", migrateMa: "any" }, vmpl: "any" },
  });
  for (const field of ["evidence.hostRequested", "guest.policy.debug", "guest.vmpl"]) {
    assert.ok(graveOf(lax).includes(field), field);
  }
});

test("a warning is no demand, and is told as a warning", () => {
  const of = (given: typeof DEFAULT_POLICY) =>
    explainPolicy(given).find(({ field }) => field === "platform.firmware.provisional")!;
  assert.equal(of(DEFAULT_POLICY).demanded, false);
  assert.match(of(DEFAULT_POLICY).sentence, /with a warning/);
  assert.equal(of(policy({ platform: { firmware: { provisional: "refuse" } } })).demanded, true);
});

test("overrides: numbers, words, lists, digits and versions", () => {
  const rows: readonly (readonly [text: string, path: string, value: unknown])[] = [
    ["guest.svn.minimum=4", "guest.svn.minimum", 4],
    ["guest.svn.minimum = 0x10", "guest.svn.minimum", 16],
    ["guest.vmpl=any", "guest.vmpl", "any"],
    ["guest.vmpl=[0, 1]", "guest.vmpl", [0, 1]],
    ["evidence.productLines=[Genoa, Turin]", "evidence.productLines", ["Genoa", "Turin"]],
    ["platform.firmware.minimumVersion=1.50", "platform.firmware.minimumVersion", "1.50"],
    ["guest.idBlock.required=true", "guest.idBlock.required", true],
    ["platform.tcb.Milan.snp=24", "platform.tcb.Milan.snp", 24],
    ['platform.tcb={"Turin":{"fmc":1}}', "platform.tcb.Turin.fmc", 1],
    ["guest.policy.debug=any", "guest.policy.debug", "any"],
    ["evidence.csp.allow=[CN=a.b,CN=c]", "evidence.csp.allow", ["CN=a.b", "CN=c"]],
    [`guest.measurements=[${"1".repeat(96)}]`, "guest.measurements", [{ value: "1".repeat(96) }]],
    [
      `guest.measurements=[${"1".repeat(96)},${digitsOf(2, 48)}]`,
      "guest.measurements",
      [{ value: "1".repeat(96) }, { value: digitsOf(2, 48) }],
    ],
  ];
  for (const [text, path, value] of rows) {
    assert.deepEqual(fieldValue(applyOverride(DEFAULT_POLICY, text), path.split(".")), value, text);
  }
});

test("overrides change one field and nothing else, and not the policy they are given", () => {
  const before = structuredClone(DEFAULT_POLICY);
  const after = applyOverride(DEFAULT_POLICY, "guest.svn.minimum=4");
  assert.deepEqual(DEFAULT_POLICY, before);
  assert.deepEqual(after, { ...before, guest: { ...before.guest, svn: { minimum: 4 } } });
});

test("overrides that are none, or set what is not there, are refused", () => {
  for (const text of [
    "",
    "guest",
    "=4",
    "guest..svn=4",
    "guest.svn.minimm=4",
    "guest.svn=4",
    "guest.svn.minimum.x=4",
    "guest.measurements[0]=aa",
    "guest.vmpl=[]",
    "__proto__.x=1",
    "constructor=1",
    "schema=other",
    `${"a.".repeat(20)}a=1`,
  ]) {
    assert.throws(() => applyOverride(DEFAULT_POLICY, text), PolicyError, text);
  }
  assert.equal(Reflect.get({}, "x"), undefined);
});
