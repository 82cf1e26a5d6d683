// SPDX-License-Identifier: Apache-2.0
// Licences of other projects' code that is published inside ours: which packages it came from, and
// the text that must go with it.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Where the texts stand in what is published. */
export const licencesFile = "THIRD-PARTY-LICENSES";

/** Licences under which code may be published in a package that is Apache-2.0 itself. */
const accepted = new Set(["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"]);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * The text for {@link licencesFile}; empty when no module is of another project.
 * @param modules Paths of the modules that were bundled.
 * @throws Error for a package without licence text, or under one that is not accepted.
 */
export function thirdPartyLicences(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((id) => packageFolderOf(id) ?? []));
  const sections = [...folders].toSorted().map((folder) => section(folder));
  return sections.join(`\n${"-".repeat(80)}\n\n`);
}

/** `/a/node_modules/@scope/name` of a module in it; undefined for a module of ours. */
function packageFolderOf(id: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
}

function section(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const { name, version, license } = manifest;
  if (license === undefined || !accepted.has(license)) {
    throw new Error(`${name} is under ${license ?? "no stated licence"}: it cannot be bundled`);
  }
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence text to publish with its code`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
