// SPDX-License-Identifier: Apache-2.0
// How a firmware that has stopped is told from one that works.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { firmwareBase } from "../../src/lab/machine/emulator.ts";
import { isDeadLoop, processorState } from "../../src/lab/machine/watch.ts";

/** What edk2 compiles CpuDeadLoop to in Debian's 2026.08: `pause; jmp` back by 17 bytes. */
const LOOP = Buffer.from(
  "4883ec1048c74424080000000048 8b442408 4885c0 7504 f390 ebef c9c3".replaceAll(" ", ""),
  "hex",
);
const PAUSE = LOOP.indexOf(Buffer.from("f390", "hex"));

test("inside of a circle of PAUSE and a jump back", () => {
  for (const at of [PAUSE, PAUSE + 2, PAUSE - 5]) assert.equal(isDeadLoop(LOOP, at), true, `${at}`);
  for (const at of [0, LOOP.length - 1]) assert.equal(isDeadLoop(LOOP, at), false, `${at}`);
});

test("a jump forward, a cut instruction, other code: no circle", () => {
  assert.equal(isDeadLoop(Buffer.from("f390eb05", "hex"), 0), false);
  assert.equal(isDeadLoop(Buffer.from("f390eb", "hex"), 0), false);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (code, at) => {
      const bytes = Buffer.from(code).toString("hex");
      if (!bytes.includes("f390eb")) assert.equal(isDeadLoop(code, at), false);
      else isDeadLoop(code, at);
    }),
  );
});

test("the state of a processor out of the human monitor's text", () => {
  const text =
    "RAX=0000000000000000 RBX=1\nRIP=000000001ec73148 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\n";
  assert.deepEqual(processorState(text), { rip: 0x1ec7_3148n, halted: false });
  assert.equal(processorState("EIP=0000fff0"), undefined);
});

test("where the firmware begins", () => {
  const line = (region: string): string =>
    `  00000000ff000000-00000000ffbfffff (prio 0, romd): system.flash1\n` +
    `  00000000ffc00000-00000000ffffffff (prio 0, romd): ${region}\n`;
  assert.equal(firmwareBase(line("system.flash0")), 0xffc0_0000);
  assert.equal(firmwareBase(line("pc.bios")), 0xffc0_0000);
  assert.equal(firmwareBase(line("other")), undefined);
});
