// SPDX-License-Identifier: Apache-2.0
// The operating system's error codes, out of whatever was thrown.

/** The code of a system error (`ENOENT`), or undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
