// SPDX-License-Identifier: Apache-2.0
// Outcome marks of our own: each outcome has a shape, and the word stands beside it.

import type { Outcome } from "@greenlight/core/finding";
import type { JSX } from "preact";
import { OUTCOME_WORDS } from "../model/outcome.ts";

/** Shape of each outcome, in a box of 16 by 16. */
const SHAPES: Readonly<Record<Outcome, () => JSX.Element>> = {
  pass: () => (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="m4.6 8.3 2.4 2.4 4.4-5" class="cut" />
    </>
  ),
  fail: () => (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />
      <path d="m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4" class="cut" />
    </>
  ),
  unknown: () => (
    <>
      <rect x="1" y="1" width="14" height="14" rx="1.5" fill="currentColor" />
      <path d="M5.4 6.1c0-3.4 5.2-3.2 5.2-.2 0 2-2.6 1.9-2.6 4" class="cut" />
      <path d="M8 11.6v1.7" class="cut" />
    </>
  ),
  warn: () => (
    <>
      <path d="M8 1 15.5 14.5H.5z" fill="currentColor" />
      <path d="M8 6v4m0 1.3v1.4" class="cut" />
    </>
  ),
  skipped: () => (
    <>
      <circle cx="8" cy="8" r="6.2" class="line" stroke-dasharray="3 2.2" />
      <path d="M5 8h6" class="line" />
    </>
  ),
};

/** The shape alone, for pictures and where the word stands nearby. */
export function MarkShape({ outcome }: { readonly outcome: Outcome }): JSX.Element {
  const Shape = SHAPES[outcome];
  return <Shape />;
}

/** Shape and word. */
export function Mark({ outcome }: { readonly outcome: Outcome }): JSX.Element {
  return (
    <span class={`mark ${outcome}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <MarkShape outcome={outcome} />
      </svg>
      <span class="word">{OUTCOME_WORDS[outcome]}</span>
    </span>
  );
}
