// SPDX-License-Identifier: Apache-2.0
// Running the command line in this process, with what it writes captured.

import { run } from "../../src/main.ts";
import type { Io } from "../../src/output/io.ts";

/** What one run wrote and returned. */
export interface Captured {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `greenlight ARGUMENTS` without a terminal. */
export async function greenlight(...argv: readonly string[]): Promise<Captured> {
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    colour: false,
    liveProgress: false,
  };
  const code = await run(argv, io);
  return { code, out, err };
}
