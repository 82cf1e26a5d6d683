// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { inOrder } from "../../../src/commands/verify/concurrent.ts";

async function* numbers(count: number, taken: number[] = []): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    taken.push(i);
    yield i;
  }
}

test("results come in the order of the items, whichever is done first", async () => {
  const found: number[] = [];
  const work = async (n: number): Promise<number> => {
    await sleep((n * 7) % 5);
    return n * n;
  };
  for await (const result of inOrder(numbers(40), 4, work)) found.push(result);
  assert.deepEqual(
    found,
    Array.from({ length: 40 }, (_, n) => n * n),
  );
});

test("no more than the limit is under way, and no item is taken early", async () => {
  let running = 0;
  let most = 0;
  const taken: number[] = [];
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await sleep(1);
    running -= 1;
  };
  let done = 0;
  for await (const result of inOrder(numbers(20, taken), 3, work)) {
    assert.equal(result, undefined);
    done += 1;
    assert.ok(taken.length <= done + 3);
  }
  assert.equal(done, 20);
  assert.equal(most, 3);
});

test("an error is told in its turn, and nothing is left running", async () => {
  let running = 0;
  const work = async (n: number): Promise<number> => {
    running += 1;
    await sleep(2);
    running -= 1;
    if (n === 2) throw new Error("two");
    return n;
  };
  const found: number[] = [];
  await assert.rejects(async () => {
    for await (const result of inOrder(numbers(10), 3, work)) found.push(result);
  }, /two/);
  assert.deepEqual(found, [0, 1]);
  assert.equal(running, 0);
});
