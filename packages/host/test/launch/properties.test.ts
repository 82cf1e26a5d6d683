// SPDX-License-Identifier: Apache-2.0
// Whatever a host does at whatever step: nothing is released without acceptance, nothing hangs, and the
// record says what happened.

import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { GuestLaunchError } from "../../src/launch/error.ts";
import type { RecordStore } from "../../src/launch/record.ts";
import { runLaunch } from "../../src/launch/run.ts";
import type { LaunchResult } from "../../src/launch/run.ts";
import { ImitationHost, STEPS, testPlatform } from "./imitation.ts";
import type { Failure, ImitationOptions, Step } from "./imitation.ts";
import {
  POLICY,
  context,
  materials,
  measuredPieces,
  readRecord,
  temporaryFolder,
} from "./support.ts";

const platform = testPlatform();

/** For hosts that fall silent; all others are waited for as long as it takes. */
const SHORT = 200;
const LONG = 60_000;

const failure = fc.constantFrom<Failure>("error", "silence", "death");
const failures = fc.dictionary(fc.constantFrom(...STEPS), failure, { maxKeys: 3 });
const lie = fc.constantFrom<Partial<ImitationOptions>>(
  {},
  {},
  { pieces: measuredPieces("evil") },
  { policy: 1 },
  { blob: new Uint8Array(48) },
  { blob: new Uint8Array(0) },
  { info: { buildId: 77 } },
  { info: { state: "uninit" } },
  { running: true },
  { tamper: (payload) => payload.map((byte) => byte ^ 1) },
);

/** A store that fails from some line on: the disk is full. With the reserve there is room again. */
function fullAfter(lines: number, reserve: boolean) {
  return (file: RecordStore): RecordStore => {
    let room = lines;
    return {
      async append(line) {
        if (room <= 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
        room--;
        await file.append(line);
      },
      async useReserve() {
        await file.useReserve();
        if (reserve) room = Number.POSITIVE_INFINITY;
      },
      close: async () => file.close(),
    };
  };
}

interface Case {
  readonly failures: Partial<Record<Step, Failure>>;
  readonly lie: Partial<ImitationOptions>;
  readonly lines: number;
  readonly reserve: boolean;
}

interface CarriedOut {
  readonly host: ImitationHost;
  readonly result: LaunchResult;
  readonly record: ReturnType<typeof readRecord>;
  /** Files in the session folder. */
  readonly left: readonly string[];
}

async function carriedOut(given: Case): Promise<CarriedOut | "not begun"> {
  const folder = temporaryFolder();
  try {
    const host = new ImitationHost({
      platform,
      pieces: measuredPieces(),
      policy: POLICY,
      ...given.lie,
      failures: given.failures,
    });
    const time = Object.values(given.failures).includes("silence") ? SHORT : LONG;
    const deadlines = { start: time, evidence: time, end: time };
    const store = fullAfter(given.lines, given.reserve);
    const result = await runLaunch(
      { ...materials(platform), deadlines },
      context(host, folder.path, { store }),
    );
    const record = readRecord(result.record);
    await host.close();
    return { host, result, record, left: readdirSync(join(folder.path, "session")) };
  } catch (error) {
    if (!(error instanceof GuestLaunchError) || error.code !== "record-unwritable") throw error;
    assert.equal(statSync(join(folder.path, "session", "record.jsonl")).size, 0);
    return "not begun";
  } finally {
    folder.remove();
    assert.equal(existsSync(folder.path), false);
  }
}

const cases = fc.record({
  failures,
  lie,
  lines: fc.oneof(fc.constant(99), fc.integer({ min: 0, max: 13 })),
  reserve: fc.boolean(),
});

test("no failing or lying host gets a secret, hangs the owner, or leaves the record wrong", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      const done = await carriedOut(given);
      if (done === "not begun") {
        assert.equal(given.lines, 0);
        return;
      }
      const { host, result, record, left } = done;
      seen.add(result.state);
      const isHonest = Object.keys(given.lie).length === 0;
      if (host.secrets.length > 0) assert.ok(isHonest, "a lying host got the secret");
      const accepted = record.entries.some(
        ({ step, detail }) => step === "decided" && detail["outcome"] === "accepted",
      );
      if (host.secrets.length > 0 || result.released !== "no") {
        assert.ok(accepted, "released without an accepted list of findings");
        assert.ok(
          record.entries.some(({ step }) => step === "releasing"),
          "released without a record",
        );
      }
      if (result.state === "running") assert.equal(record.entries.at(-1)?.state, "running");
      // What cannot be written is missing at the end; all that is there is right.
      const wrong = record.problems.filter((id) => id !== "launch.record.unended");
      if (record.entries.length > 0) assert.deepEqual(wrong, []);
      if (given.lines === 99 || given.reserve) {
        assert.equal(record.entries.at(-1)?.step, "ended");
        assert.equal(record.entries.at(-1)?.state, result.state);
      }
      assert.equal(
        left.some((name) => name.endsWith("_tk.bin")),
        false,
        "keys were left behind",
      );
      if (result.state !== "running" && given.failures["kill"] === undefined) {
        assert.notEqual(host.state, "running");
      }
    }),
    { numRuns: 120 },
  );
  assert.deepEqual([...seen].toSorted(), ["failed", "refused", "running"]);
});
