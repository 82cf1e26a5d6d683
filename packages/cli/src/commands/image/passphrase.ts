// SPDX-License-Identifier: Apache-2.0
// The passphrase of an image: out of a file or standard input, to the last byte, never out of the
// command line, which every user of the machine can read.

import { statSync } from "node:fs";
import { readBounded } from "../../input/file.ts";
import { readStdin } from "../../input/stdin.ts";
import type { Io } from "../../output/io.ts";

/** Longer than any passphrase that is taken, so that a wrong file is told by its length. */
const MOST = 4096;

/**
 * Reads a passphrase; says on standard error what is likely to be a mistake.
 * @param path `-` for standard input.
 * @throws {UsageError} file errors.
 */
export async function readPassphrase(path: string, io: Io): Promise<Uint8Array> {
  const passphrase = path === "-" ? await readStdin(MOST) : readBounded(path, MOST);
  if (passphrase.at(-1) === 0x0a) {
    io.err("note: the passphrase ends with a newline, which is a part of it\n");
  }
  if (path !== "-" && (statSync(path).mode & 0o077) !== 0) {
    io.err(`note: other users of this machine may read ${JSON.stringify(path)}: chmod 600\n`);
  }
  return passphrase;
}
