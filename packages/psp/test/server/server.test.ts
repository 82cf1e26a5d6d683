// SPDX-License-Identifier: Apache-2.0
// A platform behind its socket: commands go through, what is changed survives, what is secret stays, and
// whoever talks nonsense is told so and breaks nothing.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { base64Decode } from "@greenlight/core/bytes";
import { decodeReport } from "@greenlight/core/evidence";
import { connectPsp } from "../../src/server/client.ts";
import type { PspClient } from "../../src/server/client.ts";
import { Executor } from "../../src/server/executor.ts";
import { PlatformFolder } from "../../src/server/folder.ts";
import { LONGEST_LINE } from "../../src/server/lines.ts";
import { servePlatform } from "../../src/server/server.ts";
import type { PspServer, PspServerOptions } from "../../src/server/server.ts";
import { OPTIONS, newFolder, temporary } from "./support.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const page = base64(new Uint8Array(4096).fill(1));

interface Served {
  readonly folder: PlatformFolder;
  readonly server: PspServer;
  readonly client: PspClient;
}

async function served(
  t: { after(work: () => unknown): void },
  options: PspServerOptions = {},
): Promise<Served> {
  const folder = newFolder(t);
  const server = await servePlatform(folder, options);
  const client = await connectPsp(server.socket);
  t.after(async () => {
    client.close();
    await server.stop();
  });
  return { folder, server, client };
}

test("an SEV-SNP guest is launched and reports, and no key of it comes out", async (t) => {
  const told: string[] = [];
  const { client } = await served(t, { log: (command) => void told.push(command) });
  await client.execute("snp-init");
  const { gctx } = await client.execute("snp-gctx-create");
  await client.execute("snp-launch-start", { gctx, policy: "0x30000" });
  await client.execute("snp-activate", { gctx, asid: 1 });
  const update = { gctx, gpa: 0x1000 };
  await client.execute("snp-launch-update", { ...update, type: "NORMAL", page });
  const secrets = { ...update, type: "SECRETS", size: 4096 };
  assert.deepEqual(await client.execute("snp-launch-update", secrets), {});
  const { digest } = await client.execute("snp-launch-digest", { gctx });
  await client.execute("snp-launch-finish", { gctx, hostData: base64(new Uint8Array(32).fill(8)) });
  const reportData = new Uint8Array(64).fill(3);
  const { report } = await client.execute("guest-report", {
    gctx,
    reportData: base64(reportData),
    vmpl: 2,
  });
  const decoded = decodeReport(base64Decode(String(report)));
  assert.equal(base64(decoded.measurement), digest);
  assert.deepEqual(decoded.reportData, reportData);
  assert.equal(decoded.vmpl, 2);
  const { report: hostReport } = await client.execute("snp-hv-report-req", { gctx });
  assert.equal(decodeReport(base64Decode(String(hostReport))).vmpl, 0xffff_ffff);
  await client.execute("snp-decommission", { gctx });
  await assert.rejects(client.execute("guest-report", { gctx, reportData: base64(reportData) }), {
    code: "refused",
    status: "INVALID_GUEST",
  });
  assert.equal(told[0], "snp-init");
});

test("the legacy platform is initialised, and its keys are the same after a power cycle", async (t) => {
  const { client, folder, server } = await served(t);
  await client.execute("init", { es: true });
  const before = await client.execute("pdh-cert-export");
  assert.equal(base64Decode(String(before["pdh"])).length, 2084);
  assert.equal(base64Decode(String(before["certs"])).length, 6252);
  await client.execute("power-cycle");
  assert.equal((await client.execute("platform-status"))["state"], "UNINIT");
  await client.execute("init");
  assert.deepEqual(await client.execute("pdh-cert-export"), before);
  client.close();
  await server.stop();
  assert.equal(existsSync(server.socket), false);

  const again = await servePlatform(folder);
  const second = await connectPsp(again.socket);
  await second.execute("init");
  assert.deepEqual(await second.execute("pdh-cert-export"), before);
  second.close();
  await again.stop();
});

test("a refused command has AMD's status and says why", async (t) => {
  const { client } = await served(t);
  await assert.rejects(client.execute("pdh-cert-export"), {
    name: "PspError",
    code: "refused",
    status: "INVALID_PLATFORM_STATE",
  });
  await client.execute("snp-init");
  const { gctx } = await client.execute("snp-gctx-create");
  await assert.rejects(client.execute("snp-launch-start", { gctx, policy: 0 }), {
    status: "POLICY_FAILURE",
    message: /bit 17/,
  });
  await assert.rejects(client.execute("snp-page-swap-out"), {
    status: "UNSUPPORTED",
    message: /snp-page-swap-out/,
  });
  await assert.rejects(client.execute("constructor"), { status: "INVALID_COMMAND" });
});

test("arguments are checked by name and kind", async (t) => {
  const { client } = await served(t);
  const wrong = [
    ["activate", { handle: 1 }, /asid is missing/],
    ["activate", { handle: -1, asid: 1 }, /handle/],
    ["activate", { handle: 2 ** 33, asid: 1 }, /handle/],
    ["activate", { handle: "0x", asid: 1 }, /handle/],
    ["activate", { handle: 1, asid: 1, more: 1 }, /"more"; it has handle, asid/],
    ["nop", [], /not an object/],
    ["init", { es: 1 }, /true or false/],
    ["launch-update-data", { handle: 1, data: "no base64!" }, /data is not base64/],
    ["snp-launch-update", { gctx: 1, type: "normal", gpa: 0, page }, /type is not one of/],
    ["snp-launch-update", { gctx: 1, type: "ZERO", gpa: 0 }, /one of page and size/],
    ["snp-config", { reportedTcb: { bootloader: 300 } }, /bootloader/],
    ["snp-vlek-load", { cspId: "x".repeat(201) }, /200 characters/],
  ] as const;
  for (const [name, values, message] of wrong) {
    await assert.rejects(client.execute(name, values), { status: "INVALID_PARAM", message }, name);
  }
});

test("query-commands lists every command with its arguments", async (t) => {
  const { client } = await served(t);
  const { list } = await client.execute("query-commands");
  assert.ok(Array.isArray(list) && list.length > 50);
  assert.ok(list.some((each: { name: string }) => each.name === "launch-secret"));
});

describe("privacy", () => {
  test("folder, state and socket are the owner's alone", async (t) => {
    const { folder, server } = await served(t);
    assert.equal(statSync(folder.path).mode & 0o777, 0o700);
    assert.equal(statSync(folder.stateFile).mode & 0o777, 0o600);
    assert.equal(statSync(server.socket).mode & 0o777, 0o600);
  });

  test("a folder that others may enter is not used", (t) => {
    const path = join(temporary(t), "open");
    mkdirSync(path, { mode: 0o755 });
    chmodSync(path, 0o755);
    assert.throws(() => PlatformFolder.create(path, OPTIONS), { code: "not-private" });
    chmodSync(path, 0o700);
    PlatformFolder.create(path, OPTIONS);
    chmodSync(path, 0o750);
    assert.throws(() => PlatformFolder.open(path), { code: "not-private" });
  });

  test("what cannot be read is not quoted", async (t) => {
    const folder = newFolder(t);
    writeFileSync(folder.stateFile, '{"secret": "0123456789abcdef');
    await assert.rejects(servePlatform(folder), (error: Error) => {
      assert.doesNotMatch(error.message, /0123/);
      return error.name === "PlatformError";
    });
  });
});

describe("folders", () => {
  test("one platform each, served once at a time", async (t) => {
    const { folder } = await served(t);
    assert.throws(() => PlatformFolder.create(folder.path, OPTIONS), { code: "exists" });
    await assert.rejects(servePlatform(folder), { code: "in-use" });
    assert.throws(() => PlatformFolder.open(temporary(t)), { code: "no-folder" });
    assert.equal(PlatformFolder.has(folder.path), true);
  });

  test("a socket that a crash left behind is no obstacle", async (t) => {
    const folder = newFolder(t);
    const script = `require("node:net").createServer().listen(${JSON.stringify(folder.socket)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script], { timeout: 60_000 });
    assert.equal(statSync(folder.socket).isSocket(), true);
    const server = await servePlatform(folder);
    await server.stop();
  });

  test("any other file in its place is left alone", async (t) => {
    const folder = newFolder(t);
    writeFileSync(folder.socket, "somebody's");
    await assert.rejects(servePlatform(folder), { code: "in-use" });
    assert.equal(readFileSync(folder.socket, "utf8"), "somebody's");
  });

  test("a path that is too long for a socket is named", (t) => {
    const path = join(temporary(t), "x".repeat(100));
    const folder = PlatformFolder.create(path, OPTIONS);
    assert.throws(() => folder.socket, { code: "path-too-long" });
  });

  test("nobody there: no-server", async (t) => {
    await assert.rejects(connectPsp(join(temporary(t), "psp.sock")), { code: "no-server" });
  });
});

describe("nonsense", () => {
  async function lineOf(socket: Socket): Promise<string> {
    for await (const line of createInterface({ input: socket })) return line;
    return "";
  }
  const open = (path: string): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(socket));
      socket.once("error", reject);
    });

  test("each line is told what is wrong with it, and the next one works", async (t) => {
    const { server } = await served(t);
    const lines = ["{", "[]", "1", "{}", '{"execute":1}', '{"execute":"nop","id":{}}'];
    for (const line of lines) {
      const socket = await open(server.socket);
      socket.write(`${line}\n`);
      const answer = JSON.parse(await lineOf(socket)) as { id: unknown; error: { status: string } };
      assert.deepEqual([answer.id, answer.error.status], [null, "INVALID_PARAM"], line);
      socket.destroy();
    }
    const client = await connectPsp(server.socket);
    assert.deepEqual(await client.execute("nop"), {});
    client.close();
  });

  test("a line without end is refused when it is too long", async (t) => {
    const { server, client } = await served(t);
    const socket = await open(server.socket);
    socket.on("error", () => socket.destroy());
    const answer = lineOf(socket);
    const piece = Buffer.alloc(1024 * 1024, "x");
    for (let sent = 0; sent <= LONGEST_LINE; sent += piece.length) {
      if (socket.destroyed || !socket.writable) break;
      await new Promise<void>((resolve) => {
        socket.write(piece, () => resolve());
      });
    }
    assert.match(await answer, /INVALID_LENGTH/);
    socket.destroy();
    assert.deepEqual(await client.execute("nop"), {});
  });

  test("answers come in the order of the commands, whatever the pieces", async (t) => {
    const { server } = await served(t);
    const socket = await open(server.socket);
    const text = [1, 2, 3].map((id) => `{"id":${id},"execute":"nop"}\r\n\n`).join("");
    for (const byte of Buffer.from(text)) socket.write(Buffer.of(byte));
    const ids: unknown[] = [];
    for await (const line of createInterface({ input: socket })) {
      ids.push((JSON.parse(line) as { id: unknown }).id);
      if (ids.length === 3) break;
    }
    assert.deepEqual(ids, [1, 2, 3]);
    socket.destroy();
  });

  test("any command with any arguments is answered, never more", async (t) => {
    const folder = newFolder(t);
    const executor = new Executor({ load: () => folder.load(), save: () => undefined });
    const listed = await executor.execute("query-commands");
    assert.ok("return" in listed && Array.isArray(listed.return));
    const commands = listed.return as readonly { name: string; arguments: readonly string[] }[];
    const value = fc.oneof(
      fc.integer({ min: -1, max: 5 }),
      fc.constantFrom(page, "0x30000", "", "ZERO", "CPUID", true, null),
      fc.uint8Array({ maxLength: 200 }).map(base64),
      fc.jsonValue({ maxDepth: 1 }),
    );
    const anyCommand = fc
      .constantFrom(...commands)
      .chain(({ name, arguments: names }) =>
        fc
          .tuple(...names.map((each) => fc.tuple(fc.constant(each.replace("?", "")), value)))
          .map((pairs) => [name, Object.fromEntries(pairs)] as const),
      );
    await fc.assert(
      fc.asyncProperty(anyCommand, async ([name, values]) => {
        const answer = await executor.execute(name, values);
        if ("error" in answer) assert.match(answer.error.status, /^[A-Z_]+$/);
      }),
      { numRuns: 500 },
    );
  });
});

test("the stored state has what changed, and is written only then", async (t) => {
  const folder = newFolder(t);
  let writes = 0;
  const executor = new Executor({
    load: () => folder.load(),
    save: (platform) => {
      writes += 1;
      folder.save(platform);
    },
  });
  const before = readFileSync(folder.stateFile, "utf8");
  await executor.execute("nop");
  await executor.execute("platform-status");
  assert.equal(writes, 0);
  await executor.execute("init");
  assert.equal(writes, 1);
  assert.notEqual(readFileSync(folder.stateFile, "utf8"), before);
});
