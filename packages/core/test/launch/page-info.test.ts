// SPDX-License-Identifier: Apache-2.0
// The chain of PAGE_INFO structures, against an independent slow implementation of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexEncode } from "../../src/bytes/index.ts";
import {
  LaunchDigest,
  PAGE_INFO,
  PAGE_TYPES,
  digestOf,
  explain,
  extendBy,
} from "../../src/launch/index.ts";
import type { LaunchStep, PageType, PageUpdate } from "../../src/launch/index.ts";
import { slowDigest, slowPageInfo } from "../support/slow-digest.ts";

const pageTypes = Object.keys(PAGE_TYPES) as readonly PageType[];
const gpas = fc.nat(2 ** 40 - 1).map((page) => page * 4096);
const digests = fc.uint8Array({ minLength: 48, maxLength: 48 });

/** Pages out of few patterns, so that neighbours are often equal. */
const contents = fc
  .array(fc.nat(3), { minLength: 1, maxLength: 5 })
  .map((patterns) =>
    Uint8Array.from(
      { length: patterns.length * 4096 },
      (_, i) => patterns[i >> 12]! * ((i % 4096) % 251),
    ),
  );

const steps: fc.Arbitrary<LaunchStep> = fc.oneof(
  fc
    .record({
      what: fc.constant("contents"),
      pageType: fc.constantFrom("NORMAL" as const, "VMSA" as const),
      gpa: gpas,
      data: contents,
      repeat: fc.integer({ min: 1, max: 3 }),
    })
    .map((step) => ({ ...step, size: step.data.length })),
  fc.record({
    what: fc.constant("range"),
    pageType: fc.constantFrom(
      "ZERO" as const,
      "UNMEASURED" as const,
      "SECRETS" as const,
      "CPUID" as const,
    ),
    gpa: gpas,
    size: fc.nat(5).map((pages) => pages * 4096),
    repeat: fc.constant(1),
  }),
);
const plans = fc.array(steps, { maxLength: 6 });
const seeds = fc.option(digests, { nil: undefined });

test("any steps give the digest of the slow implementation, from zero or from a seed", () => {
  fc.assert(
    fc.property(plans, seeds, (plan, seed) => {
      assert.equal(hexEncode(digestOf(plan, seed).value()), slowDigest(plan, seed));
    }),
  );
});

test("the same page object measured at other addresses and as another type is hashed right", () => {
  const page = new Uint8Array(4096).fill(7);
  const other = new Uint8Array(4096).fill(8);
  const step = (pageType: "NORMAL" | "VMSA", gpa: number, data: Uint8Array): LaunchStep => ({
    what: "page",
    pageType,
    gpa,
    size: 4096,
    data,
    repeat: 1,
  });
  const zero: LaunchStep = { what: "zero", pageType: "ZERO", gpa: 0, size: 4096, repeat: 1 };
  const plan = [
    step("NORMAL", 0, page),
    step("VMSA", 4096, page),
    zero,
    step("NORMAL", 0, page),
    step("NORMAL", 0, other),
    step("NORMAL", 0, page),
  ];
  assert.equal(hexEncode(digestOf(plan).value()), slowDigest(plan));
});

test("runs of equal pages of any length, also up to the end, are hashed right", () => {
  for (const run of [1, 2, 7, 8, 9, 10, 16, 63, 64, 65, 66, 72, 73, 128, 129, 130]) {
    for (const after of [0, 1]) {
      const data = new Uint8Array((1 + run + after) * 4096).fill(0xff);
      // The pages around the run differ from it in their last byte only.
      data[4095] = 1;
      if (after === 1) data[data.length - 1] = 2;
      const plan: readonly LaunchStep[] = [
        { what: "run", pageType: "NORMAL", gpa: 0x1000, size: data.length, data, repeat: 1 },
      ];
      assert.equal(hexEncode(digestOf(plan).value()), slowDigest(plan), `${run}, ${after}`);
    }
  }
});

test("PAGE_INFO encodes to the bytes that are hashed", () => {
  fc.assert(
    fc.property(
      digests,
      digests,
      fc.constantFrom(...pageTypes),
      gpas,
      (before, hash, pageType, gpa) => {
        const encoded = PAGE_INFO.encode({
          digestCur: before,
          contents: hash,
          pageType: PAGE_TYPES[pageType],
          imiPage: 0,
          vmpl1Perms: 0,
          vmpl2Perms: 0,
          vmpl3Perms: 0,
          gpa: BigInt(gpa),
        });
        assert.equal(hexEncode(encoded), hexEncode(slowPageInfo(before, hash, pageType, gpa)));
      },
    ),
  );
});

test("a page of zeros is not a ZERO page", () => {
  const data = new Uint8Array(4096);
  const normal: LaunchStep = { what: "", pageType: "NORMAL", gpa: 0, size: 4096, data, repeat: 1 };
  const zero: LaunchStep = { what: "", pageType: "ZERO", gpa: 0, size: 4096, repeat: 1 };
  assert.notDeepEqual(digestOf([normal]).value(), digestOf([zero]).value());
  // SHA-384 of 4096 zero bytes.
  const hash =
    "c0e59a3e3ffbd3b5c75428fb36432facabc745944296ff515f737c4fef4efc64586809f7a16f56354a1eaecf2aa8d774";
  let seen: PageUpdate | undefined;
  explain([normal], undefined, (_step, update) => (seen = update));
  assert.equal(hexEncode(seen!.contents), hash);
});

test("VMPL permissions stand at 0x65 to 0x67, lowest level first", () => {
  const bytes = PAGE_INFO.encode({
    digestCur: new Uint8Array(48),
    contents: new Uint8Array(48),
    pageType: PAGE_TYPES.NORMAL,
    imiPage: 1,
    vmpl1Perms: 1,
    vmpl2Perms: 2,
    vmpl3Perms: 3,
    gpa: 0n,
  });
  assert.deepEqual([...bytes.subarray(0x60, 0x68)], [0x70, 0, 1, 1, 0, 1, 2, 3]);
});

test("a fork goes on from its parent, and neither disturbs the other", () => {
  fc.assert(
    fc.property(plans, plans, plans, (shared, mine, its) => {
      const parent = digestOf(shared);
      const child = parent.fork();
      const length = Math.max(mine.length, its.length);
      for (let i = 0; i < length; i++) {
        if (mine[i] !== undefined) extendBy(parent, mine[i]!);
        if (its[i] !== undefined) extendBy(child, its[i]!);
      }
      assert.deepEqual(parent.value(), digestOf([...shared, ...mine]).value());
      assert.deepEqual(child.value(), digestOf([...shared, ...its]).value());
    }),
  );
});

test("a value taken does not change when the digest goes on", () => {
  const digest = new LaunchDigest();
  const before = digest.value();
  digest.extendRange("ZERO", 0, 4096);
  assert.deepEqual(before, new Uint8Array(48));
  assert.notDeepEqual(digest.value(), before);
});

test("a seed is copied, and must have 48 bytes", () => {
  const seed = new Uint8Array(48).fill(1);
  const digest = new LaunchDigest(seed);
  seed.fill(2);
  assert.deepEqual(digest.value(), new Uint8Array(48).fill(1));
  for (const length of [0, 32, 47, 49, 64]) {
    assert.throws(() => new LaunchDigest(new Uint8Array(length)), {
      name: "LaunchError",
      code: "bad-digest",
    });
  }
});

test("explain() ends where digestOf() ends, each step where the one before it ended", () => {
  fc.assert(
    fc.property(plans, seeds, (plan, seed) => {
      const explained = explain(plan, seed);
      let digest: Uint8Array = seed ?? new Uint8Array(48);
      for (const { before, after } of explained) {
        assert.deepEqual(before, digest);
        digest = after;
      }
      assert.deepEqual(digest, digestOf(plan, seed).value());
      assert.deepEqual(
        explained.map(({ step }) => step),
        plan,
      );
    }),
  );
});

test("a trace tells every page, and each is the SHA-384 of its PAGE_INFO", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const updates: PageUpdate[] = [];
      explain(plan, undefined, (_step, update) => updates.push(update));
      const pages = plan.reduce((sum, { size, repeat }) => sum + (size / 4096) * repeat, 0);
      assert.equal(updates.length, pages);
      for (const { pageType, gpa, before, contents: hash, after } of updates) {
        const step = { pageType, gpa, size: 4096, repeat: 1 };
        if (pageType !== "NORMAL" && pageType !== "VMSA") {
          assert.equal(hexEncode(after), slowDigest([step], before));
          assert.ok(hash.every((byte) => byte === 0));
        }
      }
      updates.slice(1).forEach(({ before }, i) => assert.deepEqual(before, updates[i]!.after));
    }),
  );
});
