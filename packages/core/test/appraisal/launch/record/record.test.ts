// SPDX-License-Identifier: Apache-2.0
// Records: what is whole, and that any change, loss or wrong order shows.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  FIRST_PREVIOUS,
  LAUNCH_RECORD_SCHEMA,
  LAUNCH_STATES,
  LAUNCH_STEPS,
  LAUNCH_TRANSITIONS,
  checkLaunchRecord,
  encodeRecordLine,
  parseLaunchRecord,
  recordLineDigest,
} from "../../../../src/appraisal/launch/index.ts";
import type { JsonValue, LaunchState, LaunchStep } from "../../../../src/appraisal/launch/index.ts";

type Step = readonly [LaunchStep, LaunchState, Record<string, JsonValue>?];

const RELEASED: readonly Step[] = [
  ["begun", "planned"],
  ["prepared", "planned", { outcome: "accepted" }],
  ["offered", "offered"],
  ["starting", "offered"],
  ["launched", "launched"],
  ["measured", "launched"],
  ["decided", "attested", { outcome: "accepted" }],
  ["releasing", "attested"],
  ["released", "released"],
  ["running", "running"],
  ["ended", "running"],
];

function recordOf(steps: readonly Step[]): string {
  let previous = FIRST_PREVIOUS;
  let text = "";
  for (const [seq, [step, state, detail = {}]] of steps.entries()) {
    const head = seq === 0 ? ({ schema: LAUNCH_RECORD_SCHEMA } as const) : {};
    const at = "2026-11-21T17:00:00.000Z";
    const line = encodeRecordLine({ ...head, seq, previous, at, state, step, detail });
    previous = recordLineDigest(line);
    text += `${line}\n`;
  }
  return text;
}

const problems = (text: string): readonly string[] =>
  checkLaunchRecord(parseLaunchRecord(text)).flatMap(({ id, outcome }) =>
    outcome === "pass" ? [] : [id],
  );

test("a whole record passes every check", () => {
  assert.deepEqual(problems(recordOf(RELEASED)), []);
});

describe("a record shows", () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ["that it is none", "", ["launch.record.layout", "launch.record.unended"]],
    ["that it has no end", recordOf(RELEASED.slice(0, -1)), ["launch.record.unended"]],
    [
      "a release that nobody accepted",
      recordOf(RELEASED.map((row) => (row[0] === "decided" ? ["decided", "attested"] : row))),
      ["launch.record.release-without-acceptance"],
    ],
    [
      "a release without a decision",
      recordOf(RELEASED.filter(([step]) => step !== "decided")),
      ["launch.record.release-without-acceptance"],
    ],
    [
      "steps that cannot follow each other",
      recordOf([RELEASED[0]!, ["running", "running"], ["ended", "running"]]),
      ["launch.record.order"],
    ],
    [
      "lines behind the end",
      recordOf([...RELEASED, ["failing", "failed"], ["ended", "failed"]]),
      ["launch.record.order"],
    ],
    [
      "an interrupted line",
      `${recordOf(RELEASED)}{"seq":`,
      ["launch.record.layout", "launch.record.chain"],
    ],
    [
      "a line that is none",
      `${recordOf(RELEASED)}[]\n`,
      ["launch.record.layout", "launch.record.chain"],
    ],
  ];
  for (const [what, text, ids] of rows) {
    test(what, () => assert.deepEqual(problems(text), ids));
  }
});

test("any line that is changed, left out or repeated shows", () => {
  const lines = recordOf(RELEASED).trimEnd().split("\n");
  const edit = fc.constantFrom("change", "drop", "repeat", "swap");
  fc.assert(
    fc.property(edit, fc.integer({ min: 0, max: lines.length - 2 }), (kind, at) => {
      const changed = [...lines];
      if (kind === "change") changed[at] = changed[at]!.replace(":00.000Z", ":01.000Z");
      if (kind === "drop") changed.splice(at, 1);
      if (kind === "repeat") changed.splice(at, 0, changed[at]!);
      if (kind === "swap") changed.splice(at, 2, changed[at + 1]!, changed[at]!);
      return problems(`${changed.join("\n")}\n`).includes("launch.record.chain");
    }),
  );
});

test("fields of other kinds are told", () => {
  const [first = ""] = recordOf(RELEASED).split("\n");
  const entry = JSON.parse(first) as Record<string, unknown>;
  const changes: readonly Record<string, unknown>[] = [
    { schema: "other" },
    { seq: -1 },
    { seq: "0" },
    { previous: "00" },
    { at: "yesterday" },
    { state: "toString" },
    { step: "toString" },
    { detail: [] },
    { more: 1 },
  ];
  for (const change of changes) {
    const [line] = parseLaunchRecord(`${JSON.stringify({ ...entry, ...change })}\n`);
    assert.ok(line !== undefined && "problem" in line, JSON.stringify(change));
  }
});

test("states and steps are described, and every end is one", () => {
  assert.deepEqual(Object.keys(LAUNCH_TRANSITIONS), [...LAUNCH_STATES]);
  for (const words of Object.values(LAUNCH_STEPS)) assert.notEqual(words, "");
  assert.deepEqual(LAUNCH_TRANSITIONS.failed, []);
});
