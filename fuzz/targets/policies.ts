// SPDX-License-Identifier: Apache-2.0
// Targets of policies: files as text, single fields set from text, and reports judged by them.

import { appraise } from "../../packages/core/src/appraisal/index.ts";
import {
  DEFAULT_POLICY,
  PolicyError,
  applyOverride,
  explainPolicy,
  parsePolicy,
} from "../../packages/core/src/appraisal/policy/index.ts";
import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { decodeReport } from "../../packages/core/src/evidence/index.ts";
import { readDocument } from "../../packages/cli/src/input/document.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, shifted, textOf } from "./support.ts";

const expected = declared(PolicyError, LayoutError);

const FILE = `schema: greenlight/policy/v1
name: web
evidence:
  chips: { allow: any, deny: ["${"ab".repeat(8)}"], masked: warn }
  revocation: { mode: required, maxAge: 60d }
platform:
  firmware: { minimumVersion: "1.55", minimumBuild: 21 }
  tcb: { Turin: { fmc: 1, snp: 4 } }
  mitigations: { launch: 0x3f }
guest:
  measurements:
    - { value: "${"cd".repeat(48)}", label: web 1.2 }
  policy: { debug: 0, smt: any }
  vmpl: [0, 1]
`;

/** Some of it as JSON. */
const VALUE = JSON.stringify({
  schema: "greenlight/policy/v1",
  evidence: { cpus: [{ family: 25 }], chips: { allow: "ab".repeat(8) }, csp: { allow: ["CN=x"] } },
  platform: { tcb: { Turin: { fmc: 1 } }, mitigations: { launch: "0x3f", current: 1 } },
  guest: { measurements: [{ value: "cd".repeat(48), label: "web" }], vmpl: [0, 1] },
});

/** A report of version 5 whose bytes follow no rule but the layout. */
function report(): Uint8Array {
  const bytes = new Uint8Array(1184).fill(0x11, 4, 0x48);
  bytes.set([5]);
  bytes.fill(0x22, 0x50, 0x188);
  bytes.set([0x19, 0x11, 1], 0x188);
  return bytes;
}

export const targets: readonly Target[] = [
  {
    // The same without YAML, whose parser takes most of the time of the next one.
    name: "policy-value",
    text: true,
    seeds: () => [JSON.stringify(DEFAULT_POLICY), VALUE].map(bytesOf),
    dictionary: ['"any"', '"refuse"', '"measurements":', '"value":', '"__proto__":', "null"].map(
      bytesOf,
    ),
    maxLength: 4096,
    expected: (error) => error instanceof SyntaxError || expected(error),
    run(data) {
      const policy = parsePolicy(JSON.parse(textOf(data)));
      check(parsePolicy(policy).name === policy.name, "a policy parses to itself");
    },
  },
  {
    name: "policy-file",
    text: true,
    seeds: () => [FILE, "schema: greenlight/policy/v1\n"].map(bytesOf),
    dictionary: ["any", "refuse", "measurements", "&a ", "*a", "<<: ", "!!", "0x", "null"].map(
      bytesOf,
    ),
    maxLength: 1024,
    expected,
    run(data) {
      const document = readDocument(textOf(data));
      if ("problems" in document) return;
      try {
        const policy = parsePolicy(document.value);
        check(explainPolicy(policy).length > 50, "every field has a sentence");
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        for (const { path, code } of error.problems) {
          const { line, column } = document.placeOf(path, code === "unknown-field");
          check(line >= 1 && column >= 1, "a problem has a place");
        }
        throw error;
      }
    },
  },
  {
    name: "policy-override",
    text: true,
    seeds: () =>
      [
        "guest.svn.minimum=4",
        "guest.vmpl=[0, 1]",
        'platform.tcb={"Turin":{"fmc":1}}',
        `guest.measurements=[${"ab".repeat(48)}]`,
      ].map(bytesOf),
    dictionary: ["guest.", "evidence.", "platform.", "=any", "__proto__", "[", "{}"].map(bytesOf),
    maxLength: 512,
    expected,
    run(data) {
      const changed = applyOverride(DEFAULT_POLICY, textOf(data));
      check(changed.schema === DEFAULT_POLICY.schema, "a changed policy is a policy");
    },
  },
  {
    name: "appraisal",
    seeds: () => [report()],
    maxLength: 1184,
    expected,
    run(data) {
      const decoded = decodeReport(shifted(data));
      const evidence = { form: "report", report: data, encodings: [], notes: [] } as const;
      const findings = appraise({
        report: decoded,
        policy: DEFAULT_POLICY,
        evidence: { ...evidence, certificates: [], extras: [] },
        at: 0,
      });
      check(findings.length > 50, "every check is reported");
    },
  },
];
