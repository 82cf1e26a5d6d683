// SPDX-License-Identifier: Apache-2.0
// axe finds nothing, in any state of the page and in either theme.

import assert from "node:assert/strict";
import { test } from "node:test";
import { axeViolations } from "./support/axe.ts";
import { missingChromium } from "./support/chromium.ts";
import { explorerTests } from "./support/explorer.ts";
import { STATES, unfold } from "./support/states.ts";

const skip = missingChromium();
const start = explorerTests();

for (const colorScheme of ["light", "dark"] as const) {
  for (const [state, reach] of Object.entries(STATES)) {
    test(`axe finds nothing: ${state}, ${colorScheme}`, { skip }, async () => {
      const explorer = await start({ colorScheme });
      await reach(explorer);
      const { page } = explorer;
      // Folded once is enough: what the themes differ in is colour, and unfolded shows all of it.
      if (colorScheme === "light") assert.deepEqual(await axeViolations(page), []);
      await unfold(page);
      if ((await page.locator("[data-row='2']").count()) > 0) {
        await page.locator("[data-row='2']").hover();
      }
      assert.deepEqual(await axeViolations(page), []);
      await explorer.close();
    });
  }
}
