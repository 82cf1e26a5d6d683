// SPDX-License-Identifier: Apache-2.0
// `greenlight policy init`: a policy to start from, empty or filled in from real reports.

import { DEFAULT_POLICY, parsePolicy } from "@greenlight/core/policy";
import { defineCommand } from "../../command/command.ts";
import { writeFiles } from "../../output/file.ts";
import { hang } from "../../output/style.ts";
import { policyFromSamples, readSample, remarks } from "./from-reports.ts";
import { policyYaml } from "./yaml.ts";

/** More reports say no more. */
const MAX_REPORTS = 1000;

const FILLED = "From the reports given, which were not verified: do that before you rely on it.";

/** Fields that say so when reports were given. */
const FILLED_FIELDS = [
  "evidence.chips.allow",
  "platform.tcb",
  "guest.measurements",
  "guest.idBlock.idKeys",
];

export const command = defineCommand({
  name: "policy init",
  brief: "write a policy to start from",
  description: [
    "Writes a policy with a comment for every field. From reports of guests that you trust, it fills " +
      "in what they have in common: launch digests, TCB floors, chips, ID keys and more. Nothing of " +
      "the reports is verified: run greenlight verify on them first. Take out what should be free " +
      "to change, such as evidence.chips.allow where guests move between machines.",
  ],
  positionals: { usage: "REPORT...", brief: "as --from", min: 0, max: MAX_REPORTS },
  options: {
    from: {
      kind: "list",
      placeholder: "REPORT",
      brief: "fill in the values of this report, in any form evidence has",
    },
    out: { kind: "value", short: "o", placeholder: "FILE", brief: "write it to FILE" },
    name: { kind: "value", placeholder: "NAME", brief: "name of the policy", default: "my-guest" },
    force: { kind: "flag", brief: "overwrite an existing file" },
  },
  examples: [
    { line: "policy init", brief: "what can be demanded" },
    {
      line: "policy init --from report.bin --name web",
      brief: "demand what a guest that you trust has",
    },
  ],
  async run({ options, positionals, io }) {
    const paths = [...options.from, ...positionals];
    const samples = await Promise.all(paths.map(readSample));
    const name = options.name ?? "my-guest";
    const policy =
      samples.length === 0
        ? parsePolicy({ ...DEFAULT_POLICY, name })
        : policyFromSamples(name, samples);
    const notes = new Map(
      samples.length === 0 ? [] : FILLED_FIELDS.map((field) => [field, FILLED]),
    );
    const text = policyYaml(policy, notes);
    for (const remark of remarks(samples)) io.err(`${hang("note: ", remark)}\n`);
    if (options.out === undefined) {
      io.out(text);
      return 0;
    }
    writeFiles([{ path: options.out, content: text }], options.force);
    io.out(`wrote ${options.out}\n`);
    io.err(`next: greenlight policy explain ${options.out}\n`);
    return 0;
  },
});
