// SPDX-License-Identifier: Apache-2.0
// The help page `greenlight verify --like TOOL`.

import { hang } from "../../../output/style.ts";
import { GO_SEV_GUEST } from "./go-sev-guest.ts";
import type { LikeRow, Peer } from "./row.ts";
import { SNPGUEST } from "./snpguest.ts";
import { TINFOIL } from "./tinfoil.ts";
import { TRUSTEE } from "./trustee.ts";

/** The tools `--like` knows. */
export const PEERS: readonly Peer[] = [GO_SEV_GUEST, SNPGUEST, TRUSTEE, TINFOIL];

/** The page of one tool. Ends with a newline. */
export function likePage(name: string): string {
  const peer = PEERS.find((candidate) => candidate.name === name)!;
  return comparisonPage(
    peer,
    "Words with dots are fields of a policy: write them in a file (--policy FILE) or give one as " +
      "--set FIELD=VALUE.",
  );
}

/**
 * A page with all rows of a tool. Ends with a newline.
 * @param howToRead What the words of the rows are.
 */
export function comparisonPage(peer: Peer, howToRead: string): string {
  const head = [
    hang("", `What one says to ${peer.title}, and what to say here.`),
    hang("", howToRead),
    `  ${peer.example.theirs}\nis here\n  ${peer.example.ours}`,
  ];
  const groups = peer.groups.map(
    ({ title, rows }) => `${title}:\n${rows.map(formatRow).join("\n")}`,
  );
  return `${[...head, ...groups].join("\n\n")}\n`;
}

function formatRow({ theirs, meaning, ours, command, note }: LikeRow): string {
  const what = meaning === "" ? theirs : `${theirs}: ${meaning}`;
  // Options alone say nothing where rows are about several commands.
  const bare = ours.startsWith("-") || ours.startsWith("the same");
  const here = command === undefined || !bare ? ours : `${command}: ${ours}`;
  const lines = [hang("  ", what), hang("      here: ", here)];
  if (note !== undefined) lines.push(hang("      note: ", note));
  return lines.join("\n");
}
