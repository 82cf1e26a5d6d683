// SPDX-License-Identifier: Apache-2.0
// The cases that Greenlight and go-sev-guest are compared on, our judgement of each, and the comparison.
// The comparison itself is run where Go and the library are installed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { allCases } from "../differential/cases/index.ts";
import { GROUPS } from "../differential/case.ts";
import type { Case } from "../differential/case.ts";
import { compare } from "../differential/compare.ts";
import type { Judged } from "../differential/compare.ts";
import { DIFFERENCES } from "../differential/differences.ts";
import { judgeOurs } from "../differential/ours.ts";
import type { Judgement } from "../differential/ours.ts";
import { buildPeer, findPeer } from "../differential/peer.ts";
import { replaceSection } from "../differential/section.ts";
import { root } from "../lib/process.ts";

describe("differential cases", () => {
  let cases: readonly Case[];
  let ours: readonly Judgement[];
  before(async () => {
    cases = allCases();
    ours = await Promise.all(cases.map(judgeOurs));
  });

  test("there are hundreds, each with a name of its own, in every group", () => {
    const names = new Set(cases.map(({ group, name }) => `${group}: ${name}`));
    assert.equal(names.size, cases.length);
    assert.ok(cases.length >= 300, String(cases.length));
    for (const group of GROUPS)
      assert.ok(
        cases.some((each) => each.group === group),
        group,
      );
  });

  test("Greenlight judges each as expected, and gives a reason for what it does not accept", () => {
    for (const [i, { group, name, expected }] of cases.entries()) {
      const { outcome, reasons } = ours[i]!;
      assert.equal(
        outcome === "accepted",
        expected === "accepted",
        `${group}: ${name}: ${reasons.join()}`,
      );
      assert.equal(reasons.length === 0, outcome === "accepted", `${group}: ${name}`);
    }
  });

  const peer = findPeer("go", "/usr/share/gocode");
  const skip = "missing" in peer ? `${peer.missing} is absent` : false;
  test("every difference from go-sev-guest has a reason", { skip }, async () => {
    assert.ok(!("missing" in peer));
    const built = buildPeer(peer);
    try {
      const theirs = await built.judge(cases);
      const judged = cases.map((item, i) => ({ item, ours: ours[i]!, theirs: theirs[i]! }));
      const { unexplained, unused } = compare(judged);
      assert.deepEqual(unexplained, []);
      assert.deepEqual(unused, []);
    } finally {
      built.remove();
    }
  });
});

describe("the comparison", () => {
  const judged = (ours: Judgement, theirs: Judgement): Judged => ({
    item: {
      group: "valid",
      name: "made up",
      line: "Milan",
      evidence: new Uint8Array(),
      roots: [],
      at: 0,
      demands: {},
      expected: "accepted",
    },
    ours,
    theirs,
  });
  const accepted = { outcome: "accepted", reasons: [] } as const;

  test("a difference that nothing explains is found", () => {
    const refused = { outcome: "rejected", reasons: ["verify: something new"] } as const;
    const one = compare([judged(accepted, refused), judged(accepted, accepted)]);
    assert.deepEqual([one.unexplained.length, one.bothAccept], [1, 1]);
    const other = compare([
      judged({ outcome: "rejected", reasons: ["snp.new.finding"] }, accepted),
    ]);
    assert.deepEqual([other.unexplained.length, other.unexpected.length], [1, 1]);
  });

  test("a reason does not cover what else is wrong with the same evidence", () => {
    const reasons = ["snp.revocation.ark-revoked", "snp.measurement.expected"];
    assert.equal(
      compare([judged({ outcome: "rejected", reasons }, accepted)]).unexplained.length,
      1,
    );
  });

  test("a crash of the peer is a difference whatever we say", () => {
    const crash = { outcome: "panic", reasons: ["parse: slice bounds"] } as const;
    const refused = { outcome: "rejected", reasons: ["LayoutError"] } as const;
    const { explained, neitherAccepts } = compare([judged(refused, crash)]);
    assert.equal(explained.flatMap(({ cases }) => cases).length, 1);
    assert.equal(neitherAccepts, 0);
  });

  test("the documentation tells every difference", () => {
    const text = readFileSync(join(root, "docs", "where-tools-disagree.md"), "utf8");
    for (const { subject, ours, theirs, right, why } of DIFFERENCES) {
      assert.ok(text.includes(`| ${subject} |`), subject);
      assert.ok(text.includes(`| ${ours} | ${theirs} | ${right}: ${why} |`), subject);
    }
  });

  test("the section is added once and then replaced, and the rest stays", () => {
    const added = replaceSection("# Title\n\ntext\n", "first");
    assert.match(added, /^# Title\n\ntext\n\n## SEV-SNP evidence[^\n]*\n\nfirst\n$/);
    const between = replaceSection(`${added}\n## Next\n\nmore\n`, "second");
    assert.ok(!between.includes("first"));
    assert.match(between, /\n\nsecond\n\n## Next\n\nmore\n$/);
  });
});
