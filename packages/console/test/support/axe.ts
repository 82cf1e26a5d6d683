// SPDX-License-Identifier: Apache-2.0
// axe-core on a page: what breaks WCAG 2.2 AA or axe's best practices.

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

const source = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** The part of axe's answer that is looked at. */
interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Everything axe objects to, a text each; empty when the page is fine. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // Evaluated from outside: the page's own policy would refuse a script tag.
  await page.evaluate(source);
  const violations = await page.evaluate(async () => {
    interface Axe {
      run(options: object): Promise<{
        readonly violations: readonly Violation[];
        readonly passes: readonly unknown[];
      }>;
    }
    const { axe } = globalThis as unknown as { readonly axe: Axe };
    const { violations: found, passes } = await axe.run({ resultTypes: ["violations"] });
    if (passes.length < 10) throw new Error(`axe looked at ${passes.length} rules only`);
    return found;
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );
}
