// SPDX-License-Identifier: Apache-2.0
// QEMU as a process, with other programs in its place: how it starts, ends, speaks and is stopped.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { MachineError, startQemu } from "@greenlight/host/machine";
import { testFolder } from "../support/qemu.ts";

/** Runs a script of node's in QEMU's place. */
const script = (text: string): readonly [string, readonly string[]] => [
  process.execPath,
  ["--input-type=module", "-e", text],
];

test("a program that is not there", async (t) => {
  const folder = await testFolder(t);
  for (const command of ["greenlight-no-such-program", folder]) {
    await assert.rejects(startQemu(command, [], { folder }), (error: unknown) => {
      assert(error instanceof MachineError);
      assert.equal(error.code, "no-qemu");
      return true;
    });
  }
});

test("exit code, standard error and the log", async (t) => {
  const folder = await testFolder(t);
  const log = join(folder, "qemu.log");
  const [command, args] = script(
    "console.log('out'); console.error(process.cwd()); process.exitCode = 3;",
  );
  const child = await startQemu(command, args, { folder, log });
  assert.deepEqual(await child.ended, { exitCode: 3 });
  assert.equal(child.stderr(), `${folder}\n`);
  const logged = await readFile(log, "utf8");
  assert(logged.includes("out\n") && logged.includes(folder));
  assert.equal((await stat(log)).mode & 0o777, 0o600);
});

test("standard error is kept to its end, however much there is", async (t) => {
  const folder = await testFolder(t);
  const [command, args] = script(
    "for (let i = 0; i < 64; i++) process.stderr.write('x'.repeat(16384)); process.stderr.write('END');",
  );
  const child = await startQemu(command, args, { folder });
  assert.deepEqual(await child.ended, { exitCode: 0 });
  assert.equal(child.stderr().length, 64 * 1024);
  assert(child.stderr().endsWith("xEND"));
});

test("a program that does not listen is killed, and by a signal only once", async (t) => {
  const folder = await testFolder(t);
  const [command, args] = script(
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.error('ready');",
  );
  const child = await startQemu(command, args, { folder });
  while (!child.stderr().includes("ready")) await new Promise((resolve) => setTimeout(resolve, 20));
  const [first, second] = await Promise.all([child.stop(50), child.stop(50)]);
  assert.deepEqual(first, { signal: "SIGKILL" });
  assert.deepEqual(second, first);
  assert.deepEqual(await child.stop(), first);
});

test("an end is told although somebody else holds its output open", async (t) => {
  const folder = await testFolder(t);
  const [command, args] = script(
    "import { spawn } from 'node:child_process';" +
      "spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3000)'], { stdio: 'inherit', detached: true }).unref();",
  );
  const child = await startQemu(command, args, { folder });
  assert.deepEqual(await child.ended, { exitCode: 0 });
});

test("a log that cannot be made is an error, and nothing is started", async (t) => {
  const folder = await testFolder(t);
  await mkdir(join(folder, "log"));
  const [command, args] = script("process.exit(0)");
  await assert.rejects(startQemu(command, args, { folder, log: join(folder, "log") }), {
    code: "EISDIR",
  });
});

test("when this program ends, what it started ends with it", async () => {
  const program =
    `import { startQemu } from ${JSON.stringify(import.meta.resolve("@greenlight/host/machine"))};` +
    "const child = await startQemu(process.execPath, ['-e', 'setTimeout(() => {}, 600000)'], { folder: '/' });" +
    "console.log(child.pid); process.exit(0);";
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--input-type=module",
    "--eval",
    program,
  ]);
  const pid = Number(stdout);
  assert.ok(pid > 0);
  // The signal is sent; that it takes effect is up to the system.
  const end = performance.now() + 60_000;
  while (existsSync(`/proc/${pid}/exe`) && performance.now() < end) await wait(20);
  assert.equal(existsSync(`/proc/${pid}/exe`), false);
});
