// SPDX-License-Identifier: Apache-2.0
// A policy in sentences: what it demands, and what it lets through.

import { fieldValue, policyFields } from "./fields.ts";
import { formatPath } from "./error.ts";
import type { Policy } from "./types.ts";

/** What a policy says about one thing. */
export interface PolicySentence {
  /** Path of the field: `guest.svn.minimum`. */
  readonly field: string;
  readonly demanded: boolean;
  /** Something that is not demanded although leaving it open is dangerous in most places. */
  readonly grave: boolean;
  readonly sentence: string;
}

/** One sentence for every field, in the order of the fields. */
export function explainPolicy(policy: Policy): readonly PolicySentence[] {
  return policyFields().map(({ path, demands, open, grave }) => {
    const value = fieldValue(policy, path);
    const demand = demands(value);
    return {
      field: formatPath(path),
      demanded: demand !== undefined,
      grave: demand === undefined && grave === true,
      sentence: demand ?? open(value),
    };
  });
}
