// SPDX-License-Identifier: Apache-2.0
// What another tool can be told, and where the same stands here. The help page `--like` and the
// conformance table of the documentation are made from these rows; a test holds them to what exists.

import type { FindingId } from "@greenlight/core/finding";

/** One thing the other tool can do. */
export interface LikeRow {
  /** Its flag, option or field, as its users write it. */
  readonly theirs: string;
  /** What it does, in a few words. */
  readonly meaning: string;
  /** What to write or look at here; commands in backticks. `not offered: ` and why, where there is nothing. */
  readonly ours: string;
  /** The command whose options `ours` names, `verify` when it is not said. */
  readonly command?: string;
  /** Options of that command that `ours` names. */
  readonly options?: readonly string[];
  /** Fields of a policy that `ours` names; each can be given as `--set FIELD=VALUE` too. */
  readonly fields?: readonly string[];
  /** The findings that report it. */
  readonly findings?: readonly FindingId[];
  /** Where the two differ, and why. */
  readonly note?: string;
}

/** Another tool. */
export interface Peer {
  /** What `--like` takes. */
  readonly name: string;
  /** Which program and version the rows describe. */
  readonly title: string;
  /** A command line of its and ours for the same. */
  readonly example: { readonly theirs: string; readonly ours: string };
  readonly groups: readonly { readonly title: string; readonly rows: readonly LikeRow[] }[];
}
