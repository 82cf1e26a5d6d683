// SPDX-License-Identifier: Apache-2.0
// Named pipes, which node cannot make: opening one for reading waits for a writer.

import { execFileSync } from "node:child_process";

const PROGRAM = "mkfifo";

/** Makes one. */
export function makeFifo(path: string): string {
  execFileSync(PROGRAM, [path]);
  return path;
}
