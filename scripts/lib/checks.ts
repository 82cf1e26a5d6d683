// SPDX-License-Identifier: Apache-2.0
// The static checks of `npm test`, a row each.
import { runTool, type Ended } from "./process.ts";

/** One static check: it passes when its command ends with exit code 0. */
export interface Check {
  readonly name: string;
  /** What it looks at, in a few words. */
  readonly about: string;
  readonly command: readonly [string, ...string[]];
}

/** Every static check, the quick ones first. */
export const checks: readonly Check[] = [
  { name: "format", about: "oxfmt", command: ["oxfmt", "--check", "."] },
  { name: "lint", about: "oxlint with type information", command: ["oxlint", "--format=unix"] },
  { name: "types", about: "tsc", command: ["tsc", "--project", "tsconfig.json"] },
  {
    name: "dead code",
    about: "knip: files, exports, dependencies nobody uses",
    command: ["knip", "--no-progress", "--treat-config-hints-as-errors"],
  },
  {
    name: "docs",
    about: "docs/reference is what the program says of itself",
    command: ["node", "scripts/docs.ts", "--check"],
  },
  {
    name: "package",
    about: "the bundle builds, publint finds its package.json right",
    command: ["node", "scripts/build.ts", "--check"],
  },
];

/** Runs one static check. */
export async function runCheck(check: Check): Promise<Ended> {
  const [command, ...args] = check.command;
  return runTool(command, args);
}
