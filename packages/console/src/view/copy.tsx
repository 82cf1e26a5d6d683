// SPDX-License-Identifier: Apache-2.0
// A button that copies a text, and says so.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

/** How long the button says that it has copied, in milliseconds. */
const SAID = 1500;

/** Copies `text`; `what` names it to those who cannot see what stands beside the button. */
export function Copy({
  text,
  what,
}: {
  readonly text: string;
  readonly what: string;
}): JSX.Element {
  const said = useSignal("Copy");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      said.value = "Copied";
    } catch {
      // Not permitted here: the text stands beside the button and can be selected.
      said.value = "Select it";
    }
    setTimeout(() => {
      said.value = "Copy";
    }, SAID);
  };
  return (
    <button type="button" class="small" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {said}
    </button>
  );
}
