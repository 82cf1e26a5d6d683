// SPDX-License-Identifier: Apache-2.0
// The transport keys of a launch session from the files that sevctl, sev-tool and `session make` write.

import { SessionError, readSessionKeys } from "@greenlight/core/session";
import type { KeyFiles, SessionKeys } from "@greenlight/core/session";
import type { Options, OptionValues } from "../command/command.ts";
import { UsageError } from "../command/usage-error.ts";
import { readBounded } from "./file.ts";

const group = "Keys of the launch session";

/** Options that name the files. */
export const KEY_OPTIONS = {
  tk: {
    kind: "value",
    placeholder: "FILE",
    brief: "both keys in one file: TEK and TIK, 32 bytes (sev-tool's tmp_tk.bin)",
    group,
  },
  tik: {
    kind: "value",
    placeholder: "FILE",
    brief: "integrity key, 16 bytes (sevctl's NAME_tik.bin)",
    group,
  },
  tek: {
    kind: "value",
    placeholder: "FILE",
    brief: "encryption key, 16 bytes (sevctl's NAME_tek.bin)",
    group,
  },
} as const satisfies Options;

/** Larger than any form of the keys. */
const MAX_KEY_FILE = 4096;

/**
 * The keys in the named files: raw, in hexadecimal or in base64.
 * @throws {UsageError} when the options do not name both keys once, and for files that cannot be read.
 * @throws {SessionError} `keys-unrecognised`, naming the file and never its content.
 */
export function readNamedKeys({ tk, tik, tek }: OptionValues<typeof KEY_OPTIONS>): SessionKeys {
  if (tk !== undefined) {
    if (tik === undefined && tek === undefined) return read(tk, { both: readKeyFile(tk) });
    throw new UsageError(
      "conflicting-options",
      "--tk holds both keys",
      "leave --tik and --tek out",
    );
  }
  if (tik === undefined || tek === undefined) {
    throw new UsageError(
      "missing-option",
      "the keys of the session are missing",
      "add --tk FILE, or --tik FILE and --tek FILE: session make wrote them",
    );
  }
  return read(`${tek}, ${tik}`, { tek: readKeyFile(tek), tik: readKeyFile(tik) });
}

function readKeyFile(path: string): Uint8Array {
  return readBounded(path, MAX_KEY_FILE);
}

function read(names: string, files: KeyFiles): SessionKeys {
  try {
    return readSessionKeys(files);
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    throw new SessionError(error.code, `${names}: ${error.message}`, error.hint);
  }
}
