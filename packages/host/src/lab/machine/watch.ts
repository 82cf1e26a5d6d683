// SPDX-License-Identifier: Apache-2.0
// Notices firmware that refused what it was given. Release builds say nothing and run in a circle for
// ever (edk2 CpuDeadLoop: PAUSE and a jump back), while QEMU calls the guest running.

import { setTimeout as wait } from "node:timers/promises";
import type { Emulator } from "./emulator.ts";

/** Between two looks at the first processor. */
const INTERVAL_MS = 500;

/**
 * So many looks in a row at the same instruction of such a circle are no coincidence. Firmware also
 * waits for its other processors in circles, but not for seconds.
 */
const LOOKS = 6;

/** From here on it is the kernel that runs (Linux x86-64), and the firmware has done its part. */
const KERNEL = 0xffff_ffff_8000_0000n;

/** Bytes looked at on either side of the instruction pointer. */
const AROUND = 32;

/** PAUSE, then the opcode of a short jump. */
const PAUSE_JUMP = Buffer.from([0xf3, 0x90, 0xeb]);

/** What the first processor does. */
export interface ProcessorState {
  readonly rip: bigint;
  /** It stands in HLT until an interrupt comes. */
  readonly halted: boolean;
}

/** Reads the answer of `info registers`; undefined when it does not tell. */
export function processorState(text: string): ProcessorState | undefined {
  const rip = /\bRIP=([0-9a-f]{16})\b/.exec(text)?.[1];
  const halted = /\bHLT=([01])\b/.exec(text)?.[1];
  if (rip === undefined || halted === undefined) return undefined;
  return { rip: BigInt(`0x${rip}`), halted: halted === "1" };
}

/**
 * Whether code runs in a circle of PAUSE and a jump back, with the instruction pointer inside.
 * @param code Bytes around it.
 * @param at Where it points to among them.
 */
export function isDeadLoop(code: Uint8Array, at: number): boolean {
  const bytes = Buffer.from(code.buffer, code.byteOffset, code.byteLength);
  for (let from = 0; ; from++) {
    from = bytes.indexOf(PAUSE_JUMP, from);
    if (from < 0 || from + 4 > bytes.length) return false;
    const end = from + 4;
    const target = end + bytes.readInt8(from + 3);
    if (target <= from && at >= target && at < end) return true;
  }
}

/**
 * Looks at the processor until the firmware is done, hangs, or the machine is gone.
 * @param ended Whether the machine is gone.
 * @returns where it hangs, or undefined.
 */
export async function findDeadLoop(
  emulator: Emulator,
  ended: () => boolean,
): Promise<bigint | undefined> {
  let last: bigint | undefined;
  let same = 0;
  while (!ended()) {
    await wait(INTERVAL_MS);
    const state = await look(emulator);
    if (state === undefined || state.rip >= KERNEL) return undefined;
    same = state.rip === last && !state.halted ? same + 1 : 1;
    last = state.rip;
    if (same >= LOOKS && (await isStuck(emulator, state.rip))) return state.rip;
  }
  return undefined;
}

async function isStuck(emulator: Emulator, rip: bigint): Promise<boolean> {
  if (rip < BigInt(AROUND) || rip > 0xffff_ffffn) return false;
  try {
    // Firmware maps memory one to one.
    const code = await emulator.memory.read(Number(rip) - AROUND, 2 * AROUND);
    return isDeadLoop(code, AROUND);
  } catch {
    // The machine went away between two looks.
    return false;
  }
}

async function look(emulator: Emulator): Promise<ProcessorState | undefined> {
  try {
    return processorState(await emulator.human("info registers"));
  } catch {
    return undefined;
  }
}
