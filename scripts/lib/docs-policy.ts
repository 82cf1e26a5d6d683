// SPDX-License-Identifier: Apache-2.0
// docs/reference/policy.md and policy.schema.json: every field of a policy.
import { policyFields, policyJsonSchema } from "../../packages/core/src/appraisal/policy/index.ts";
import type { PolicyField } from "../../packages/core/src/appraisal/policy/index.ts";

/** The page. */
export function policyPage(): string {
  const sections = ["evidence", "platform", "guest"] as const;
  const titles = {
    evidence: "who may say it",
    platform: "what the host must be",
    guest: "what the guest must be",
  };
  const fields = policyFields();
  return [
    "# Policy fields",
    "",
    "Made from the declarations in packages/core/src/appraisal/policy by `node scripts/docs.ts`; the",
    "same as JSON Schema is in [policy.schema.json](policy.schema.json). How to use policies is in",
    "[policy.md](../policy.md).",
    "",
    "Wherever byte strings are listed, an element is hexadecimal text or `{ value, label }`; findings",
    "show the label. `any` demands nothing.",
    "",
    ...sections.flatMap((section) => [
      `## ${section}: ${titles[section]}`,
      "",
      "| field | default | meaning | source |",
      "|---|---|---|---|",
      ...fields.filter(({ path }) => path[0] === section).map(row),
      "",
    ]),
  ].join("\n");
}

/** The JSON Schema as text. */
export function policySchemaFile(): string {
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
}

function row({ path, fallback, meaning, source }: PolicyField): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  return `| \`${path.join(".")}\` | \`${JSON.stringify(fallback)}\` | ${cell(meaning)} | ${source ?? ""} |`;
}
