// SPDX-License-Identifier: Apache-2.0
// Errors of the system about an image file, as wrong usage; our own errors stay what they are.

import { UsageError } from "../../command/usage-error.ts";
import { systemErrorWords } from "../../input/system-error.ts";

/** The error to throw for one that came while an image was read or written. */
export function asFileError(error: unknown, action: "read" | "write", path: string): unknown {
  // Of all errors with a code, only those of system calls name the call.
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return error;
  const code = action === "read" ? "unreadable-file" : "unwritable-file";
  const [reason, hint] = systemErrorWords(String(error.code), action);
  return new UsageError(code, `cannot ${action} ${JSON.stringify(path)}: ${reason}`, hint);
}
