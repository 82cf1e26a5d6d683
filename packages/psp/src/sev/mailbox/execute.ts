// SPDX-License-Identifier: Apache-2.0
// Runs a legacy command given as bytes: an id, and a buffer that points into memory, as drivers hand
// them to the secure processor.

import { fail } from "../../platform/status.ts";
import type { Result } from "../../platform/status.ts";
import type { SevProcessor } from "../processor.ts";
import { GUEST_HANDLERS } from "./guest.ts";
import { COMMANDS } from "./layouts.ts";
import { RegionFault, Regions } from "./memory.ts";
import type { Handler, MailboxMemory } from "./memory.ts";
import { PLATFORM_HANDLERS } from "./platform.ts";

const HANDLERS: ReadonlyMap<number, Handler> = new Map(
  Object.entries({ ...PLATFORM_HANDLERS, ...GUEST_HANDLERS }).map(([name, run]) => {
    const numbers: Readonly<Record<string, number>> = COMMANDS;
    return [numbers[name]!, run];
  }),
);

/**
 * Runs a command.
 * @param id See {@link COMMANDS}; any other is INVALID_COMMAND.
 * @param buffer Its buffer, at least as long as the command's layout. Outputs are written into it.
 * @returns What the command's method gives; firmware tells the status alone.
 */
export function executeBuffer(
  platform: { readonly sev: SevProcessor },
  id: number,
  buffer: Uint8Array,
  memory: MailboxMemory,
): Result {
  const run = HANDLERS.get(id);
  if (run === undefined) {
    return fail("INVALID_COMMAND", `0x${id.toString(16)} is no command of SEV or SEV-ES`);
  }
  try {
    return run(platform.sev, buffer, new Regions(memory));
  } catch (error) {
    if (error instanceof RegionFault) return error.failure;
    throw error;
  }
}
