// SPDX-License-Identifier: Apache-2.0
// Every state of the page, for what must hold in all of them.

import type { Page } from "playwright-core";
import { ACCEPTED, CHAIN, FIRMWARE, REJECTED, WITHOUT_VCEK, textFile } from "./evidence.ts";
import type { Explorer, TestFile } from "./explorer.ts";

/** Every state of the page. */
export const STATES: Readonly<Record<string, (explorer: Explorer) => Promise<unknown>>> = {
  empty: async ({ page }) => page.locator(".samples").waitFor(),
  accepted: async (explorer) => judged(explorer, ACCEPTED),
  rejected: async (explorer) => judged(explorer, REJECTED),
  undecided: async (explorer) => judged(explorer, WITHOUT_VCEK),
  unreadable: async (explorer) => {
    await explorer.give(textFile("notes.txt", "no evidence"), {
      name: "empty.bin",
      bytes: Uint8Array.of(),
    });
    await explorer.page.locator(".files .problem").first().waitFor();
  },
  measured: async (explorer) => {
    await judged(explorer, [...ACCEPTED, CHAIN, FIRMWARE]);
    await explorer.page.locator("section:has(> #measurement-title) .comparison").waitFor();
  },
};

async function judged(explorer: Explorer, files: readonly TestFile[]): Promise<void> {
  await explorer.give(...files);
  await explorer.verdict();
}

/** Unfolds everything that folds. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    const folded = document.querySelectorAll<HTMLElement>("[aria-expanded='false']");
    // A few of many rows that look alike.
    for (const button of [...folded].slice(0, 12)) button.click();
  });
}
