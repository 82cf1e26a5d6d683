// SPDX-License-Identifier: Apache-2.0
// Builds the npm package of the command line and checks it: publint on its package.json, and it
// must start under this Node.
//
//   node scripts/build.ts           into packages/cli/dist
//   node scripts/build.ts --check   into a temporary folder that is removed again
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { bundle, cliManifest, packageFolder, type BundledFile } from "./lib/bundle.ts";
import { root, runTool } from "./lib/process.ts";

function show(files: readonly BundledFile[]): void {
  for (const { name, bytes, gzipped } of files) {
    console.log(`${String(bytes).padStart(8)} B ${String(gzipped).padStart(7)} B gzipped  ${name}`);
  }
}

/** What is wrong with the package in `folder`, a sentence each. */
async function problems(folder: string): Promise<string[]> {
  const { messages, pkg } = await publint({ pkgDir: folder, pack: false, strict: true });
  const found = messages.map((message) => formatMessage(message, pkg) ?? message.code);
  const { ok, output } = await runTool(process.execPath, [
    join(folder, "greenlight.js"),
    "--version",
  ]);
  const expected = `greenlight ${cliManifest().version}`;
  if (!ok || output !== expected) {
    found.push(`greenlight --version printed ${JSON.stringify(output)} instead of ${expected}`);
  }
  return found;
}

async function build(folder: string): Promise<void> {
  show(await bundle(folder));
  for (const problem of await problems(folder)) {
    console.error(`packages/cli: ${problem}`);
    process.exitCode = 1;
  }
}

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const folder = values.check ? mkdtempSync(join(tmpdir(), "greenlight-build-")) : packageFolder;
try {
  await build(folder);
  if (!values.check) console.log(`built ${relative(root, folder)}`);
} catch (error) {
  console.error(stripVTControlCharacters(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
} finally {
  if (values.check) rmSync(folder, { recursive: true, force: true });
}
