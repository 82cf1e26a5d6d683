// SPDX-License-Identifier: Apache-2.0
// Every finding of SEV-SNP evidence answers one of the three questions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { APPRAISAL_FINDINGS } from "../../../core/src/finding/catalogue-appraisal.ts";
import { ENDORSEMENT_FINDINGS } from "../../../core/src/finding/catalogue-endorsement.ts";
import type { FindingId } from "../../../core/src/finding/index.ts";
import { groupOf } from "../../src/model/groups.ts";

test("endorsement answers whether it is genuine", () => {
  for (const id of Object.keys(ENDORSEMENT_FINDINGS) as FindingId[]) {
    assert.equal(groupOf(id), "genuine", id);
  }
});

test("appraisal answers whether it is wanted, and fresh", () => {
  for (const id of Object.keys(APPRAISAL_FINDINGS) as FindingId[]) {
    const isFresh = id.startsWith("snp.report-data.") || id === "snp.vmpl.host-requested";
    assert.equal(groupOf(id), isFresh ? "fresh" : "wanted", id);
  }
});
