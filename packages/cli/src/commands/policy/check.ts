// SPDX-License-Identifier: Apache-2.0
// `greenlight policy check`: every mistake in policy files, with line and column.

import { defineCommand } from "../../command/command.ts";
import { describePlaced } from "../../input/document-file.ts";
import { readPolicyFile } from "../../input/policy-file.ts";
import type { PolicyFile } from "../../input/policy-file.ts";
import { toJson } from "../../output/json.ts";
import { hang, paint } from "../../output/style.ts";

/** More files than this are no policies. */
const MAX_FILES = 1000;

export const command = defineCommand({
  name: "policy check",
  brief: "find mistakes in policies",
  description: [
    "Reads policies and tells everything that is wrong with them, by line and column. A mistyped " +
      "field is never passed over: what would be demanded by it would not be.",
    "Exit code 0: all can be used; 2: some cannot.",
  ],
  positionals: { usage: "FILE...", brief: "policies, YAML or JSON", min: 1, max: MAX_FILES },
  options: { json: { kind: "flag", brief: "print JSON (schema greenlight/policy-check/v1)" } },
  examples: [{ line: "policy check policy.yaml", brief: "whether it can be used" }],
  async run({ options, positionals, io }) {
    const files = [];
    // One after the other: they are small, and errors come in the order of the arguments.
    for (const path of positionals) files.push(await readPolicyFile(path));
    if (options.json) {
      io.out(toJson({ schema: "greenlight/policy-check/v1", files: files.map(asJson) }));
    } else {
      io.out(`${files.map((file) => asText(file, io.colour)).join("\n")}\n`);
    }
    return files.every((file) => "policy" in file) ? 0 : 2;
  },
});

function asJson(file: PolicyFile): object {
  const { path } = file;
  if ("policy" in file) return { file: path, ok: true, name: file.policy.name, problems: [] };
  return { file: path, ok: false, problems: file.problems };
}

function asText(file: PolicyFile, colour: boolean): string {
  if ("policy" in file) {
    return `${file.path}: ${paint("green", "can be used", colour)} (${file.policy.name})`;
  }
  return file.problems
    .flatMap((problem) => [
      describePlaced(file.path, problem),
      ...(problem.hint === undefined ? [] : [hang("  hint: ", problem.hint)]),
    ])
    .join("\n");
}
