// SPDX-License-Identifier: Apache-2.0
// Secrets as they are named on a command line: `NAME:FILE`, where the name is a GUID or a known word.
// Their content comes from files or standard input only; command lines can be read by others.

import { guidEncode, LayoutError } from "@greenlight/core/bytes";
import { DISK_PASSPHRASE_GUID, KNOWN_SECRETS, knownSecret } from "@greenlight/core/session";
import type { SecretEntry } from "@greenlight/core/session";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded } from "../../input/file.ts";
import { readStdin } from "../../input/stdin.ts";

/** As much as a packet may hold. */
const MAX_SECRET = 16384;

const NEWLINE = 0x0a;

/** How secrets are taken from their files. */
export interface EntryOptions {
  /** Whether one newline at the end of the disk passphrase is left out. */
  readonly stripNewline: boolean;
}

/**
 * The secrets of `--secret` options.
 * @throws {UsageError} for names that are none, and for files that cannot be read.
 */
export async function readEntries(
  named: readonly string[],
  { stripNewline }: EntryOptions,
): Promise<readonly SecretEntry[]> {
  if (named.filter((each) => each.endsWith(":-")).length > 1) {
    throw new UsageError("conflicting-options", "two secrets are -, standard input is one file");
  }
  const entries: SecretEntry[] = [];
  for (const each of named) {
    const { guid, path } = splitName(each);
    const data = path === "-" ? await readStdin(MAX_SECRET) : readBounded(path, MAX_SECRET);
    const isStripped = stripNewline && guid === DISK_PASSPHRASE_GUID && data.at(-1) === NEWLINE;
    entries.push({ guid, data: isStripped ? data.subarray(0, -1) : data });
  }
  return entries;
}

/** What may be wrong with a disk passphrase, in sentences; nothing of it is shown. */
export function passphraseHints(
  entries: readonly SecretEntry[],
  nulForGrub: boolean,
): readonly string[] {
  const passphrase = entries.find(({ guid }) => guid === DISK_PASSPHRASE_GUID);
  if (passphrase === undefined) return [];
  const hints: string[] = [];
  if (passphrase.data.at(-1) === NEWLINE) {
    hints.push("the disk passphrase ends with a newline, which is a part of it: --strip-newline");
  }
  if (!nulForGrub && !passphrase.data.includes(0)) {
    hints.push("GRUB needs a NUL at the end of the disk passphrase: --nul-for-grub");
  }
  return hints;
}

function splitName(each: string): { readonly guid: string; readonly path: string } {
  const colon = each.indexOf(":");
  const name = each.slice(0, Math.max(0, colon));
  const path = each.slice(colon + 1);
  if (colon <= 0 || path === "") {
    throw badName(each, "write NAME:FILE, such as luks-key:passphrase.txt");
  }
  const known = knownSecret(name);
  if (known !== undefined) return { guid: known.guid, path };
  try {
    guidEncode(name);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const words = KNOWN_SECRETS.map(({ alias }) => alias).join(", ");
    throw badName(name, `the name is a GUID or one of: ${words}`);
  }
  return { guid: name.toLowerCase(), path };
}

function badName(text: string, hint: string): UsageError {
  return new UsageError("bad-value", `--secret is ${JSON.stringify(text.slice(0, 60))}`, hint);
}
