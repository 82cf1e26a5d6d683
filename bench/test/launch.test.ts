// SPDX-License-Identifier: Apache-2.0
// The launches of the benchmark do what they are measured for, and are compared with the same machine.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureFirmware } from "../../fixtures/load.ts";
import { makeSetting } from "../../demo/setting.ts";
import { root } from "../../scripts/lib/process.ts";
import { launchRows } from "../cases/launch.ts";
import { launchOnce, plainMachine } from "../lib/boots.ts";
import { legacyLaunch } from "../lib/legacy-launch.ts";
import { SideClock, done } from "../lib/sides.ts";

test("every launch without QEMU is accepted, and its cryptography alone works", async () => {
  const rows = await launchRows(fixtureFirmware("OVMF.amdsev-2026.08.fd"), 1);
  assert.equal(rows.length, 8);
  assert.ok(rows.every(({ group, ratio = 0 }) => group === "h" && ratio > 0));
});

test("a launch that the owner did not plan is no launch that is timed", async () => {
  const unplanned = legacyLaunch(new Uint8Array(4096), () => []);
  await assert.rejects(async () => unplanned.launch(), /it was rejected/);
});

test("sides are told apart, and their times added up", async () => {
  const clock = new SideClock();
  assert.equal(
    clock.time("psp", () => 7),
    7,
  );
  assert.equal(clock.owner, 0);
  const wait = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  await clock.timeAsync("owner", wait);
  const { owner, psp } = clock;
  await clock.timeAsync("owner", wait);
  assert.ok(owner >= 15 && clock.owner >= owner + 15);
  assert.equal(clock.psp, psp);
  assert.throws(() => done({ status: "INVALID_GUEST" }), /refused: INVALID_GUEST/);
});

test("the plain machine is that of the launch, without what launches it", async () => {
  const setting = await makeSetting("software", () => undefined);
  try {
    const program = join(root, "packages/cli/bin/greenlight.js");
    const command = { program: process.execPath, args: [program] };
    const { args, running, ended } = await launchOnce(setting, command, "timed");
    assert.ok(running > 0 && ended > 0);
    assert.ok(args.includes("-S") && args.includes("-object"));
    const { boot, waiting } = await plainMachine(setting, args);
    const has = (word: string): boolean => boot.args.includes(word);
    assert.ok(["-kernel", "-initrd", "-drive", "-no-reboot"].every(has));
    assert.ok(!["-S", "-qmp", "-qtest", "-object"].some(has));
    assert.deepEqual(waiting.args.slice(boot.args.length), ["-S", "-qmp", "stdio"]);
    const loaded = boot.args.filter((word) => word.startsWith("loader,"));
    const files = loaded.map((word) => /file=([^,]+),/.exec(word)?.[1] ?? "");
    assert.ok(files.length === 2 && files.every(existsSync));
    assert.ok(readFileSync(files[1]!).includes(setting.passphrase));
    await assert.rejects(launchOnce(setting, command, "timed"), /session-used|went wrong/);
  } finally {
    setting.remove();
  }
});
