// SPDX-License-Identifier: Apache-2.0
// Ctrl-C while the kernel waits for the host: nothing stays behind in the kernel's folder. With the real
// program and real files, where the imitation can be mounted.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { mountKernel, mountObstacle } from "../../../host/test/support/mount.ts";

const program = fileURLToPath(new URL("../../bin/greenlight.js", import.meta.url));

test("an interrupted attest removes its entry and ends by the signal", async (t) => {
  const mounted = mountObstacle() ?? (await mountKernel({ delay: 2000 }));
  if (typeof mounted === "string") {
    t.skip(mounted);
    return;
  }
  try {
    const argv = [program, "attest", "--random", "--tsm", mounted.folder];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data: Buffer) => void (out += data.toString()));
    child.stderr.on("data", (data: Buffer) => void (err += data.toString()));
    const exited = once(child, "exit");
    while (child.exitCode === null && (await readdir(mounted.folder)).length === 0) await sleep(20);
    child.kill("SIGINT");
    const [code, signal] = await exited;
    assert.equal(signal, "SIGINT", `${code} ${err}`);
    assert.match(err, /stopping as soon as the kernel lets go/);
    assert.equal(out, "");
    assert.deepEqual(await readdir(mounted.folder), []);
  } finally {
    await mounted.unmount();
  }
});

test("the program as it is gets evidence out of a mounted folder", async (t) => {
  const mounted = mountObstacle() ?? (await mountKernel({ vmpl: 1 }));
  if (typeof mounted === "string") {
    t.skip(mounted);
    return;
  }
  try {
    const argv = [program, "attest", "--report-data", "c0ffee", "--tsm", mounted.folder];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    child.stdout.on("data", (data: Buffer) => void (out += data.toString()));
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
    assert.match(out, /"schema": "greenlight\/snp-evidence\/v1"/);
    assert.match(out, /"privilegeLevel": 1/);
  } finally {
    await mounted.unmount();
  }
});
