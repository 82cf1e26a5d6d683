// SPDX-License-Identifier: Apache-2.0
// Fetching the signed CEK: what is kept, what is asked for again, and what is refused.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fixtureSev } from "../../../../fixtures/load.ts";
import { cekPath, fetchCek } from "../../src/kds/cek.ts";
import type { CekOptions } from "../../src/kds/cek.ts";
import { TransportError } from "../../src/kds/transport.ts";
import { ManualClock, ScriptedTransport, ok, status, temporaryFolder } from "./support.ts";
import type { Step } from "./support.ts";

const CHIP = Uint8Array.from({ length: 64 }, (_, i) => i);
const CEK = fixtureSev("rome.cek.cert");

/** A request with these answers. */
function asking(steps: readonly Step[], more: Partial<CekOptions> = {}) {
  const transport = new ScriptedTransport(...steps);
  const clock = new ManualClock();
  const said: string[] = [];
  const options: CekOptions = {
    deadlineMs: 20_000,
    transport: transport.send,
    clock,
    say: (message) => said.push(message),
    ...more,
  };
  return { fetch: async () => fetchCek(CHIP, options), transport, clock, said };
}

test("it is asked for by the chip's id", async () => {
  const { fetch, transport } = asking([ok(CEK)]);
  assert.deepEqual((await fetch()).bytes, CEK);
  const [request] = transport.requests;
  assert.equal(request?.url, `https://kdsintf.amd.com${cekPath(CHIP)}`);
  assert.match(cekPath(CHIP), /^\/cek\/id\/00010203[0-9a-f]{120}$/);
  const mirror = asking([ok(CEK)], { baseUrl: "https://mirror.example/kds" });
  await mirror.fetch();
  assert.ok(mirror.transport.requests[0]?.url.startsWith("https://mirror.example/kds/cek/id/"));
});

test("a busy or failing service is asked again, no sooner than it says", async () => {
  const { fetch, clock, transport } = asking([
    status(429, "5"),
    status(503),
    new TransportError("connection", "reset"),
    ok(CEK),
  ]);
  assert.deepEqual((await fetch()).bytes, CEK);
  assert.equal(transport.requests.length, 4);
  assert.ok((clock.slept[0] ?? 0) >= 5000);
});

test("what cannot help is not tried again", async () => {
  const rows: readonly (readonly [readonly Step[], string])[] = [
    [[status(404)], "not-found"],
    [[status(403)], "bad-response"],
    [[new TransportError("too-large", "sent more than 2084 bytes")], "bad-response"],
    [[ok(CEK.subarray(1))], "bad-response"],
    [[ok(fixtureSev("rome.pek.cert"))], "bad-response"],
    [[ok(unsigned())], "bad-response"],
    [[status(500), status(500), status(500), status(500)], "unreachable"],
    [[status(429, "100")], "throttled"],
  ];
  for (const [steps, code] of rows) {
    const { fetch, transport } = asking(steps);
    await assert.rejects(fetch(), { name: "KdsError", code, path: cekPath(CHIP) });
    assert.equal(transport.requests.length, steps.length);
  }
});

test("what one service said is not taken for another's, but better than nothing offline", async (t) => {
  const cacheFolder = temporaryFolder(t);
  const forged = Uint8Array.from(CEK);
  forged[0x30]! ^= 1;
  const mirror = { cacheFolder, baseUrl: "https://mirror.example/kds" };
  assert.deepEqual((await asking([ok(forged)], mirror).fetch()).bytes, forged);
  const offline = asking([], { cacheFolder, offline: true });
  assert.deepEqual((await offline.fetch()).bytes, forged);
  assert.deepEqual((await asking([ok(CEK)], { cacheFolder }).fetch()).bytes, CEK);
  assert.deepEqual((await asking([], mirror).fetch()).bytes, forged);
  assert.deepEqual((await offline.fetch()).bytes, CEK);
});

test("it is kept, found again, and asked for anew when it is damaged", async (t) => {
  const cacheFolder = temporaryFolder(t);
  await asking([ok(CEK)], { cacheFolder }).fetch();
  const [name] = readdirSync(join(cacheFolder, "cek"));
  const file = join(cacheFolder, "cek", name ?? "");
  assert.deepEqual(new Uint8Array(readFileSync(file)), CEK);
  const again = asking([], { cacheFolder, offline: true });
  assert.deepEqual((await again.fetch()).bytes, CEK);
  writeFileSync(file, CEK.subarray(1));
  const damaged = asking([ok(CEK)], { cacheFolder });
  assert.deepEqual((await damaged.fetch()).bytes, CEK);
  assert.match(damaged.said.join("\n"), /damaged/);
  assert.deepEqual(new Uint8Array(readFileSync(file)), CEK);
});

test("without network only what is kept counts", async () => {
  await assert.rejects(asking([], { offline: true }).fetch(), { code: "offline" });
});

test("a folder that others can write to is no cache", async (t: TestContext) => {
  const cacheFolder = temporaryFolder(t);
  mkdirSync(join(cacheFolder, "cek"));
  chmodSync(join(cacheFolder, "cek"), 0o777);
  const { fetch, said } = asking([ok(CEK)], { cacheFolder });
  await fetch();
  assert.match(said.join("\n"), /not a folder that only you can write to/);
  assert.deepEqual(readdirSync(join(cacheFolder, "cek")), []);
});

/** The CEK as a host exports it. */
function unsigned(): Uint8Array {
  const bytes = Uint8Array.from(CEK);
  bytes.fill(0, 0x414);
  bytes[0x415] = 0x10;
  return bytes;
}
