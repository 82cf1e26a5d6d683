// SPDX-License-Identifier: Apache-2.0
// Address space ids of the guests on a platform: each running guest has one of its own.

import type { Platform } from "@greenlight/psp/platform";

const USED = new WeakMap<Platform, Set<number>>();

/** Takes the lowest id that no guest of the platform has. */
export function takeAsid(platform: Platform): number {
  const used = USED.get(platform) ?? new Set();
  USED.set(platform, used);
  let asid = 1;
  while (used.has(asid)) asid++;
  used.add(asid);
  return asid;
}

/** Gives an id back; the guest that had it must be gone. */
export function releaseAsid(platform: Platform, asid: number): void {
  USED.get(platform)?.delete(asid);
}
