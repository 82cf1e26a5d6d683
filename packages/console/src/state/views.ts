// SPDX-License-Identifier: Apache-2.0
// The views of bytes there are, and the one that is open.

import { computed } from "@preact/signals";
import { allViews } from "../model/all-views.ts";
import { openView } from "./cursor.ts";
import { files } from "./files.ts";
import { current, judgement } from "./session.ts";

/** The product line of the current evidence, once a verdict says it. */
const line = computed(() => {
  const now = judgement.value;
  return now.state === "done" && now.judged.subject === current.value
    ? now.judged.verdict.line
    : undefined;
});

/** Every view of bytes there is. */
export const views = computed(() => allViews(files.value, current.value, line.value));

/** The view that is shown. */
export const shownView = computed(
  () => views.value.find(({ id }) => id === openView.value) ?? views.value[0],
);
