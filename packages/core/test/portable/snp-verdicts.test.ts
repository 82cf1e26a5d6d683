// SPDX-License-Identifier: Apache-2.0
// Every file of the SEV-SNP vectors comes to what it must, in Node. The explorer's tests run the same
// checks in a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { missingVectors } from "../support/vectors.ts";
import { snpVectors } from "../support/snp-vectors.ts";
import { verdictChecks } from "./snp-verdicts.ts";

test("every SEV-SNP vector, in Node", { skip: missingVectors("snp/index.json") }, async (t) => {
  const { index, files } = snpVectors();
  const checks = verdictChecks(index, files);
  assert.ok(checks.length >= 120, `${checks.length} checks`);
  for (const { name, run } of checks) {
    await t.test(name, async () => assert.equal(await run(), null));
  }
});
