// SPDX-License-Identifier: Apache-2.0
// CPU models and names to product lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PRODUCT_LINES,
  cpuName,
  productLineNamed,
  productLineOfCpu,
} from "../../src/evidence/index.ts";

/** Family, model, line, name; at both ends of every range and beside it. */
const CPUS = [
  [0x19, 0x00, "Milan", "Milan"],
  [0x19, 0x0f, "Milan", "Milan"],
  [0x19, 0x10, "Genoa", "Genoa"],
  [0x19, 0x11, "Genoa", "Genoa"],
  [0x19, 0x1f, "Genoa", "Genoa"],
  [0x19, 0x20, undefined, undefined],
  [0x19, 0x9f, undefined, undefined],
  [0x19, 0xa0, "Genoa", "Bergamo / Siena"],
  [0x19, 0xaf, "Genoa", "Bergamo / Siena"],
  [0x19, 0xb0, undefined, undefined],
  [0x1a, 0x00, "Turin", "Turin"],
  [0x1a, 0x11, "Turin", "Turin"],
  [0x1a, 0x12, undefined, undefined],
  [0x1a, 0x50, "Venice", "Venice"],
  [0x1a, 0x57, "Venice", "Venice"],
  [0x1a, 0x90, "Venice", "Venice"],
  [0x1a, 0xc7, "Venice", "Venice"],
  [0x1a, 0xc8, undefined, undefined],
  [0x17, 0x31, undefined, undefined],
  [0x00, 0x00, undefined, undefined],
] as const;

test("every range of models, and what is beside it", () => {
  for (const [family, model, line, name] of CPUS) {
    for (const stepping of [0, 2, 255]) {
      const cpu = { family, model, stepping };
      assert.equal(productLineOfCpu(cpu), line, `${family}/${model}`);
      assert.equal(cpuName(cpu), name, `${family}/${model}`);
    }
  }
});

test("lines by name in any case, relatives included", () => {
  assert.equal(productLineNamed("milan"), "Milan");
  assert.equal(productLineNamed("BERGAMO"), "Genoa");
  assert.equal(productLineNamed("Siena"), "Genoa");
  assert.equal(productLineNamed("Turin"), "Turin");
  for (const none of ["", "Naples", "Milan-B0", "__proto__"]) {
    assert.equal(productLineNamed(none), undefined, none);
  }
});

test("each line stands under its own name", () => {
  for (const [name, { line }] of Object.entries(PRODUCT_LINES)) assert.equal(line, name);
});
