// SPDX-License-Identifier: Apache-2.0
// Builds the evidence explorer as one HTML file, and says what it weighs.
//
//   node scripts/build-explorer.ts [FILE]     into dist/explorer.html unless told otherwise
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { buildPage } from "../packages/console/build/page.ts";
import { samples } from "../packages/console/build/samples.ts";
import { root } from "./lib/process.ts";

const file = resolve(process.argv[2] ?? join(root, "dist", "explorer.html"));
try {
  const { html, bytes, gzipped } = await buildPage(samples());
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, html);
  console.log(`${bytes} B, ${gzipped} B gzipped  ${relative(process.cwd(), file)}`);
} catch (error) {
  console.error(stripVTControlCharacters(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
