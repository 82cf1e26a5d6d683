// SPDX-License-Identifier: Apache-2.0
// The help page `greenlight verify sev --like TOOL`.

import { comparisonPage } from "../../like/page.ts";
import type { Peer } from "../../like/row.ts";
import { SEV_TOOL } from "./sev-tool.ts";
import { SEVCTL } from "./sevctl.ts";
import { VIRT_QEMU_SEV_VALIDATE } from "./virt-qemu-sev-validate.ts";

/** The tools `--like` knows. */
export const PEERS: readonly Peer[] = [SEVCTL, SEV_TOOL, VIRT_QEMU_SEV_VALIDATE];

/** The page of one tool. Ends with a newline. */
export function likePage(name: string): string {
  const peer = PEERS.find((candidate) => candidate.name === name)!;
  return comparisonPage(peer, "Words in backticks are commands; each explains itself with --help.");
}
