// SPDX-License-Identifier: Apache-2.0
// Launches through QMP whose messages get lost, doubled, out of order, cut or garbled, and whose peer
// dies: never a release without acceptance, never a hang, and the record says what happened.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { runLaunch } from "../../src/launch/run.ts";
import { testPlatform } from "./imitation.ts";
import type { ImitationOptions } from "./imitation.ts";
import { MESSAGE_FAULTS, QmpImitationHost } from "./qmp-peer.ts";
import type { MessageFault } from "./qmp-peer.ts";
import {
  POLICY,
  context,
  materials,
  measuredPieces,
  readRecord,
  temporaryFolder,
} from "./support.ts";

const platform = testPlatform();

/** For faults after which nobody answers any more; all others are waited for as long as it takes. */
const SHORT = 300;
const LONG = 60_000;

const faults = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom<MessageFault>(...MESSAGE_FAULTS)),
  { maxLength: 3 },
);
const honest = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Partial<ImitationOptions>>({}) },
  { weight: 1, arbitrary: fc.constant({ pieces: measuredPieces("evil") }) },
);

test("no faulty message stream gets a secret out, or leaves the record wrong", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(faults, honest, async (given, options) => {
      const folder = temporaryFolder();
      const byNumber = new Map(given);
      const isQuiet = [...byNumber.values()].some(
        (fault) => fault !== "repeat" && fault !== "delay",
      );
      const time = isQuiet ? SHORT : LONG;
      const all = { platform, pieces: measuredPieces(), policy: POLICY, ...options };
      const host = new QmpImitationHost(all, byNumber, time);
      try {
        const deadlines = { start: time, evidence: time, end: time };
        const result = await runLaunch(
          { ...materials(platform), deadlines },
          context(host, folder.path),
        );
        seen.add(result.state);
        const { entries, problems } = readRecord(result.record);
        assert.deepEqual(problems, []);
        assert.equal(entries.at(-1)?.state, result.state);
        const { secrets } = host.inner;
        if (options.pieces !== undefined) assert.deepEqual(secrets, []);
        if (secrets.length > 0 || result.released !== "no") {
          const decided = entries.find(({ step }) => step === "decided");
          assert.equal(decided?.detail["outcome"], "accepted");
          assert.ok(entries.some(({ step }) => step === "releasing"));
        }
        if (given.length === 0 && options.pieces === undefined) {
          assert.equal(result.state, "running", result.reason);
        }
        if (result.state !== "running") assert.equal(host.inner.state, "gone");
      } finally {
        await host.close();
        folder.remove();
      }
    }),
    { numRuns: 50 },
  );
  assert.ok(seen.has("running") && seen.has("failed"), [...seen].join());
});
