// SPDX-License-Identifier: Apache-2.0
// One rule about a configuration: how it is told, and how it is decided.

import type { FindingId, Outcome } from "@greenlight/core/finding";
import type { MachineDescription } from "./description.ts";

/** What a rule says about one description. */
export interface Ruling {
  readonly outcome: Outcome;
  /** The offending pieces, or what there is instead. */
  readonly actual?: readonly string[];
  /** Why it does not apply. */
  readonly because?: string;
  /** Instead of the rule's hint. */
  readonly hint?: string;
}

/** One rule: how it is told, and how it is decided. */
export interface Rule {
  readonly id: FindingId;
  /** Title when it holds, and when it does not. */
  readonly holds: string;
  readonly broken: string;
  readonly hint: string;
  readonly source?: string;
  judge(description: MachineDescription): Ruling;
}
