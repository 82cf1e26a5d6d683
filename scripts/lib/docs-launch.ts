// SPDX-License-Identifier: Apache-2.0
// docs/reference/launch-plan.md, launch-plan.schema.json and launch-record.md: what a launch is told,
// and what it tells.
import {
  LAUNCH_RECORD_SCHEMA,
  LAUNCH_STEPS,
  LAUNCH_TRANSITIONS,
  isAcceptable,
  launchPlanFields,
  launchPlanJsonSchema,
} from "../../packages/core/src/appraisal/launch/index.ts";
import type { PlanField } from "../../packages/core/src/appraisal/launch/index.ts";
import { FINDINGS } from "../../packages/core/src/finding/index.ts";
import { LAB_FAULT_WORDS } from "../../packages/host/src/launch/index.ts";

/** Heading of each section, by the first part of its fields' paths. */
const SECTIONS = {
  "": "The plan itself",
  guest: "guest: what is launched",
  platform: "platform: what it has to run on",
  evidence: "evidence: what a running SEV-SNP guest has to show",
  secrets: "secrets: what the guest is given",
  deadlines: "deadlines: how long the host may take",
  host: "host: who runs the guest (exactly one part)",
} as const;

/** The page about plans. */
export function launchPlanPage(): string {
  const fields = launchPlanFields();
  const sections = Object.entries(SECTIONS).flatMap(([name, title]) => {
    const own = fields.filter(({ path }) => sectionOf(path) === name);
    if (own.length === 0) return [];
    const head = ["| field | default | meaning |", "|---|---|---|"];
    return [`## ${title}`, "", ...head, ...own.map(row), ""];
  });
  const ids = Object.entries(FINDINGS).filter(([id]) => isAcceptable(id));
  return [
    "# Launch plan fields",
    "",
    "Made from the declarations in packages/core/src/appraisal/launch/plan by",
    "`node scripts/docs.ts`; the same as JSON Schema is in",
    "[launch-plan.schema.json](launch-plan.schema.json). How to use plans is in",
    "[launch.md](../launch.md).",
    "",
    "A plan is YAML or JSON. Paths are meant from the plan's own folder. A list may be given as a",
    "single value; `[]` in a field's name stands for each element.",
    "",
    ...sections,
    "## Findings that `accept` may name",
    "",
    "A finding that is accepted stays in the result, as a warning. All others refuse the launch.",
    "",
    "| id | what is checked |",
    "|---|---|",
    ...ids.map(([id, meaning]) => `| \`${id}\` | ${cell(meaning)} |`),
    "",
    "## Faults of the lab host",
    "",
    "Words of `host.lab.faults`, each `NAME=VALUE`:",
    "",
    "| name | value |",
    "|---|---|",
    ...LAB_FAULT_WORDS.map(([name, value]) => `| \`${name}\` | ${value} |`),
    "",
  ].join("\n");
}

/** The JSON Schema of plans as text. */
export function launchPlanSchemaFile(): string {
  return `${JSON.stringify(launchPlanJsonSchema(), null, 2)}\n`;
}

/** The page about records. */
export function launchRecordPage(): string {
  return [
    "# The record of a launch",
    "",
    "Made from packages/core/src/appraisal/launch/record by `node scripts/docs.ts`.",
    "",
    "`record.jsonl` in the session folder: a line of JSON for every step, on the disk before the step",
    "has its effect. Where a line cannot be written the step does not happen, and a guest that is",
    "there is ended: without a record nothing is released. `greenlight launch record FILE` checks one.",
    "The events of `greenlight launch --json` are the same lines.",
    "",
    "| field | meaning |",
    "|---|---|",
    `| \`schema\` | \`${LAUNCH_RECORD_SCHEMA}\`, in the first line only |`,
    "| `seq` | 0, then one more for each line |",
    "| `previous` | SHA-256 of the line before without its newline, in hexadecimal; zeros in the first |",
    "| `at` | the instant, RFC 3339 in UTC |",
    "| `state` | how far the launch is with this step |",
    "| `step` | what happens |",
    "| `detail` | what belongs to the step: digests, findings, command line. Never a key or a secret |",
    "",
    "The chain shows changes to a record of which the last line's digest is known from elsewhere; the",
    "command prints it. Whoever can write the whole file can write another one.",
    "",
    "## Steps",
    "",
    "| step | meaning |",
    "|---|---|",
    ...Object.entries(LAUNCH_STEPS).map(([step, meaning]) => `| \`${step}\` | ${cell(meaning)} |`),
    "",
    "## States",
    "",
    "| state | can be followed by |",
    "|---|---|",
    ...Object.entries(LAUNCH_TRANSITIONS).map(
      ([state, next]) => `| \`${state}\` | ${next.map((name) => `\`${name}\``).join(", ")} |`,
    ),
    "",
  ].join("\n");
}

function sectionOf(path: string): string {
  const [first = ""] = path.split(/[.[]/);
  return first !== path && first in SECTIONS ? first : path in SECTIONS ? path : "";
}

function row({ path, fallback, required, meaning }: PlanField): string {
  const value = required
    ? "required"
    : fallback === undefined
      ? "absent"
      : `\`${JSON.stringify(fallback)}\``;
  return `| \`${path}\` | ${value} | ${cell(meaning)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
