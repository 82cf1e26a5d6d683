// SPDX-License-Identifier: Apache-2.0
// `greenlight policy explain`: what a policy demands, and, first and loud, what it lets through.

import type { PolicySentence } from "@greenlight/core/policy";
import { defineCommand } from "../../command/command.ts";
import { loadPolicy } from "../../input/policy-file.ts";
import { toJson } from "../../output/json.ts";
import { hang, paint } from "../../output/style.ts";
import type { Style } from "../../output/style.ts";

export const command = defineCommand({
  name: "policy explain",
  brief: "say in sentences what a policy demands, and what not",
  description: [
    "Says every demand of a policy in a sentence, and what it does not demand: whatever is not " +
      "demanded is let through. Without a file, the default policy is explained.",
  ],
  positionals: { usage: "FILE", brief: "a policy, YAML or JSON", min: 0, max: 1 },
  options: {
    set: {
      kind: "list",
      placeholder: "FIELD=VALUE",
      brief: "change a field first: guest.svn.minimum=4",
    },
    json: { kind: "flag", brief: "print JSON (schema greenlight/policy-explain/v1)" },
  },
  examples: [
    { line: "policy explain policy.yaml", brief: "what it demands, and what it lets through" },
    { line: "policy explain --set guest.vmpl=any", brief: "the default policy with a change" },
  ],
  async run({ options, positionals, io }) {
    const [path] = positionals;
    const policy = await loadPolicy(path, options.set);
    const { explainPolicy } = await import("@greenlight/core/policy");
    const { policyId } = await import("@greenlight/core/attestation-result");
    const sentences = explainPolicy(policy);
    const id = policyId(policy);
    if (options.json) {
      const schema = "greenlight/policy-explain/v1";
      io.out(toJson({ schema, name: policy.name, id, sentences, policy }));
      return 0;
    }
    const { name, description } = policy;
    const about = description === "" ? "" : `\n${hang("", description.replaceAll(/\s+/g, " "))}`;
    io.out(`Policy ${name}${about}\n\n${asText(sentences, io.colour)}\n`);
    return 0;
  },
});

function asText(sentences: readonly PolicySentence[], colour: boolean): string {
  const demanded = sentences.filter((sentence) => sentence.demanded);
  const grave = sentences.filter((sentence) => sentence.grave);
  const open = sentences.filter((sentence) => !sentence.demanded && !sentence.grave);
  return [
    ...part("IT DOES NOT DEMAND, and mostly should:", "!", grave, "red", colour),
    ...part("It demands:", "+", demanded, "green", colour),
    ...part("It does not demand either:", "-", open, "dim", colour),
  ].join("\n\n");
}

function part(
  title: string,
  mark: string,
  sentences: readonly PolicySentence[],
  style: Style,
  colour: boolean,
): readonly string[] {
  if (sentences.length === 0) return [];
  const rows = sentences.map(({ sentence, field }) => {
    const text = hang(`  ${mark} `, sentence);
    return `${text}\n    ${paint("dim", `[${field}]`, colour)}`;
  });
  return [[paint(style, title, colour), ...rows].join("\n")];
}
