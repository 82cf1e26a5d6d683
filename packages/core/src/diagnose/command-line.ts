// SPDX-License-Identifier: Apache-2.0
// Command lines as they are hashed, and all forms of one that a host may have measured.

import { sha256 } from "#crypto";
import type { Offer } from "./axis.ts";
import { COMMAND_LINE_VARIANTS } from "./command-line-variants.ts";
import type { CommandLineContext, CommandLineVariant } from "./command-line-variants.ts";

/**
 * A command line as it is hashed. Its bytes are kept as a string of one character a byte, because it
 * is measured byte for byte and need not be UTF-8.
 */
export interface CommandLine {
  readonly line: string;
  /** What follows the line where it is hashed; QEMU adds one NUL. */
  readonly terminator: string;
}

/** QEMU hashes the line and one NUL (target/i386/sev.c, sev_add_kernel_loader_hashes()). */
const TERMINATOR = "\0";

/** A line as QEMU hashes it. */
export function commandLine(line: string): CommandLine {
  return { line, terminator: TERMINATOR };
}

/** A line as people write it, in double quotes, with control characters escaped. */
export function quoteLine(line: string): string {
  const raw = Uint8Array.from(line, (character) => character.charCodeAt(0));
  return JSON.stringify(new TextDecoder().decode(raw));
}

/** SHA-256 of the command line, 32 bytes. */
export function commandLineHash({ line, terminator }: CommandLine): Uint8Array {
  return sha256(Uint8Array.from(line + terminator, (character) => character.charCodeAt(0)));
}

/**
 * All other forms of a line: every transformation, and every two of them one after the other (a line
 * read from /proc/cmdline can have an initrd= argument and a newline too many). Forms repeat.
 */
export function* commandLineOffers(
  line: string,
  context: CommandLineContext,
): Generator<Offer<CommandLine>> {
  for (const first of COMMAND_LINE_VARIANTS) yield* formsOf(line, [first], line, context);
  for (const first of COMMAND_LINE_VARIANTS) {
    if (first.terminator !== undefined) continue;
    for (const between of new Set(first.apply(line, context))) {
      if (between === line) continue;
      for (const second of COMMAND_LINE_VARIANTS) {
        if (second !== first) yield* formsOf(between, [first, second], line, context);
      }
    }
  }
}

/** What the last of the variants makes of `from`, without the form that was expected. */
function* formsOf(
  from: string,
  variants: readonly [CommandLineVariant, ...CommandLineVariant[]],
  expected: string,
  context: CommandLineContext,
): Generator<Offer<CommandLine>> {
  const last = variants.at(-1) ?? variants[0];
  const terminator = last.terminator ?? TERMINATOR;
  const label = variants.map(({ describe }) => describe).join(", and ");
  const cost = variants.reduce((sum, variant) => sum + variant.cost, 0);
  for (const changed of last.apply(from, context)) {
    if (changed === expected && terminator === TERMINATOR) continue;
    yield { value: { line: changed, terminator }, label, cost };
  }
}
