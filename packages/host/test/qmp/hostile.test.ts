// SPDX-License-Identifier: Apache-2.0
// The client against a host that drops, repeats, reorders, cuts, delays and invents messages: every
// command ends, with its own answer or with an error of this layer, and with nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { QmpClient, QmpError } from "@greenlight/host/qmp";
import { QmpPeer } from "../support/qmp-peer.ts";

/** What is done to one message of the peer. */
type Mischief =
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "delay"; readonly by: number }
  | { readonly kind: "drop" | "hold" | "pass" | "repeat" }
  | { readonly kind: "garbage"; readonly bytes: Uint8Array }
  | { readonly kind: "rename"; readonly id: string };

const mischief: fc.Arbitrary<Mischief> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Mischief>({ kind: "pass" }) },
  { weight: 1, arbitrary: fc.constantFrom<Mischief>({ kind: "drop" }, { kind: "repeat" }) },
  { weight: 2, arbitrary: fc.constant<Mischief>({ kind: "hold" }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut"), at: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delay"), by: fc.nat(12) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("garbage"), bytes: fc.uint8Array({ maxLength: 40 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rename"),
      id: fc.constantFrom("greenlight-1", "greenlight-2", "greenlight-3", "x", ""),
    }),
  },
);

/** The peer's answer to a command, from which the command can be told. */
const answerTo = (command: string): unknown => ({ echo: command });

test("no mischief makes a command hang, or take another command's answer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(mischief, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (plan, count) => {
        const held: string[] = [];
        const timers: NodeJS.Timeout[] = [];
        let next = 0;
        const peer = new QmpPeer((request, self) => {
          if (request.execute === "qmp_capabilities") {
            self.reply(request, {});
            return;
          }
          const what = plan[next++ % plan.length]!;
          const message = { return: answerTo(request.execute), id: request.id };
          const line = JSON.stringify(message);
          if (what.kind === "pass") self.line(line);
          else if (what.kind === "repeat") {
            self.line(line);
            self.line(line);
          } else if (what.kind === "hold") held.push(line);
          else if (what.kind === "cut") self.raw(line.slice(0, what.at));
          else if (what.kind === "delay") timers.push(setTimeout(() => self.line(line), what.by));
          else if (what.kind === "garbage") self.raw(what.bytes);
          else if (what.kind === "rename") self.send({ ...message, id: what.id });
          if (what.kind === "hold") return;
          // Held messages come behind later ones.
          for (const late of held.splice(0)) self.line(late);
        });
        const client = await QmpClient.open(peer.client, { timeoutMs: 60_000 });
        const commands = Array.from({ length: count }, (_, index) => `command-${index}`);
        const outcomes = await Promise.allSettled(
          commands.map(async (command) => client.execute(command, undefined, { timeoutMs: 8 })),
        );
        for (const timer of timers) clearTimeout(timer);
        for (const [index, outcome] of outcomes.entries()) {
          if (outcome.status === "rejected") {
            assert(outcome.reason instanceof QmpError, String(outcome.reason));
            continue;
          }
          const renamed = plan.some(({ kind }) => kind === "rename");
          // Ids are all that tells answers apart: a host that swaps them lies, as it may in content.
          if (!renamed) assert.deepEqual(outcome.value, answerTo(commands[index]!));
        }
        client.close();
        assert((await client.closed) instanceof QmpError);
        assert(peer.client.destroyed);
      },
    ),
    { numRuns: 150 },
  );
});

test("no bytes at all make opening or a command end in anything but an error of this layer", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }),
      fc.boolean(),
      async (chunks, greets) => {
        const peer = new QmpPeer(
          (request, self) => {
            if (request.execute === "qmp_capabilities" && greets) self.reply(request, {});
            for (const chunk of chunks) self.raw(chunk);
            self.end();
          },
          greets ? undefined : null,
        );
        if (!greets) {
          for (const chunk of chunks) peer.raw(chunk);
          peer.end();
        }
        const run = async (): Promise<unknown> => {
          const client = await QmpClient.open(peer.client, { timeoutMs: 60_000 });
          return client.execute("x", undefined, { timeoutMs: 60_000 });
        };
        await assert.rejects(run(), QmpError);
        assert(peer.client.destroyed);
      },
    ),
    { numRuns: 150 },
  );
});
