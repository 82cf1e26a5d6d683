// SPDX-License-Identifier: Apache-2.0
// A temporary folder as the current one.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes an empty folder and enters it. @returns what leaves and removes it. */
export function enterTemporaryFolder(): () => void {
  const before = process.cwd();
  const path = mkdtempSync(join(tmpdir(), "greenlight-test-"));
  process.chdir(path);
  return () => {
    process.chdir(before);
    rmSync(path, { recursive: true, force: true });
  };
}
