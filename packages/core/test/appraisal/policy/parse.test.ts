// SPDX-License-Identifier: Apache-2.0
// From the value of a file to a policy: what is taken, what is refused, and how that is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as z from "zod/mini";
import {
  DEFAULT_POLICY,
  POLICY_SCHEMA,
  PolicyError,
  parsePolicy,
} from "../../../src/appraisal/policy/index.ts";
import type { PolicyErrorCode } from "../../../src/appraisal/policy/index.ts";
import { digitsOf, policy } from "../support.ts";
import type { Patch } from "../support.ts";

function errorOf(value: unknown): PolicyError {
  try {
    parsePolicy(value);
  } catch (error) {
    assert.ok(error instanceof PolicyError, String(error));
    return error;
  }
  return assert.fail("it was taken");
}

const refused = (patch: Patch): PolicyError => errorOf({ schema: POLICY_SCHEMA, ...patch });

test("a file that only says its schema is the default policy, which parses to itself", () => {
  assert.deepEqual(parsePolicy({ schema: POLICY_SCHEMA }), DEFAULT_POLICY);
  assert.deepEqual(parsePolicy(DEFAULT_POLICY), DEFAULT_POLICY);
});

test("$schema, by which JSON files name their JSON Schema, is taken off", () => {
  const file = { $schema: "policy.schema.json", schema: POLICY_SCHEMA };
  assert.deepEqual(parsePolicy(file), DEFAULT_POLICY);
});

test("nothing is made into code: parsing works where that is forbidden", () => {
  assert.equal(z.config().jitless, true);
});

test("digits are taken in either case, with and without 0x, alone and in lists", () => {
  const digest = digitsOf(0xab, 48);
  for (const given of [digest, digest.toUpperCase(), `0x${digest}`, `0X${digest}`]) {
    for (const measurements of [given, [given], [{ value: given }]]) {
      assert.deepEqual(policy({ guest: { measurements } }).guest.measurements, [{ value: digest }]);
    }
  }
});

test("numbers may be text with 0x, bit sets also numbers", () => {
  assert.equal(policy({ guest: { svn: { minimum: "0x1000B" } } }).guest.svn.minimum, 0x1000b);
  const { mitigations } = policy({
    platform: { mitigations: { launch: 63, current: "0xFFFFFFFFFFFFFFFF" } },
  }).platform;
  assert.deepEqual(mitigations, { launch: "0x3f", current: "0xffffffffffffffff" });
});

test("what is no policy is told as such", () => {
  const rows: readonly (readonly [unknown, PolicyErrorCode])[] = [
    [undefined, "not-a-policy"],
    [null, "not-a-policy"],
    ["schema", "not-a-policy"],
    [[], "not-a-policy"],
    [{}, "unsupported-schema"],
    [{ schema: 1 }, "unsupported-schema"],
    [{ schema: "greenlight/policy/v2" }, "unsupported-schema"],
  ];
  for (const [value, code] of rows) {
    const error = errorOf(value);
    assert.equal(error.code, code);
    assert.ok(error.hint !== undefined);
  }
});

test("every mistake is refused with its place", () => {
  const digest = digitsOf(1, 48);
  const rows: readonly (readonly [
    patch: Patch,
    code: PolicyErrorCode,
    path: string,
    hint?: RegExp,
  ])[] = [
    [{ gest: {} }, "unknown-field", "gest", /did you mean guest/],
    [{ guest: { measurement: [] } }, "unknown-field", "guest.measurement", /measurements/],
    [{ guest: { policy: { Debug: 0 } } }, "unknown-field", "guest.policy.Debug", /debug/],
    [{ guest: { "id-block": {} } }, "unknown-field", "guest.id-block", /idBlock/],
    [{ platform: { tcb: { milan: {} } } }, "unknown-field", "platform.tcb.milan", /Milan/],
    [{ platform: { tcb: { Milan: { fmc: 1 } } } }, "unknown-field", "platform.tcb.Milan.fmc"],
    [{ platform: { tcb: { Milan: { snp: 256 } } } }, "bad-value", "platform.tcb.Milan.snp"],
    [{ platform: { tcb: { Milan: { snp: -1 } } } }, "bad-value", "platform.tcb.Milan.snp"],
    [{ platform: { tcb: { Milan: { snp: 1.5 } } } }, "wrong-type", "platform.tcb.Milan.snp"],
    [{ platform: { tcb: 5 } }, "wrong-type", "platform.tcb"],
    [{ guest: null }, "wrong-type", "guest"],
    [{ guest: [] }, "wrong-type", "guest"],
    [{ guest: { measurements: 123 } }, "wrong-type", "guest.measurements", /quotes/],
    [{ guest: { measurements: 10n ** 90n } }, "wrong-type", "guest.measurements", /quotes/],
    [{ guest: { measurements: digest.slice(1) } }, "bad-length", "guest.measurements"],
    [{ guest: { measurements: [digest, "zz"] } }, "bad-value", "guest.measurements.1"],
    [{ guest: { measurements: [] } }, "empty-list", "guest.measurements", /any/],
    [
      { guest: { measurements: [digest, `0x${digest}`] } },
      "duplicate-value",
      "guest.measurements.1",
    ],
    [
      { guest: { measurements: [{ value: digest, lable: "x" }] } },
      "unknown-field",
      "guest.measurements.0.lable",
      /label/,
    ],
    [{ guest: { measurements: [{ label: "x" }] } }, "wrong-type", "guest.measurements.0.value"],
    [{ guest: { policy: { debug: true } } }, "wrong-type", "guest.policy.debug", /write 1/],
    [{ guest: { policy: { debug: 2 } } }, "wrong-type", "guest.policy.debug"],
    [{ guest: { policy: { debug: "1" } } }, "wrong-type", "guest.policy.debug"],
    [{ guest: { policy: { minimumAbi: 1.5 } } }, "wrong-type", "guest.policy.minimumAbi", /quotes/],
    [{ guest: { policy: { minimumAbi: "1.256" } } }, "wrong-type", "guest.policy.minimumAbi"],
    [{ guest: { vmpl: [4] } }, "bad-value", "guest.vmpl.0"],
    [{ guest: { vmpl: 0 } }, "wrong-type", "guest.vmpl"],
    [{ guest: { binding: { kinds: ["nonce"] } } }, "bad-value", "guest.binding.kinds.0"],
    [{ evidence: { hostRequested: "deny" } }, "bad-value", "evidence.hostRequested"],
    [{ evidence: { hostRequested: "Allow" } }, "bad-value", "evidence.hostRequested", /allow/],
    [{ evidence: { reportVersions: [6] } }, "bad-value", "evidence.reportVersions.0"],
    [{ evidence: { productLines: ["Bergamo"] } }, "bad-value", "evidence.productLines.0"],
    [{ evidence: { revocation: { maxAge: 60 } } }, "wrong-type", "evidence.revocation.maxAge"],
    [{ evidence: { revocation: { maxAge: "0d" } } }, "wrong-type", "evidence.revocation.maxAge"],
    [{ evidence: { certificateTable: [{}] } }, "wrong-type", "evidence.certificateTable.0.guid"],
    [{ evidence: { cpus: [{ modl: 1, family: 2 }] } }, "unknown-field", "evidence.cpus.0.modl"],
    [
      { platform: { mitigations: { launch: 2 ** 60 } } },
      "wrong-type",
      "platform.mitigations.launch",
      /quotes/,
    ],
    [{ name: 5 }, "wrong-type", "name"],
    [{ name: "a\u001b[31mb" }, "bad-value", "name"],
    [
      { guest: { measurements: [{ value: digest, label: "\u202e" }] } },
      "bad-value",
      "guest.measurements.0.label",
    ],
    [{ name: "x".repeat(201) }, "too-large", "name"],
    [
      {
        evidence: {
          chips: { allow: [digitsOf(1, 8)], deny: [`${digitsOf(1, 8)}${"0".repeat(112)}`] },
        },
      },
      "contradiction",
      "evidence.chips.allow.0",
    ],
  ];
  for (const [patch, code, path, hint] of rows) {
    const error = refused(patch);
    const about = `${JSON.stringify(patch, (_, v: unknown) => (typeof v === "bigint" ? "big" : v))}: ${error.message}`;
    assert.equal(error.code, code, about);
    assert.equal(error.path.join("."), path, about);
    if (hint !== undefined) assert.match(error.hint ?? "", hint);
  }
});

test("what a file says cannot steer a terminal through its errors", () => {
  for (const patch of [
    { "\u001b[31m": 1 },
    { name: "\u001b[31m" },
    { guest: { vmpl: "\u009b" } },
  ]) {
    assert.match(refused(patch).message, /^[ -~]*$/);
  }
});

test("all mistakes are told, not only the first", () => {
  const { problems } = refused({
    guest: { measurements: ["00", 5], svn: { minimum: -1 } },
    platform: { tcb: { Milan: { snp: 999, tee: "x" } } },
    evidnce: {},
  });
  const paths = problems.map(({ path }) => path.join(".")).toSorted();
  assert.deepEqual(paths, [
    "evidnce",
    "guest.measurements.0",
    "guest.svn.minimum",
    "platform.tcb.Milan.snp",
    "platform.tcb.Milan.tee",
  ]);
});

test("names that objects have of themselves are unknown fields like others", () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    const file: unknown = JSON.parse(`{"schema":"${POLICY_SCHEMA}","guest":{"${name}":{}}}`);
    assert.equal(errorOf(file).code, "unknown-field", name);
    const root: unknown = JSON.parse(`{"schema":"${POLICY_SCHEMA}","${name}":{}}`);
    assert.equal(errorOf(root).code, "unknown-field", name);
  }
});

test("any value whatever is a policy or a PolicyError", () => {
  const taken = (value: unknown): void => {
    try {
      const parsed = parsePolicy(value);
      assert.deepEqual(parsePolicy(parsed), parsed, "a policy parses to itself");
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
    }
  };
  const section = fc.dictionary(
    fc.constantFrom("measurements", "policy", "vmpl", "svn", "tcb", "info", "chips", "cpus", "x"),
    fc.anything({ withBigInt: true }),
  );
  fc.assert(fc.property(fc.anything(), taken));
  fc.assert(
    fc.property(section, section, section, (evidence, platform, guest) =>
      taken({ schema: POLICY_SCHEMA, evidence, platform, guest }),
    ),
  );
});
