// SPDX-License-Identifier: Apache-2.0
// Folders of platforms for tests.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../src/platform/index.ts";
import type { PlatformOptions } from "../../src/platform/index.ts";
import { PlatformFolder } from "../../src/server/folder.ts";

/** A platform of a test. */
export const OPTIONS: PlatformOptions = {
  line: "Milan",
  api: { major: 1, minor: 55, build: 40 },
  es: true,
  random: seededRandom("server tests"),
};

/** A folder that goes away when the test is over. */
export function temporary(t: { after(work: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), "greenlight-psp-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A folder with a new platform in it. */
export function newFolder(
  t: { after(work: () => void): void },
  options: PlatformOptions = OPTIONS,
): PlatformFolder {
  return PlatformFolder.create(join(temporary(t), "psp"), options);
}
