// SPDX-License-Identifier: Apache-2.0
// Waiting for a host: what comes first is what counts, and nothing is left behind.

import assert from "node:assert/strict";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { test } from "node:test";
import { inTime } from "../../src/launch/deadline.ts";
import type { GuestEnd } from "../../src/launch/hypervisor.ts";

const PATIENCE = { what: "the answer", milliseconds: 600_000 };
const END: GuestEnd = { reason: "the guest powered off", exitCode: 0 };

const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("a wait that is over keeps no timer, also when the guest ends later", async () => {
  const before = timers();
  const { promise: ended, resolve } = Promise.withResolvers<GuestEnd>();
  assert.equal(await inTime(Promise.resolve(7), { ...PATIENCE, ended }), 7);
  assert.equal(timers(), before);
  resolve(END);
  await turn();
  assert.equal(timers(), before);
});

test("an answer that is on its way when the guest ends still counts", async () => {
  const answer = wait(1, 7);
  assert.equal(await inTime(answer, { ...PATIENCE, ended: Promise.resolve(END) }), 7);
});

test("a guest that ends without an answer is told of, and so is a deadline", async () => {
  const never = new Promise<never>(() => undefined);
  const ended = Promise.resolve(END);
  await assert.rejects(inTime(never, { ...PATIENCE, ended }), {
    code: "guest-ended",
    message: "the guest ended before the answer came (the guest powered off)",
  });
  await assert.rejects(inTime(never, { what: "the answer", milliseconds: 1 }), {
    code: "deadline",
  });
});
