// SPDX-License-Identifier: Apache-2.0
// The page fits a phone and a zoom of 200 percent, in every state.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { missingChromium } from "./support/chromium.ts";
import { explorerTests } from "./support/explorer.ts";
import { STATES, unfold } from "./support/states.ts";

const skip = missingChromium();
const start = explorerTests();

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

for (const [name, viewport] of Object.entries({
  "a phone, 360 px": { width: 360, height: 740 },
  // 1280 px at 200 percent.
  "a zoom of 200 percent": { width: 640, height: 450 },
})) {
  test(`nothing is wider than ${name}`, { skip }, async () => {
    for (const [state, reach] of Object.entries(STATES)) {
      const explorer = await start({ viewport });
      await reach(explorer);
      assert.equal(await overflow(explorer.page), 0, state);
      await unfold(explorer.page);
      assert.equal(await overflow(explorer.page), 0, `${state}, unfolded`);
      await explorer.close();
    }
  });
}
