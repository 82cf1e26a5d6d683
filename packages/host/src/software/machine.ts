// SPDX-License-Identifier: Apache-2.0
// The machine that QEMU's command line describes, as far as the software guest needs it, and what the
// monitors ask of it.

import { openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { FOUR_GIB, readFirmware } from "@greenlight/core/firmware";
import { optionValue } from "../machine/lint/option-value.ts";
import type { OptionValue } from "../machine/lint/option-value.ts";
import type { CommandOption } from "../machine/lint/command-line.ts";
import { boot } from "./guest.ts";
import type { BootEnd, SoftwareGuest } from "./guest.ts";
import { Memory } from "./memory.ts";

/** QEMU's run states that occur here. */
export type SoftwareRunState = "prelaunch" | "paused" | "running" | "shutdown";

/** Where CpuDeadLoop() of our firmware would be, and its code: `pause; jmp -17`. */
const DEAD_LOOP = { address: 0x7ed1_c3a0, code: Uint8Array.of(0xf3, 0x90, 0xeb, 0xef) } as const;

/** Where firmware waits for a key when there is nothing to boot: the processor is halted. */
const IDLE_ADDRESS = 0x7ed1_0000;

/** A command line that the stand-in cannot serve. */
class SoftwareMachineError extends Error {
  override readonly name = "SoftwareMachineError";
}

/** The machine. */
export class SoftwareMachine {
  readonly memory = new Memory();
  readonly firmwareSize: number;
  readonly #guest: SoftwareGuest;
  readonly #serial: number | undefined;
  #state: SoftwareRunState;
  #booted: BootEnd | undefined;

  /** @throws {SoftwareMachineError} for files that cannot be read. */
  constructor(options: readonly CommandOption[]) {
    this.#state = options.some(({ name }) => name === "S") ? "prelaunch" : "running";
    const firmware = readFile(firmwareFile(options), "firmware");
    this.firmwareSize = firmware.length;
    this.memory.write(FOUR_GIB - firmware.length, firmware);
    const { secret, hashTable } = readFirmware(firmware);
    const blob = (name: string): Uint8Array | undefined => optionalFile(blobFile(options, name));
    this.#guest = {
      memory: this.memory,
      secretArea: secret ?? undefined,
      hashTable: hashTable ?? undefined,
      kernel: blob("etc/boot/kernel") ?? optionalFile(last(options, "kernel")),
      initrd: optionalFile(last(options, "initrd")),
      append: last(options, "append") ?? "",
      shim: blob("etc/boot/shim") ?? optionalFile(last(options, "shim")),
      disk: optionalFile(diskFile(options)),
    };
    const serial = serialFile(options);
    this.#serial = serial === undefined ? undefined : openSync(serial, "w", 0o600);
  }

  get state(): SoftwareRunState {
    return this.#state;
  }

  /** Lets the guest's processors run. */
  run(): void {
    if (this.#state !== "shutdown") this.#state = "running";
  }

  /** Boots a guest that runs. @returns how that ended, the first time. */
  boot(): BootEnd | undefined {
    if (this.#state !== "running" || this.#booted !== undefined) return undefined;
    this.#booted = boot(this.#guest);
    if (this.#serial !== undefined) {
      for (const line of this.#booted.printed) writeSync(this.#serial, `${line}\r\n`);
    }
    if (this.#booted.outcome === "power-off") this.#state = "shutdown";
    else this.memory.write(DEAD_LOOP.address, DEAD_LOOP.code);
    return this.#booted;
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  /** pmemsave. */
  save(address: number, length: number, filename: string): void {
    writeFileSync(filename, this.memory.read(address, length), { mode: 0o600 });
  }

  /** Answers of the human monitor; undefined for commands that are not known here. */
  human(command: string): string | undefined {
    const words = command.trim().split(/\s+/).join(" ");
    if (words === "info registers" || words === "info registers -a") return this.#registers();
    if (words === "info mtree -f") {
      const base = (FOUR_GIB - this.firmwareSize).toString(16).padStart(16, "0");
      return `FlatView #0\r\n  ${base}-00000000ffffffff (prio 0, romd): system.flash0 KVM\r\n`;
    }
    // Everything is memory here, at an address of no interest.
    if (words.startsWith("gpa2hva ")) return "Host virtual address for 0x0 (pc.ram) is 0x0\r\n";
    return undefined;
  }

  #registers(): string {
    const halted = this.#booted?.outcome !== "dead-loop";
    const rip = (halted ? IDLE_ADDRESS : DEAD_LOOP.address).toString(16).padStart(16, "0");
    const state = `CPL=0 II=0 A20=1 SMM=0 HLT=${halted ? 1 : 0}`;
    return `\r\nCPU#0\r\nRIP=${rip} RFL=00000246 [---Z-P-] ${state}\r\n`;
  }
}

function last(options: readonly CommandOption[], wanted: string): string | undefined {
  return options.findLast(({ name }) => name === wanted)?.value;
}

/** Values of an option's properties, one list for each time it is given. */
function all(
  options: readonly CommandOption[],
  wanted: string,
  implied: string,
): readonly OptionValue[] {
  return options
    .filter(({ name }) => name === wanted)
    .map(({ value }) => optionValue(value, implied));
}

function firmwareFile(options: readonly CommandOption[]): string {
  const flash = all(options, "drive", "file").find(
    (drive) => drive.get("if") === "pflash" && (drive.get("unit") ?? "0") === "0",
  );
  const file = last(options, "bios") ?? (flash && flash.get("file"));
  if (file === undefined) throw new SoftwareMachineError("there is no firmware");
  return file;
}

function diskFile(options: readonly CommandOption[]): string | undefined {
  const disk = all(options, "drive", "file").find((drive) => drive.get("if") !== "pflash");
  return disk && (disk.get("file") ?? disk.get("file.filename"));
}

function blobFile(options: readonly CommandOption[], wanted: string): string | undefined {
  const blob = all(options, "fw_cfg", "name").find((each) => each.get("name") === wanted);
  return blob && blob.get("file");
}

function serialFile(options: readonly CommandOption[]): string | undefined {
  const value = last(options, "serial");
  if (value?.startsWith("file:") === true) return value.slice("file:".length);
  const id = /^chardev:(.+)$/.exec(value ?? "")?.[1];
  const device = all(options, "chardev", "backend").find((each) => each.get("id") === id);
  return device && device.get("backend") === "file" ? device.get("path") : undefined;
}

function optionalFile(path: string | undefined): Uint8Array | undefined {
  return path === undefined ? undefined : readFile(path, "file");
}

function readFile(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SoftwareMachineError(`the ${what} cannot be read: ${why}`);
  }
}
