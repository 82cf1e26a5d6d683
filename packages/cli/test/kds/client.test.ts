// SPDX-License-Identifier: Apache-2.0
// The client with a clock and a server that follow a script: what is asked, when again, and when not.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { kdsPath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { DiskCache } from "../../src/kds/cache.ts";
import { KdsClient } from "../../src/kds/client.ts";
import type { KdsClientOptions } from "../../src/kds/client.ts";
import { readContent } from "../../src/kds/material.ts";
import { TransportError } from "../../src/kds/transport.ts";
import { answerOf, hierarchyOf } from "../support/fake-kds.ts";
import {
  CHAIN,
  CRL,
  ManualClock,
  ScriptedTransport,
  VCEK,
  kdsError,
  ok,
  status,
  temporaryFolder,
} from "./support.ts";
import type { Step } from "./support.ts";

const cut = new TransportError("connection", "cannot be reached: the connection was cut");
const late = new TransportError("timeout", "gave no whole answer in time");
const DAY = 86_400_000;

function setUp(steps: readonly Step[], options: KdsClientOptions = {}) {
  const clock = new ManualClock();
  const transport = new ScriptedTransport(...steps);
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const client = new KdsClient({ transport: transport.send, clock, say, ...options });
  return { client, clock, transport, said, urls: () => transport.requests.map(({ url }) => url) };
}

function cacheIn(t: TestContext): DiskCache {
  const cache = DiskCache.open(join(temporaryFolder(t), "a", "kds"), assert.fail, "own");
  assert.ok(cache !== undefined);
  return cache;
}

/** A list of Milan for a period around the clock's time. */
function list(thisUpdate: number, nextUpdate: number): Uint8Array {
  return hierarchyOf("Milan").crl({ thisUpdate, nextUpdate });
}

test("asks AMD's server by default, a mirror when there is one", async () => {
  for (const baseUrl of [undefined, "https://mirror.example/amd"]) {
    const { client, urls } = setUp([ok(answerOf(VCEK))], baseUrl === undefined ? {} : { baseUrl });
    const answer = await client.get(VCEK);
    assert.equal(answer.origin, "network");
    assert.equal(answer.from, baseUrl ?? "https://kdsintf.amd.com");
    assert.deepEqual(urls(), [`${answer.from}${kdsPath(VCEK)}`]);
  }
});

test("one request for those who ask at the same time and later", async () => {
  const { client, urls } = setUp([ok(answerOf(VCEK)), ok(answerOf(CRL))]);
  const answers = await Promise.all([client.get(VCEK), client.get(CRL), client.get(VCEK)]);
  assert.equal(answers[0], answers[2]);
  assert.equal(await client.get(VCEK), answers[0]);
  assert.equal(urls().length, 2);
});

test("not found is final, and says what it may mean", async () => {
  const { client, urls } = setUp([status(404)]);
  await assert.rejects(client.get(VCEK), (error) => {
    assert.ok(kdsError("not-found", /HTTP 404/)(error));
    assert.match((error as { hint: string }).hint, /Bergamo and Siena are Genoa/);
    return true;
  });
  await assert.rejects(client.get(VCEK), kdsError("not-found"));
  assert.equal(urls().length, 1);
});

test("after 429 waits as long as Retry-After says, in seconds or until a date", async () => {
  const until = new Date(Date.UTC(2026, 5, 1, 0, 0, 9)).toUTCString();
  for (const [field, wait] of [
    ["7", 7000],
    [until, 9000],
  ] as const) {
    const { client, clock, said } = setUp([status(429, field), ok(answerOf(VCEK))]);
    assert.equal((await client.get(VCEK)).origin, "network");
    assert.deepEqual(clock.slept, [wait]);
    assert.match(said.join(), /fewer requests; waiting/);
  }
});

test("after 429 without Retry-After waits longer each time", async () => {
  const { client, clock } = setUp([status(429), status(429), status(429), ok(answerOf(VCEK))]);
  await client.get(VCEK);
  const [first = 0, second = 0, third = 0] = clock.slept;
  assert.ok(first < second && second < third);
});

test("trap 14: does not wait for a Retry-After beyond the deadline, nor ask for anything else before it", async () => {
  const { client, clock, urls } = setUp([status(429, "120"), ok(answerOf(CRL))]);
  await assert.rejects(client.get(VCEK), kdsError("throttled", /another 120 s/));
  await assert.rejects(client.get(CRL), kdsError("throttled"));
  assert.equal(urls().length, 1);
  assert.deepEqual(clock.slept, []);
  clock.time += 120_000;
  assert.equal((await client.get(CRL)).origin, "network");
});

test("server errors and cut connections are tried again, four times at most", async () => {
  const { client } = setUp([status(503), cut, status(500), ok(answerOf(VCEK))]);
  assert.equal((await client.get(VCEK)).origin, "network");
  const dead = setUp([cut, cut, cut, cut]);
  await assert.rejects(dead.client.get(VCEK), kdsError("unreachable", /connection was cut/));
  assert.equal(dead.urls().length, 4);
});

test("an unreachable server is left alone for a minute", async () => {
  const { client, clock, urls } = setUp([cut, cut, cut, cut, ok(answerOf(CRL))]);
  await assert.rejects(client.get(VCEK), kdsError("unreachable"));
  await assert.rejects(client.get(CRL), kdsError("unreachable", /a moment ago/));
  assert.equal(urls().length, 4);
  clock.time += 60_000;
  assert.equal((await client.get(CRL)).origin, "network");
});

test("503 with Retry-After is waited for", async () => {
  const { client, clock } = setUp([status(503, "5"), ok(answerOf(VCEK))]);
  await client.get(VCEK);
  assert.deepEqual(clock.slept, [5000]);
});

test("trap 14: the deadline holds over all attempts", async () => {
  const { client, clock, transport } = setUp([], { deadlineMs: 12_000 });
  const start = clock.time;
  const hang = new ScriptedTransport();
  const slow: typeof hang.send = (request) => {
    transport.requests.push(request);
    clock.time += request.timeoutMs;
    return Promise.reject(late);
  };
  const patient = new KdsClient({ transport: slow, clock, deadlineMs: 12_000 });
  await assert.rejects(patient.get(VCEK), kdsError("deadline"));
  assert.equal(clock.time - start, 12_000);
  assert.equal(transport.requests[0]?.timeoutMs, 10_000);
  assert.ok((transport.requests[1]?.timeoutMs ?? 0) < 2000);
  assert.ok(client.deadline() - clock.time === 12_000);
});

test("requests are paced", async () => {
  const { client, clock } = setUp([ok(answerOf(VCEK)), ok(answerOf(CRL))], { paceMs: 1000 });
  await client.get(VCEK);
  await client.get(CRL);
  assert.deepEqual(clock.slept, [1000]);
});

const STRANGE: readonly (readonly [what: string, step: Step, message: RegExp])[] = [
  ["a page to log in", ok(Buffer.from("<html>")), /something else/],
  ["another chip's VCEK", ok(hierarchyOf("Milan").vcek().der), /another chip/],
  ["an empty body", ok(new Uint8Array()), /something else/],
  ["a redirect", status(302), /redirects are not followed/],
  ["403", status(403), /HTTP 403/],
  ["too much", new TransportError("too-large", "answered with more than 65536 bytes"), /65536/],
];
for (const [what, step, message] of STRANGE) {
  test(`not asked again, and not kept: ${what}`, async (t) => {
    const cache = cacheIn(t);
    const { client, urls } = setUp([step], { cache });
    await assert.rejects(client.get(VCEK), kdsError("bad-response", message));
    assert.equal(urls().length, 1);
    assert.equal(cache.get(VCEK), undefined);
  });
}

test("at most 64 KiB are taken", async () => {
  const { client, transport } = setUp([ok(answerOf(VCEK))]);
  await client.get(VCEK);
  assert.equal(transport.requests[0]?.limit, 65_536);
});

test("certificates are taken from the cache for ever", async (t) => {
  const cache = cacheIn(t);
  const first = setUp([ok(answerOf(VCEK)), ok(answerOf(CHAIN))], { cache });
  await first.client.get(VCEK);
  await first.client.get(CHAIN);
  const second = setUp([], { cache });
  second.clock.time += 5000 * DAY;
  assert.equal((await second.client.get(VCEK)).origin, "cache");
  assert.equal((await second.client.get(CHAIN)).origin, "cache");
  assert.ok(second.client.atHand(VCEK) !== undefined);
});

test("refresh asks whatever is in the cache, and falls back to it", async (t) => {
  const cache = cacheIn(t);
  await setUp([ok(answerOf(VCEK))], { cache }).client.get(VCEK);
  const refreshing = setUp([ok(answerOf(VCEK))], { cache, refresh: true });
  assert.equal((await refreshing.client.get(VCEK)).origin, "network");
  const failing = setUp([status(404)], { cache, refresh: true });
  assert.equal((await failing.client.get(VCEK)).origin, "cache");
});

test("what turned out not to be genuine is forgotten and asked for again", async (t) => {
  const cache = cacheIn(t);
  const { client, urls } = setUp([ok(answerOf(VCEK)), ok(answerOf(VCEK))], { cache });
  await client.get(VCEK);
  client.forget(VCEK);
  assert.equal(client.atHand(VCEK), undefined);
  assert.equal((await client.get(VCEK)).origin, "network");
  assert.equal(urls().length, 2);
});

test("a list is fetched again when it is a day old, or when the next one is due", async (t) => {
  const cache = cacheIn(t);
  const start = new ManualClock().time;
  const bytes = list(start - DAY, start + 10 * DAY);
  await setUp([ok(bytes)], { cache }).client.get(CRL);
  const at = async (time: number): Promise<string> => {
    const { client, clock } = setUp([ok(bytes)], { cache });
    clock.time = start + time;
    return (await client.get(CRL)).origin;
  };
  assert.equal(await at(DAY - 1), "cache");
  assert.equal(await at(DAY), "network");
  assert.equal(await at(DAY + 1000), "cache");
  assert.equal(await at(10 * DAY), "network");
  assert.equal(await at(-1), "network", "it cannot have been fetched in the future");
});

test("an old list is given, and said so, when there is no newer one to be had", async (t) => {
  const cache = cacheIn(t);
  const start = new ManualClock().time;
  await setUp([ok(list(start - DAY, start + 2 * DAY))], { cache }).client.get(CRL);
  for (const [step, words] of [
    [status(429, "600"), /refuses requests/],
    [status(404), /HTTP 404/],
    [ok(Buffer.from("<html>")), /something else/],
  ] as const) {
    const { client, clock } = setUp([step], { cache });
    clock.time = start + 3 * DAY;
    const { origin, note } = await client.get(CRL);
    assert.equal(origin, "cache");
    assert.match(note ?? "", /successor was due on 2026-06-03/);
    assert.match(note ?? "", /fetched on 2026-06-01/);
    assert.match(note ?? "", words);
  }
});

test("offline never uses the network", async (t) => {
  const cache = cacheIn(t);
  await setUp([ok(answerOf(VCEK))], { cache }).client.get(VCEK);
  const { client, urls } = setUp([], { cache, offline: true });
  assert.equal((await client.get(VCEK)).origin, "cache");
  await assert.rejects(client.get(CRL), kdsError("offline"));
  assert.deepEqual(urls(), []);
});

test("a damaged cache costs a request", async (t) => {
  const folder = join(temporaryFolder(t), "a", "kds");
  const said: string[] = [];
  const cache = DiskCache.open(folder, (message) => said.push(message), "own");
  assert.ok(cache !== undefined);
  const content = readContent(VCEK, answerOf(VCEK));
  const damaged = { ...content, bytes: content.bytes.slice(0, 100) };
  cache.put(VCEK, { content: damaged, fetched: 0, from: "a test" });
  const { client } = setUp([ok(answerOf(VCEK))], { cache });
  assert.equal((await client.get(VCEK)).origin, "network");
  assert.match(said.join(), /left out/);
});

test("no address is made of facts that are of no chip", () => {
  const wrong = { ...VCEK, hwId: new Uint8Array(3) } as KdsAddress;
  const { client } = setUp([]);
  assert.throws(() => client.get(wrong), { name: "LayoutError" });
});
