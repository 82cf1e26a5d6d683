// SPDX-License-Identifier: Apache-2.0
// The JSON Schema that editors use agrees with what parsing takes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  DEFAULT_POLICY,
  policyFields,
  policyJsonSchema,
} from "../../../src/appraisal/policy/index.ts";
import { digitsOf, policy } from "../support.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Keywords that this validator knows; one that it does not know must not go unnoticed. */
const KNOWN = new Set(
  (
    "$schema title description default type properties required additionalProperties items anyOf " +
    "enum const minimum maximum pattern minItems uniqueItems maxLength format"
  ).split(" "),
);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
};

/** As much of JSON Schema as our own uses. Gives the first place that is wrong. */
function problem(schema: Schema, value: unknown, path = ""): string | undefined {
  for (const keyword of Object.keys(schema)) assert.ok(KNOWN.has(keyword), keyword);
  const s = schema as Record<string, never>;
  const wrong = (what: string): string => `${path}: ${what}`;
  if (s["type"] !== undefined && !TYPES[s["type"]]!(value)) return wrong(`no ${String(s["type"])}`);
  if (s["const"] !== undefined && value !== s["const"]) return wrong("const");
  if (s["enum"] !== undefined && !(s["enum"] as unknown[]).includes(value)) return wrong("enum");
  if (s["anyOf"] !== undefined) {
    const each = (s["anyOf"] as Schema[]).map((option) => problem(option, value, path));
    if (!each.includes(undefined)) return each[0];
  }
  if (typeof value === "number") {
    if (s["minimum"] !== undefined && value < s["minimum"]) return wrong("minimum");
    if (s["maximum"] !== undefined && value > s["maximum"]) return wrong("maximum");
  }
  if (typeof value === "string") {
    if (s["pattern"] !== undefined && !new RegExp(s["pattern"], "u").test(value)) {
      return wrong("pattern");
    }
    if (s["maxLength"] !== undefined && value.length > s["maxLength"]) return wrong("maxLength");
  }
  if (Array.isArray(value)) {
    if (s["minItems"] !== undefined && value.length < s["minItems"]) return wrong("minItems");
    if (s["uniqueItems"] === true && new Set(value).size < value.length)
      return wrong("uniqueItems");
    for (const [index, item] of value.entries()) {
      const found = problem(s["items"] ?? {}, item, `${path}[${index}]`);
      if (found !== undefined) return found;
    }
  } else if (typeof value === "object" && value !== null) {
    const properties = (s["properties"] ?? {}) as Record<string, Schema>;
    for (const name of (s["required"] ?? []) as string[]) {
      if (!(name in value)) return wrong(`${name} is missing`);
    }
    for (const [name, member] of Object.entries(value)) {
      if (properties[name] === undefined && s["additionalProperties"] === false) {
        return wrong(`${name} is not known`);
      }
      const found = problem(properties[name] ?? {}, member, `${path}.${name}`);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const schema = policyJsonSchema();
const check = (value: unknown): string | undefined => problem(schema, value);

test("it takes the default policy and others that parsing takes", () => {
  assert.equal(check(DEFAULT_POLICY), undefined);
  assert.equal(check({ schema: DEFAULT_POLICY.schema }), undefined);
  assert.equal(check({ $schema: "x.json", schema: DEFAULT_POLICY.schema }), undefined);
  const full = {
    name: "all",
    evidence: {
      cpus: [{ family: 0x19, stepping: "0x1" }],
      chips: { allow: digitsOf(1, 8), deny: [{ value: digitsOf(2, 64), label: "x" }] },
      csp: { allow: ["CN=x"] },
      revocation: { mode: "required", maxAge: "60d" },
      certificateTable: [{ guid: "00112233-4455-6677-8899-aabbccddeeff", sha256: digitsOf(1, 32) }],
    },
    platform: {
      firmware: { minimumVersion: "1.55", minimumBuild: 21 },
      tcb: { Milan: { snp: 24 }, Turin: { fmc: 1 } },
      mitigations: { launch: "0xFF", current: 3 },
      info: { ecc: 1 },
    },
    guest: {
      measurements: [`0x${digitsOf(1, 48).toUpperCase()}`, { value: digitsOf(2, 48), label: "b" }],
      reportIdMa: "none",
      vmpl: [0, 1],
      svn: { minimum: "12" },
    },
  };
  assert.equal(check({ schema: DEFAULT_POLICY.schema, ...full }), undefined);
  assert.equal(check(policy(full)), undefined);
});

test("it refuses what parsing refuses", () => {
  for (const patch of [
    { gest: {} },
    { guest: { measurements: [] } },
    { guest: { measurements: 5 } },
    { guest: { measurements: "00" } },
    { guest: { policy: { debug: true } } },
    { guest: { policy: { minimumAbi: 1.5 } } },
    { guest: { vmpl: [4] } },
    { platform: { tcb: { Milan: { fmc: 1 } } } },
    { evidence: { hostRequested: "no" } },
    { schema: "other" },
  ]) {
    const value = { schema: DEFAULT_POLICY.schema, ...patch };
    assert.notEqual(check(value), undefined, JSON.stringify(patch));
  }
  assert.notEqual(check({}), undefined);
});

test("every field is described there, with its default", () => {
  for (const { path, meaning, fallback } of policyFields()) {
    let at: Schema = schema;
    for (const name of path) at = (at["properties"] as Record<string, Schema>)[name]!;
    assert.equal(at["description"], meaning);
    assert.deepEqual(at["default"], fallback);
  }
});

test("it is the published file", () => {
  const file = new URL("../../../../../docs/reference/policy.schema.json", import.meta.url);
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), JSON.parse(JSON.stringify(schema)));
});
