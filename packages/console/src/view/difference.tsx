// SPDX-License-Identifier: Apache-2.0
// Expected and actual under one another, in one typeface, with the differing part marked.

import type { JSX } from "preact";
import { differenceRuns } from "../model/difference.ts";

/** One text with the parts marked that differ from the other. */
function Marked({ text, other }: { readonly text: string; readonly other: string }): JSX.Element {
  return (
    <code>
      {differenceRuns(text, other).map((run, i) =>
        run.differs ? <mark key={i}>{run.text}</mark> : run.text,
      )}
    </code>
  );
}

/** What was expected and what is there; either may be missing. */
export function Comparison({
  expected,
  actual,
  names = ["expected", "actual"],
}: {
  readonly expected: string | undefined;
  readonly actual: string | undefined;
  readonly names?: readonly [expected: string, actual: string];
}): JSX.Element | null {
  if (expected === undefined && actual === undefined) return null;
  const both = expected !== undefined && actual !== undefined;
  return (
    <dl class="comparison">
      {expected === undefined ? null : (
        <div>
          <dt>{names[0]}</dt>
          <dd>{both ? <Marked text={expected} other={actual} /> : <code>{expected}</code>}</dd>
        </div>
      )}
      {actual === undefined ? null : (
        <div>
          <dt>{names[1]}</dt>
          <dd>{both ? <Marked text={actual} other={expected} /> : <code>{actual}</code>}</dd>
        </div>
      )}
    </dl>
  );
}
