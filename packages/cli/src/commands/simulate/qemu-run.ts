// SPDX-License-Identifier: Apache-2.0
// What `greenlight simulate qemu` does.

import { LabError, runLabCommand } from "@greenlight/host/lab";
import type { OptionValues } from "../../command/command.ts";
import { reportFailure } from "../../output/failure.ts";
import type { Io } from "../../output/io.ts";
import { hostFaultsOf } from "./host-faults.ts";
import type { QEMU_OPTIONS } from "./options.ts";
import { workPlatform } from "./platform.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs the guest until it ends. @returns QEMU's exit code; 3 where there is no QEMU. */
export async function runQemu(
  args: readonly string[],
  options: OptionValues<typeof QEMU_OPTIONS>,
  io: Io,
): Promise<number> {
  const { platform, keep } = await workPlatform(options);
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const name of SIGNALS) process.on(name, stop);
  try {
    return await runLabCommand(args, {
      platform,
      // Paths in QEMU's arguments are meant from here.
      folder: process.cwd(),
      err: (text) => io.err(text),
      signal: controller.signal,
      faults: hostFaultsOf(options["host-fault"]),
      ...(options.qemu === undefined ? {} : { binary: options.qemu }),
    });
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const code = await reportFailure(error, "simulate qemu", false, io);
    return error.code === "no-qemu" ? 3 : code;
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
    keep();
  }
}
