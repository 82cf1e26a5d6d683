// SPDX-License-Identifier: Apache-2.0
// The legacy processor of a platform: its memory and all commands on it.

import type { SharedPlatform } from "../platform/shared.ts";
import { activationCommands } from "./activation.ts";
import { debugCommands } from "./debug.ts";
import { keyCommands } from "./key-commands.ts";
import type { Chip, PlatformKeys } from "./keys.ts";
import { launchCommands } from "./launch.ts";
import type { Machine } from "./machine.ts";
import { platformCommands } from "./platform-commands.ts";
import type { SevProcessor } from "./processor.ts";
import { receiveCommands } from "./receive.ts";
import { sendCommands } from "./send.ts";

/** A processor, and what of it outlives a power cycle. */
export interface CreatedProcessor {
  readonly processor: SevProcessor;
  /** OCA, PEK and PDH; undefined where there are none. */
  readonly storedKeys: () => PlatformKeys | undefined;
}

/** A processor that was just switched on, with the keys it had before. */
export function createSevProcessor(
  shared: SharedPlatform,
  chip: Chip,
  keys: PlatformKeys | undefined,
): CreatedProcessor {
  const machine: Machine = {
    shared,
    chip,
    state: "UNINIT",
    es: false,
    keys,
    nv: undefined,
    guests: new Map(),
    nextHandle: 1,
    unflushed: new Set(),
    needsWbinvd: false,
  };
  return {
    processor: {
      ...platformCommands(machine),
      ...keyCommands(machine),
      ...activationCommands(machine),
      ...launchCommands(machine),
      ...sendCommands(machine),
      ...receiveCommands(machine),
      ...debugCommands(machine),
    },
    storedKeys: () => machine.keys,
  };
}
