// SPDX-License-Identifier: Apache-2.0
// The launches of the demonstration with real QEMU: every one comes out as its row says, by its record,
// its exit code, and what the guest printed.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch } from "../launch.ts";
import { GENERATIONS, SCENARIOS } from "../scenarios.ts";
import { PROOF, makeSetting, missingProgram } from "../setting.ts";
import type { Setting } from "../setting.ts";

const missing = missingProgram();
const skip = missing === undefined ? false : `${missing} is not installed`;

/** A loaded machine is ten times slower than a quiet one. */
const timeout = 300_000;

describe("launches with real QEMU", { skip }, () => {
  let setting: Setting;

  before(async () => {
    setting = await makeSetting("qemu", () => undefined);
  });

  after(() => setting.remove());

  for (const scenario of [...SCENARIOS, ...GENERATIONS]) {
    test(scenario.host, { timeout }, async () => {
      const { observed, deviations, out, err } = await launch(setting, scenario);
      assert.deepEqual(deviations, [], `${out}\n${err}\n${observed.serial}`);
      if (scenario.expected.proof === true) assert.deepEqual(observed.proof, [PROOF]);
    });
  }
});
