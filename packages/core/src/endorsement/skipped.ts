// SPDX-License-Identifier: Apache-2.0
// Checks that could not be made: they are reported all the same, with the reason.

import type { Finding, FindingId } from "../finding/index.ts";

/**
 * One finding for each id that says why it was not checked.
 * @param why A clause: `there is no VCEK`.
 */
export function skipped(ids: readonly FindingId[], why: string): readonly Finding[] {
  const title = `Not checked: ${why}`;
  return ids.map((id) => Object.freeze({ id, outcome: "skipped", title }));
}
