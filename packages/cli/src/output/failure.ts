// SPDX-License-Identifier: Apache-2.0
// How an error is told: one line what, then where and what to do. Never a stack trace.

import type { Finding } from "@greenlight/core/finding";
import type { Io } from "./io.ts";

/** The parts errors of all our layers may have. */
interface KnownError {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly hint?: string;
  readonly source?: string;
  readonly offset?: number;
  readonly findings?: readonly Finding[];
}

const LAYERS = new Set([
  "GuestError",
  "GuestLaunchError",
  "ImageError",
  "KeyError",
  "LabError",
  "LaunchError",
  "LayoutError",
  "LibvirtError",
  "MachineError",
  "PlatformError",
  "PolicyError",
  "PspError",
  "QmpError",
  "SessionError",
  "TsmError",
  "UsageError",
]);

/** Whether an error is one that our layers throw on purpose. */
function isKnownError(error: unknown): error is KnownError {
  return error instanceof Error && LAYERS.has(error.name) && "code" in error;
}

/** Schema of errors on stdout with `--json`. */
const ERROR_SCHEMA = "greenlight/error/v1";

/**
 * Tells an error and gives the exit code. With `json`, a program reads it on stdout too.
 */
export async function reportFailure(
  error: unknown,
  command: string,
  json: boolean,
  io: Io,
): Promise<number> {
  const prefix = command === "" ? "greenlight" : `greenlight ${command}`;
  if (!isKnownError(error)) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    io.err(`${prefix}: internal error: ${text}\n`);
    io.err("  hint: this is a defect of greenlight; please report it with the command you ran\n");
    if (process.env["GREENLIGHT_DEBUG"] !== undefined && error instanceof Error) {
      io.err(`${error.stack ?? ""}\n`);
    }
    return 2;
  }
  io.err(`${prefix}: error: ${error.message}\n`);
  const open = (error.findings ?? []).filter(
    ({ outcome }) => outcome === "fail" || outcome === "unknown",
  );
  for (const { id, title } of open.slice(1)) io.err(`  also: ${title} [${id}]\n`);
  if (error.hint !== undefined) io.err(`  hint: ${error.hint}\n`);
  if (error.source !== undefined) io.err(`  source: ${error.source}\n`);
  if (json) {
    const { withBasis } = await import("@greenlight/core/firmware");
    const { code, message, hint, offset, source } = error;
    const findings = error.findings?.map(withBasis);
    const body = { code, message, hint, offset, source, findings };
    io.out(`${JSON.stringify({ schema: ERROR_SCHEMA, error: body }, null, 2)}\n`);
  }
  return 2;
}
