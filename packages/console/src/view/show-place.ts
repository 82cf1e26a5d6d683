// SPDX-License-Identifier: Apache-2.0
// From a finding to the bytes it is about.

import type { FindingPlace } from "@greenlight/core/finding";
import { openView, pointAt } from "../state/cursor.ts";
import { views } from "../state/views.ts";

/** Opens the view a finding is about, points at the bytes, and brings both onto the screen. */
export function showPlace({ artefact, offset = 0 }: FindingPlace): void {
  const name = artefact.toLowerCase();
  const view =
    views.peek().find(({ title }) => title.toLowerCase() === name) ??
    views.peek().find(({ title }) => title.toLowerCase().includes(name)) ??
    views.peek()[0];
  if (view === undefined) return;
  openView.value = view.id;
  pointAt({ view: view.id, offset, from: "finding" });
  const section = document.querySelector("#bytes");
  section?.scrollIntoView({ block: "start" });
  document.querySelector<HTMLElement>("#hexdump")?.focus({ preventScroll: true });
}
