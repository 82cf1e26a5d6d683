// SPDX-License-Identifier: Apache-2.0
// The tools of the benchmark: medians, processes in turn, peak memory, the table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { median, peakMemory, timeInTurn } from "../lib/processes.ts";
import { table } from "../lib/row.ts";

/** A Node that runs a line of code. */
const node = (code: string): { readonly program: string; readonly args: readonly string[] } => ({
  program: process.execPath,
  args: ["-e", code],
});

test("the median is the middle value, or the mean of the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
});

test("a process that waits takes as much longer as it waits, and outputs are kept", () => {
  const wait = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150); console.log(7)";
  const { quick, slow } = timeInTurn({ quick: node("0"), slow: node(wait) }, 3);
  assert.equal(quick.output, "");
  assert.equal(slow.output, "7\n");
  assert.ok(slow.median >= 150 && slow.min >= 150 && slow.min <= slow.median);
  assert.ok(quick.min < slow.min);
});

test("a process that fails, cannot start or prints something else each time is refused", () => {
  assert.throws(() => timeInTurn({ bad: node("process.exit(3)") }, 1), /process\.exit/);
  assert.throws(() => timeInTurn({ bad: { program: "/nowhere", args: [] } }, 1), /ENOENT/);
  assert.throws(() => timeInTurn({ bad: node("console.log(process.pid)") }, 1), /the same twice/);
});

test(
  "peak memory counts what a process has held at one time",
  {
    skip: process.platform === "linux" ? false : "only Linux tells",
  },
  async () => {
    const hold = (megabytes: number): string =>
      `const held = Buffer.alloc(${megabytes}e6, 1); setTimeout(() => held, 30)`;
    const small = await peakMemory(node(hold(1)));
    const large = await peakMemory(node(hold(101)));
    assert.ok(small !== undefined && large !== undefined);
    assert.ok(Math.abs(large - small - 100e6) < 15e6, `${small} and ${large}`);
    await assert.rejects(peakMemory(node("process.exit(1)")), /ended with 1/);
    await assert.rejects(peakMemory({ program: "/nowhere", args: [] }), /ENOENT/);
  },
);

test("the table is aligned and says NO to a goal that is missed", () => {
  const text = table([
    { group: "a", what: "quick", measured: "1.00 ms", reference: "2.00 ms", ratio: 0.5 },
    { group: "b", what: "much slower", measured: "9 ms", goal: "<= 1 ms", met: false },
  ]);
  assert.deepEqual(text.split("\n"), [
    "   what         measured  reference  ratio  goal     met",
    "a  quick        1.00 ms   2.00 ms    0.50",
    "b  much slower  9 ms                        <= 1 ms  NO",
  ]);
});
