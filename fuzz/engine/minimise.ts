// SPDX-License-Identifier: Apache-2.0
// Makes a failing input shorter and plainer while it still fails in the same way.

import type { Probe } from "./probe.ts";
import type { Failure } from "./target.ts";

/** Executions spent on one input; an execution that hangs counts for many. */
const BUDGET = 2000;
const COST_OF_HANG = 150;

/** Removes ever smaller blocks, last ones first, then zeroes what is left; again while it helps. */
export async function minimise(
  data: Uint8Array,
  failure: Failure,
  probe: Probe,
  timeoutMs: number,
): Promise<{ data: Uint8Array; reproduced: boolean }> {
  let best = data;
  let budget = BUDGET;
  const fails = async (candidate: Uint8Array, patience?: number): Promise<boolean> =>
    (await probe.run(candidate, patience))?.signature === failure.signature;
  if (!(await fails(data))) return { data, reproduced: false };
  const isHang = failure.kind === "hang";
  // To wait the whole time for each attempt would take minutes; the result is checked at the end.
  const shorterTime = isHang ? timeoutMs / 8 : timeoutMs;
  const attempt = async (candidate: Uint8Array): Promise<void> => {
    const stillFails = await fails(candidate, shorterTime);
    budget -= isHang && stillFails ? COST_OF_HANG : 1;
    if (stillFails) best = candidate;
  };
  for (let last: Uint8Array | undefined; last !== best && budget > 0;) {
    last = best;
    for (let size = best.length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = best.length - size; at >= 0 && budget > 0; at -= size) {
        const shorter = new Uint8Array(best.length - size);
        shorter.set(best.subarray(0, at));
        shorter.set(best.subarray(at + size), at);
        await attempt(shorter);
      }
    }
    for (let size = best.length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < best.length && budget > 0; at += size) {
        const plainer = best.slice().fill(0, at, at + size);
        if (best.subarray(at, at + size).some((byte) => byte !== 0)) await attempt(plainer);
      }
    }
  }
  return { data: !isHang || (await fails(best)) ? best : data, reproduced: true };
}
