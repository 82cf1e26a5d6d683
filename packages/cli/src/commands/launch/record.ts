// SPDX-License-Identifier: Apache-2.0
// `greenlight launch record`: what happened in a launch, and whether its record can be believed.

import { outcomeOf } from "@greenlight/core/appraisal";
import {
  LAUNCH_STEPS,
  checkLaunchRecord,
  parseLaunchRecord,
} from "@greenlight/core/launch-appraisal";
import type { LaunchRecordLine } from "@greenlight/core/launch-appraisal";
import { defineCommand } from "../../command/command.ts";
import { readText } from "../../input/file.ts";
import { countFindings, formatFindings } from "../../output/findings.ts";
import { toJson } from "../../output/json.ts";
import { hang, paint } from "../../output/style.ts";

const SCHEMA = "greenlight/launch-record-check/v1";

/** Records hold evidence and findings; they are far smaller. */
const MAX_RECORD = 64 * 1024 * 1024;

export const command = defineCommand({
  name: "launch record",
  brief: "show the record of a launch, and whether it is whole",
  description: [
    "Reads the record that a launch has written (record.jsonl in its session folder): its steps, how " +
      "it ended, and whether every line follows the one before it. Compare the digest of the last " +
      "line with the one that the launch printed: without that, whoever can write the file could " +
      "have written another one.",
    "Exit code 0: whole; 1: broken or changed; 2: unreadable; 3: it does not say how it ended.",
  ],
  positionals: { usage: "FILE", brief: "the record", min: 1, max: 1 },
  options: {
    verbose: { kind: "flag", short: "v", brief: "every finding with all its parts" },
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})` },
  },
  examples: [{ line: "launch record record.jsonl", brief: "what happened, and is it all of it" }],
  async run({ options, positionals, io }) {
    const lines = parseLaunchRecord(readText(positionals[0] ?? "", MAX_RECORD));
    const findings = checkLaunchRecord(lines);
    const outcome = outcomeOf(findings);
    if (options.json) {
      io.out(toJson({ schema: SCHEMA, outcome, findings, lines, digest: lines.at(-1)?.digest }));
    } else {
      for (const line of shownLines(lines)) io.out(`${line}\n`);
      const { colour } = io;
      const words = outcome === "accepted" ? "The record is whole." : "The record is not whole.";
      if (lines.length > 0) io.out("\n");
      io.out(`${paint(outcome === "accepted" ? "green" : "red", words, colour)}\n`);
      io.out(`Findings: ${countFindings(findings)}\n`);
      io.out(`${formatFindings(findings, { colour, verbose: options.verbose })}\n`);
      const last = lines.at(-1);
      if (last !== undefined && "entry" in last) io.out(`digest   ${last.digest}\n`);
    }
    return { accepted: 0, rejected: 1, undecided: 3 }[outcome];
  },
});

/** Broken lines that are shown one by one; a file that is something else has thousands. */
const MOST_BROKEN = 10;

function shownLines(lines: readonly LaunchRecordLine[]): readonly string[] {
  const broken = lines.filter((line) => !("entry" in line));
  const left = new Set(broken.slice(MOST_BROKEN));
  const shown = lines.filter((line) => !left.has(line)).map(stepLine);
  return left.size === 0 ? shown : [...shown, `  and ${left.size} more lines that are none`];
}

function stepLine(line: LaunchRecordLine): string {
  if (!("entry" in line)) return hang(`  line ${line.number}  `, line.problem);
  const { at, state, step } = line.entry;
  return hang(`  ${at}  ${state.padEnd(9)} `, LAUNCH_STEPS[step]);
}
