// SPDX-License-Identifier: Apache-2.0
// Starts the explorer in its page.

import { render } from "preact";
import type { Sample } from "./model/sample.ts";
import { keepJudging } from "./state/session.ts";
import { App } from "./view/app.tsx";

/** What the build put into the page. */
function samplesOfPage(): readonly Sample[] {
  const text = document.querySelector("#samples")?.textContent ?? "[]";
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by our own build
  return JSON.parse(text) as readonly Sample[];
}

const page = document.querySelector("#page");
if (page !== null) {
  page.replaceChildren();
  keepJudging();
  render(<App samples={samplesOfPage()} />, page);
}
