// SPDX-License-Identifier: Apache-2.0
// A lab in the foreground: it stands in for the program qemu-system-x86_64.

import type { Platform } from "@greenlight/psp/platform";
import type { LabFaults } from "./faults.ts";
import { startLab } from "./lab.ts";

/** What the command runs with. */
export interface LabCommandIo {
  readonly platform: Platform;
  /** Working folder. */
  readonly folder: string;
  /** QEMU's program; `qemu-system-x86_64` unless given. */
  readonly binary?: string;
  readonly faults?: LabFaults;
  /** `inherit` gives the guest's serial console (-serial stdio) the terminal. */
  readonly stdio?: "ignore" | "inherit";
  /** Called with what goes to standard error. */
  readonly err: (text: string) => void;
  /** Ends the guest. */
  readonly signal?: AbortSignal;
}

/** Exit code of a process that a signal ended, as shells tell it. */
const SIGNALLED = 128;

/**
 * Runs a guest until it ends.
 * @param argv QEMU's arguments, as they would be on a machine with SEV.
 * @returns QEMU's exit code.
 * @throws {LabError} for a command line that cannot be run here, or QEMU that cannot.
 */
export async function runLabCommand(argv: readonly string[], io: LabCommandIo): Promise<number> {
  const { platform, folder, binary, faults, stdio = "inherit", err, signal } = io;
  const lab = await startLab({
    args: argv,
    platform,
    folder,
    stdio,
    onStderr: err,
    ...(binary === undefined ? {} : { binary }),
    ...(faults === undefined ? {} : { faults }),
  });
  const stop = (): void => void lab.stop();
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const { exitCode } = await lab.ended;
  signal?.removeEventListener("abort", stop);
  return exitCode ?? SIGNALLED;
}
