// SPDX-License-Identifier: Apache-2.0
// What was minted: files, and the command line that verifies them.

import type { Failure } from "@greenlight/psp/platform";
import { UsageError } from "../../command/usage-error.ts";

/** A file to be written. */
export interface MintedFile {
  readonly name: string;
  readonly what: string;
  readonly content: string | Uint8Array;
}

/** Files that belong together. */
export interface Minted {
  readonly files: readonly MintedFile[];
  /** How to have them verified. */
  readonly verify: string;
}

/**
 * The output of a command of the platform.
 * @throws {UsageError} `bad-value` when it was refused: the options ask for what no platform does.
 */
export function outputOf<T extends object>(
  name: string,
  result: ({ readonly status: "SUCCESS" } & T) | Failure,
): T {
  if (result.status === "SUCCESS") return result;
  const { status, reason } = result;
  throw new UsageError("bad-value", `the platform refused ${name}: ${status}: ${reason}`);
}
