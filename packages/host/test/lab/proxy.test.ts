// SPDX-License-Identifier: Apache-2.0
// The lab's QMP server against clients that are not as they should be.

import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import fc from "fast-check";
import { QmpProxy } from "../../src/lab/monitor/proxy.ts";
import type { CommandHandler } from "../../src/lab/monitor/proxy.ts";
import { CommandRefusal } from "../../src/lab/qemu-refusal.ts";
import { QmpError } from "../../src/qmp/index.ts";
import type { QmpEvent } from "../../src/qmp/index.ts";
import { guestFolder } from "../support/lab.ts";

/** An emulator that answers every command with its name. */
function fakeMonitor() {
  const listeners = new Set<(event: QmpEvent) => void>();
  return {
    greeting: { version: { major: 9, minor: 1, micro: 0 }, package: "test", capabilities: [] },
    onEvent(listener: (event: QmpEvent) => void) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    execute: async (command: string) => {
      if (command !== "die") return Promise.resolve({ command });
      throw new QmpError("closed", "gone");
    },
    emit(name: string) {
      for (const listener of listeners) listener({ name, data: {} });
    },
  };
}

const handler: CommandHandler = {
  answer(command) {
    if (command === "own") return Promise.resolve({ value: { mine: true } });
    if (command === "refuse") return Promise.reject(new CommandRefusal("not like this"));
    return Promise.resolve("pass-on");
  },
};

async function served(context: TestContext) {
  const path = join(await guestFolder(context), "qmp");
  const monitor = fakeMonitor();
  const proxy = new QmpProxy(monitor, handler);
  await proxy.listen(path);
  context.after(async () => proxy.close());
  return { path, monitor };
}

/** Everything that comes until the server ends the connection. */
async function conversation(path: string, bytes: Uint8Array): Promise<string> {
  const socket = connect(path);
  let said = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  // A server that has ended the connection already takes nothing more.
  socket.on("error", () => undefined);
  socket.end(bytes);
  await closed(socket);
  return said;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}

const line = (message: object): string => `${JSON.stringify(message)}\n`;

describe("the lab's QMP server", () => {
  test("answers, refuses, passes on, and ends with the emulator", async (context) => {
    const { path } = await served(context);
    const text = ["qmp_capabilities", "own", "refuse", "other", "die", "own"]
      .map((execute, id) => line({ execute, id }))
      .join("");
    const [greeting, ...answers] = (await conversation(path, Buffer.from(text))).trim().split("\n");
    assert.match(greeting ?? "", /^\{"QMP":/);
    assert.deepEqual(
      answers.map((each): unknown => JSON.parse(each)),
      [
        { return: {}, id: 0 },
        { return: { mine: true }, id: 1 },
        { error: { class: "GenericError", desc: "not like this" }, id: 2 },
        { return: { command: "other" }, id: 3 },
      ],
    );
  });

  test("tells events after negotiation only", async (context) => {
    const { path, monitor } = await served(context);
    const socket = connect(path);
    let said = "";
    const heard = Promise.withResolvers<void>();
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      if (said.includes("QMP") && !said.includes("return")) {
        monitor.emit("EARLY");
        socket.write(line({ execute: "qmp_capabilities" }));
      } else if (!said.includes("LATE")) monitor.emit("LATE");
      else heard.resolve();
    });
    await heard.promise;
    assert.equal(said.includes("EARLY"), false);
    socket.destroy();
  });

  test("whatever a client sends, the next one is served", async (context) => {
    const { path } = await served(context);
    const message = fc.oneof(
      fc.constantFrom("qmp_capabilities", "own", "refuse").map((execute) => line({ execute })),
      fc.json().map((text) => `${text}\n`),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 6 }), async (messages) => {
        const said = await conversation(path, Buffer.from(messages.join("")));
        for (const each of said.trim().split("\n")) JSON.parse(each);
      }),
      { numRuns: 60 },
    );
    assert.match(await conversation(path, new Uint8Array(0)), /^\{"QMP":/);
  });

  test("a line without end and a flood of commands end the connection", async (context) => {
    const { path } = await served(context);
    const endless = await conversation(path, Buffer.alloc(3 * 1024 * 1024, "x"));
    assert.ok(endless.length < 1000);
    const flood = line({ execute: "own" }).repeat(5000);
    await conversation(path, Buffer.from(flood));
    assert.match(await conversation(path, new Uint8Array(0)), /^\{"QMP":/);
  });
});
