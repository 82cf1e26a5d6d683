// SPDX-License-Identifier: Apache-2.0
// Axes: equal values become one choice, distances, and how distances of combinations add up.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { axis, combine, either, histogram } from "../../src/diagnose/axis.ts";
import type { Offer } from "../../src/diagnose/axis.ts";

const offers: readonly Offer<number>[] = [
  { value: 7, label: "seven", cost: 2 },
  { value: 1, label: "one", cost: 1 },
  { value: 7, label: "sept", cost: 1 },
  { value: 3, label: "three", cost: 3 },
];

function axisOf(expected: number | undefined, fixed = false) {
  return axis({
    dimension: "vcpus",
    expected: expected === undefined ? undefined : { value: expected, label: `n${expected}` },
    offers,
    key: String,
    fixed,
  });
}

test("the expected value comes first and costs nothing, also when it is offered", () => {
  const { choices, expected } = axisOf(7);
  assert.deepEqual(choices[0], { value: 7, cost: 0, label: "n7", aliases: ["seven", "sept"] });
  assert.equal(expected, choices[0]);
  assert.deepEqual(
    choices.map(({ value }) => value),
    [7, 1, 3],
  );
});

test("equal offers become one choice at the least distance, with aliases", () => {
  const seven = axisOf(9).choices.find(({ value }) => value === 7);
  assert.deepEqual(seven, { value: 7, cost: 1, label: "seven", aliases: ["sept"] });
});

test("without an expectation everything likely costs nothing", () => {
  const { choices, expected } = axisOf(undefined);
  assert.equal(expected, undefined);
  assert.deepEqual(
    choices.map(({ value, cost }) => [value, cost]),
    [
      [7, 0],
      [1, 0],
      [3, 2],
    ],
  );
});

test("a fixed axis keeps to the expected value; an open one cannot be fixed", () => {
  assert.equal(axisOf(7, true).choices.length, 1);
  assert.equal(axisOf(undefined, true).choices.length, 3);
});

test("distances of combinations are counted as they are listed", () => {
  const costs = fc.array(fc.record({ cost: fc.nat(4) }), { maxLength: 6 });
  fc.assert(
    fc.property(costs, costs, (a, b) => {
      const both = a.flatMap((x) => b.map((y) => ({ cost: x.cost + y.cost })));
      const trim = (counts: readonly number[]): string => counts.join(",").replace(/(,0)+$/, "");
      assert.equal(trim(combine(histogram(a), histogram(b))), trim(histogram(both)));
      assert.equal(trim(either(histogram(a), histogram(b))), trim(histogram([...a, ...b])));
    }),
  );
});
