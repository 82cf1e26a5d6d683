// SPDX-License-Identifier: Apache-2.0
// firstDivergence() against the digests themselves and against a naive walk page by page.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { digestOf, explain, firstDivergence } from "../../src/launch/index.ts";
import type { LaunchStep, PageUpdate } from "../../src/launch/index.ts";
import { hexEncode } from "../../src/bytes/index.ts";

/** Pages of few different contents, so that equal ones are common. */
function content(...pages: readonly number[]): Uint8Array {
  const data = new Uint8Array(pages.length * 4096);
  pages.forEach((value, i) => (data[i * 4096 + 4095] = value));
  return data;
}

function normal(gpa: number, ...pages: readonly number[]): LaunchStep {
  const data = content(...pages);
  return { what: "data", pageType: "NORMAL", gpa, size: data.length, data, repeat: 1 };
}

function zero(gpa: number, pages: number): LaunchStep {
  return { what: "zero", pageType: "ZERO", gpa, size: pages * 4096, repeat: 1 };
}

function vmsa(value: number, repeat: number): LaunchStep {
  const data = content(value);
  return { what: "VMSA", pageType: "VMSA", gpa: 0x1000, size: 4096, data, repeat };
}

const anyStep: fc.Arbitrary<LaunchStep> = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 3 }),
    )
    .map(([page, values]) => normal(page * 4096, ...values)),
  fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }))
    .map(([page, pages]) => zero(page * 4096, pages)),
  fc
    .tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 1, max: 3 }))
    .map(([value, repeat]) => vmsa(value, repeat)),
);
const anySteps = fc.array(anyStep, { maxLength: 5 });

/** Every measured page as one comparable text. */
function pagesOf(steps: readonly LaunchStep[]): readonly string[] {
  const pages: string[] = [];
  explain(steps, undefined, (_, { pageType, gpa, contents }: PageUpdate) => {
    pages.push(`${pageType} ${gpa} ${hexEncode(contents)}`);
  });
  return pages;
}

test("lists diverge exactly where their pages do, and exactly when their digests differ", () => {
  fc.assert(
    fc.property(anySteps, anySteps, fc.boolean(), (first, second, shared) => {
      const a = shared ? [...first, ...second] : first;
      const b = shared ? [...first, ...second.slice(1)] : second;
      const [left, right] = [pagesOf(a), pagesOf(b)];
      let before = 0;
      while (before < Math.max(left.length, right.length) && left[before] === right[before])
        before++;
      const divergence = firstDivergence(a, b);
      const same = hexEncode(digestOf(a).value()) === hexEncode(digestOf(b).value());
      assert.equal(divergence === null, same);
      if (divergence === null) return;
      assert.equal(divergence.pagesBefore, before);
      const { a: pageA, b: pageB } = divergence;
      assert.equal(pageA === null, left[before] === undefined);
      assert.equal(pageB === null, right[before] === undefined);
      if (pageA !== null) assert.ok(left[before]!.startsWith(`${pageA.pageType} ${pageA.gpa} `));
      if (pageB !== null) assert.ok(right[before]!.startsWith(`${pageB.pageType} ${pageB.gpa} `));
    }),
    { numRuns: 400 },
  );
});

test("how the pages are cut into steps does not matter", () => {
  const whole = [normal(0, 1, 2, 3), zero(0x8000, 4)];
  const cut = [normal(0, 1), normal(0x1000, 2, 3), zero(0x8000, 1), zero(0x9000, 3)];
  assert.equal(firstDivergence(whole, cut), null);
});

test("each reason is told, with the step and the page on both sides", () => {
  const firmware = normal(0xff000, 1, 2, 3);
  assert.deepEqual(firstDivergence([firmware], [normal(0xff000, 1, 2, 4)]), {
    pagesBefore: 2,
    a: { what: "data", pageType: "NORMAL", gpa: 0x101000, step: 0 },
    b: { what: "data", pageType: "NORMAL", gpa: 0x101000, step: 0 },
    reason: "contents",
  });
  const reasonOf = (a: readonly LaunchStep[], b: readonly LaunchStep[]): string | undefined =>
    firstDivergence(a, b)?.reason;
  assert.equal(reasonOf([firmware, zero(0, 1)], [firmware, zero(0x1000, 1)]), "address");
  // A page of zeros that is measured as NORMAL is not a ZERO page.
  assert.equal(reasonOf([firmware, zero(0, 1)], [firmware, normal(0, 0)]), "type");
  assert.deepEqual(firstDivergence([vmsa(1, 3)], [vmsa(1, 2)]), {
    pagesBefore: 2,
    a: { what: "VMSA", pageType: "VMSA", gpa: 0x1000, step: 0 },
    b: null,
    reason: "end",
  });
});

test("a section of 4 GiB is compared without walking its pages", () => {
  const pages = 0x10_0000;
  const huge = Array.from({ length: 1000 }, () => zero(0, pages));
  assert.equal(firstDivergence(huge, huge), null);
  assert.equal(firstDivergence(huge, huge.slice(1))!.pagesBefore, 999 * pages);
});
