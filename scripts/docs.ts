// SPDX-License-Identifier: Apache-2.0
// The generated part of docs/: command reference, layouts, VMSA profiles, policies, findings and error
// codes, each from the data the program itself uses.
//
//   node scripts/docs.ts           writes docs/reference/
//   node scripts/docs.ts --check   only says what is out of date, and fails then
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { commandsPage } from "./lib/docs-commands.ts";
import { conformancePage } from "./lib/docs-conformance.ts";
import { findingsPage } from "./lib/docs-findings.ts";
import { launchPlanPage, launchPlanSchemaFile, launchRecordPage } from "./lib/docs-launch.ts";
import { layoutsPage } from "./lib/docs-layouts.ts";
import { policyPage, policySchemaFile } from "./lib/docs-policy.ts";
import { profilesPage } from "./lib/docs-profiles.ts";
import { root } from "./lib/process.ts";

const folder = join(root, "docs", "reference");

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const pages: readonly (readonly [name: string, text: string])[] = [
  ["commands.md", await commandsPage()],
  ["conformance.md", conformancePage()],
  ["findings.md", findingsPage()],
  ["launch-plan.md", launchPlanPage()],
  ["launch-plan.schema.json", launchPlanSchemaFile()],
  ["launch-record.md", launchRecordPage()],
  ["layouts.md", layoutsPage()],
  ["policy.md", policyPage()],
  ["policy.schema.json", policySchemaFile()],
  ["vmsa-profiles.md", profilesPage()],
];

mkdirSync(folder, { recursive: true });
for (const [name, text] of pages) {
  const path = join(folder, name);
  if (current(path) === text) continue;
  if (values.check) {
    console.error(`${relative(root, path)} is out of date: run node scripts/docs.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    console.log(`wrote ${relative(root, path)}`);
  }
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
