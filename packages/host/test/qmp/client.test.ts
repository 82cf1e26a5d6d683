// SPDX-License-Identifier: Apache-2.0
// The QMP client against peers that keep to the protocol, and peers that do not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { QmpClient, QmpError } from "@greenlight/host/qmp";
import type { QmpErrorCode, QmpEvent } from "@greenlight/host/qmp";
import { GREETING, QmpPeer, tablePeer } from "../support/qmp-peer.ts";

/** Longer than any test takes: what is meant to fail by a deadline names its own. */
const PATIENT = { timeoutMs: 120_000 };

function failure(code: QmpErrorCode, words: RegExp) {
  return (error: unknown): boolean => {
    assert(error instanceof QmpError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  };
}

/** A peer that negotiates and does with other commands what the test wants. */
function peerWith(answer: ConstructorParameters<typeof QmpPeer>[0]): QmpPeer {
  return new QmpPeer((request, peer) => {
    if (request.execute === "qmp_capabilities") peer.reply(request, {});
    else answer(request, peer);
  });
}

test("the greeting is read and negotiation left", async () => {
  const peer = tablePeer({});
  const client = await QmpClient.open(peer.client, PATIENT);
  assert.deepEqual(client.greeting, {
    version: { major: 7, minor: 2, micro: 22 },
    package: "Debian 1:7.2+dfsg-7",
    capabilities: ["oob"],
  });
  assert.deepEqual(
    peer.requests.map(({ execute }) => execute),
    ["qmp_capabilities"],
  );
  client.close();
});

test("answers are matched by id, whatever their order, with events between", async () => {
  const held: (() => void)[] = [];
  const peer = peerWith((request, self) => {
    held.unshift(() => {
      self.send({ timestamp: { seconds: 1, microseconds: 2 }, event: "RESUME" });
      self.reply(request, { was: request.execute });
    });
    if (held.length === 3) for (const release of held) release();
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  const events: QmpEvent[] = [];
  client.onEvent((event) => events.push(event));
  const answers = await Promise.all(
    ["a", "b", "c"].map(async (name) => client.execute(name, undefined, PATIENT)),
  );
  assert.deepEqual(answers, [{ was: "a" }, { was: "b" }, { was: "c" }]);
  assert.deepEqual(
    events,
    ["", "", ""].map(() => ({ name: "RESUME", data: {} })),
  );
  client.close();
});

test("a message may come in any pieces, and several in one", async () => {
  const peer = peerWith((request, self) => {
    const bytes = Buffer.from(`${JSON.stringify({ return: "\u00e4\u{1f600}", id: request.id })}\n`);
    for (const byte of bytes) self.raw(Uint8Array.of(byte));
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  assert.equal(await client.execute("x", undefined, PATIENT), "\u00e4\u{1f600}");
  client.close();
});

test("a refusal carries QEMU's class and words, made harmless to a terminal", async () => {
  const peer = peerWith((request, self) => self.refuse(request, `no\u001b[2J ${"x".repeat(5000)}`));
  const client = await QmpClient.open(peer.client, PATIENT);
  await assert.rejects(client.execute("cont", undefined, PATIENT), (error: unknown) => {
    assert(error instanceof QmpError);
    assert.equal(error.code, "refused");
    assert.equal(error.command, "cont");
    assert.equal(error.class, "GenericError");
    assert.match(error.desc ?? "", /^no\?\[2J x+\.\.\.$/);
    assert((error.desc ?? "").length < 420);
    return true;
  });
  client.close();
});

test("a command without an answer times out; its late answer is dropped and others go on", async () => {
  const late: (() => void)[] = [];
  const peer = peerWith((request, self) => {
    if (request.execute === "slow") late.push(() => self.reply(request, 1));
    else self.reply(request, 2);
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  await assert.rejects(
    client.execute("slow", undefined, { timeoutMs: 20 }),
    failure("timeout", /^QEMU did not answer slow within 0.02 s$/),
  );
  for (const release of late) release();
  assert.equal(await client.execute("fast", undefined, PATIENT), 2);
  client.close();
});

test("a signal ends waiting", async () => {
  const peer = peerWith(() => undefined);
  const client = await QmpClient.open(peer.client, PATIENT);
  const stop = new AbortController();
  const waiting = client.execute("x", undefined, { ...PATIENT, signal: stop.signal });
  stop.abort();
  await assert.rejects(waiting, failure("aborted", /^stopped before x was answered$/));
  await assert.rejects(
    client.execute("y", undefined, { ...PATIENT, signal: stop.signal }),
    failure("aborted", /stopped/),
  );
  client.close();
});

test("what ends the connection ends every command, and says why", async (t) => {
  const cases: readonly (readonly [string, (peer: QmpPeer) => void, QmpErrorCode, RegExp])[] = [
    ["the peer ends", (peer) => peer.end(), "closed", /QEMU closed the QMP connection/],
    ["a line that is not JSON", (peer) => peer.line("{nonsense"), "protocol", /not JSON/],
    ["an empty line", (peer) => peer.line(""), "protocol", /not JSON/],
    ["JSON that is no object", (peer) => peer.line("[1]"), "protocol", /not an object/],
    ["bytes that are not UTF-8", (peer) => peer.raw(Uint8Array.of(0xff, 10)), "protocol", /JSON/],
    ["an object of no kind", (peer) => peer.send({ hello: 1 }), "protocol", /not one of QMP/],
    ["two kinds at once", (peer) => peer.send({ return: 1, event: "X" }), "protocol", /not one/],
    ["an answer without id", (peer) => peer.send({ return: 1 }), "protocol", /without an id/],
    ["an id of another kind", (peer) => peer.send({ return: 1, id: 7 }), "protocol", /never given/],
    [
      "an answer to nothing",
      (peer) => peer.send({ return: 1, id: "greenlight-99" }),
      "protocol",
      /does not wait/,
    ],
    [
      "an error without id",
      (peer) => peer.send({ error: { class: "GenericError", desc: "JSON parse error" } }),
      "protocol",
      /did not understand a command: JSON parse error/,
    ],
    ["an error without a body", (peer) => peer.send({ error: 1, id: "x" }), "protocol", /body/],
    ["an event without a name", (peer) => peer.send({ event: 1 }), "protocol", /without a name/],
    ["a second greeting", (peer) => peer.line(GREETING), "protocol", /not one of QMP/],
  ];
  for (const [name, act, code, words] of cases) {
    await t.test(name, async () => {
      const peer = peerWith((_, self) => act(self));
      const client = await QmpClient.open(peer.client, PATIENT);
      await assert.rejects(client.execute("x", undefined, PATIENT), failure(code, words));
      const why = await client.closed;
      assert.equal(why.code, code);
      await assert.rejects(client.execute("y", undefined, PATIENT), failure(code, /answered y/));
      assert(peer.client.destroyed);
    });
  }
});

test("an answer that is given twice ends the connection", async () => {
  const peer = peerWith((request, self) => {
    self.reply(request, 1);
    self.reply(request, 2);
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  assert.equal(await client.execute("x", undefined, PATIENT), 1);
  assert.equal((await client.closed).code, "protocol");
});

test("a line without end is refused before it fills the memory", async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let sent = 0;
  const peer = peerWith((_, self) => {
    for (; sent < 64; sent++) self.raw(chunk);
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  await assert.rejects(
    client.execute("x", undefined, PATIENT),
    failure("protocol", /line of more than 8388608 bytes/),
  );
});

test("a server that does not greet, or greets wrongly, is left", async (t) => {
  const cases: readonly (readonly [string, string | null, QmpErrorCode, RegExp])[] = [
    ["silence", null, "timeout", /did not greet within 0.05 s/],
    ["an answer instead", '{"return":{}}', "protocol", /does not greet/],
    ["no version", '{"QMP":{}}', "protocol", /without its version/],
    [
      "a version of words",
      '{"QMP":{"version":{"qemu":{"major":"7","minor":2,"micro":1}}}}',
      "protocol",
      /not made of numbers/,
    ],
  ];
  for (const [name, greeting, code, words] of cases) {
    await t.test(name, async () => {
      const peer = new QmpPeer(() => undefined, greeting);
      const timeoutMs = code === "timeout" ? 50 : PATIENT.timeoutMs;
      await assert.rejects(QmpClient.open(peer.client, { timeoutMs }), failure(code, words));
      assert(peer.client.destroyed);
    });
  }
});

test("capabilities that are refused leave no connection", async () => {
  const peer = new QmpPeer((request, self) => self.refuse(request, "no"));
  await assert.rejects(QmpClient.open(peer.client, PATIENT), failure("refused", /capabilities/));
  assert(peer.client.destroyed);
});

test("an event can be waited for", async () => {
  const peer = peerWith((request, self) => {
    self.reply(request, {});
    self.send({ event: "STOP" });
    self.send({ event: "SHUTDOWN", data: { guest: true, reason: "guest-shutdown" } });
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  const waiting = client.waitForEvent(({ name }) => name === "SHUTDOWN", PATIENT);
  await client.execute("x", undefined, PATIENT);
  assert.deepEqual((await waiting).data, { guest: true, reason: "guest-shutdown" });
  const never = client.waitForEvent(() => false, PATIENT);
  client.close();
  await assert.rejects(never, failure("closed", /closed on this side/));
});

test("a listener that is stopped hears nothing, and closing twice does nothing", async () => {
  const peer = peerWith((request, self) => {
    self.send({ event: "STOP" });
    self.reply(request, {});
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  const heard: string[] = [];
  client.onEvent(({ name }) => heard.push(name))();
  await client.execute("x", undefined, PATIENT);
  client.close();
  client.close();
  assert.deepEqual(heard, []);
});
