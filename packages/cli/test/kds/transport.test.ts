// SPDX-License-Identifier: Apache-2.0
// One request over HTTP against a server that does everything wrong.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { TransportError, nodeTransport } from "../../src/kds/transport.ts";
import type { Transport } from "../../src/kds/transport.ts";
import { FakeKds } from "../support/fake-kds.ts";

let kds: FakeKds;
const transport = nodeTransport({});
before(async () => {
  kds = await FakeKds.start();
});
after(() => kds.stop());

const get = (send: Transport = transport, timeoutMs = 5000) =>
  send({ url: `${kds.url}/vcek/v1/Milan/crl`, limit: 4096, timeoutMs });

function transportError(kind: TransportError["kind"]): (error: unknown) => boolean {
  return (error) => error instanceof TransportError && error.kind === kind;
}

test("a whole answer is given whatever its status", async () => {
  const { status, body } = await get();
  assert.equal(status, 200);
  assert.ok(body.length > 500);
  kds.misbehave.push({ status: 429, headers: { "retry-after": "7" }, body: "later" });
  const refused = await get();
  assert.deepEqual([refused.status, refused.retryAfter], [429, "7"]);
});

test("a redirect is not followed", async () => {
  kds.misbehave.push({ status: 302, headers: { location: `${kds.url}/elsewhere` } });
  assert.equal((await get()).status, 302);
  assert.ok(!kds.requests.includes("/elsewhere"));
});

test("more than the limit is not taken", async () => {
  kds.misbehave.push("endless");
  await assert.rejects(get(), transportError("too-large"));
});

test("less than was promised is an error", async () => {
  kds.misbehave.push("truncated");
  await assert.rejects(get(), transportError("connection"));
});

test("a connection that is cut is an error", async () => {
  kds.misbehave.push("reset");
  await assert.rejects(get(), transportError("connection"));
});

test("a server that drips or says nothing is given up in time", async () => {
  for (const act of ["drip", "silence"] as const) {
    kds.misbehave.push(act);
    const start = performance.now();
    await assert.rejects(get(transport, 200), transportError("timeout"));
    assert.ok(performance.now() - start < 3000);
  }
});

test("nobody at the port is an error in words", async () => {
  const gone = await FakeKds.start();
  gone.stop();
  await assert.rejects(
    transport({ url: `${gone.url}/vcek/v1/Milan/crl`, limit: 10, timeoutMs: 5000 }),
    (error) => error instanceof TransportError && /refused/.test(error.message),
  );
});

test("a proxy of the environment is used, except for hosts in no_proxy", async (t) => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("by proxy");
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, "127.0.0.1", resolve);
  });
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { body } = await get(nodeTransport({ http_proxy: address }));
  assert.equal(Buffer.from(body).toString(), "by proxy");
  assert.deepEqual(asked, [`${kds.url}/vcek/v1/Milan/crl`]);
  const direct = await get(nodeTransport({ http_proxy: address, no_proxy: "127.0.0.1" }));
  assert.notEqual(Buffer.from(direct.body).toString(), "by proxy");
});

test("a proxy that is no URL is an error in words", async () => {
  await assert.rejects(
    get(nodeTransport({ http_proxy: "http://proxy:notaport" })),
    transportError("connection"),
  );
});
