// SPDX-License-Identifier: Apache-2.0
// The real QEMU below the lab, with emulated processors: started paused, talked to on sockets of the
// lab's own, ended by its process id.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { FOUR_GIB } from "@greenlight/core/firmware";
import { QmpError, connectQmp } from "../../qmp/index.ts";
import type { QmpClient } from "../../qmp/index.ts";
import { LabError } from "../error.ts";
import { GuestMemory } from "./guest-memory.ts";
import type { LabSockets } from "../command-line/rewrite.ts";

/** How the emulator ended. */
export interface EmulatorEnd {
  readonly exitCode?: number;
  readonly signal?: string;
}

/** What the emulator is started with. */
export interface EmulatorOptions {
  readonly binary: string;
  readonly args: readonly string[];
  /** Working folder. */
  readonly folder: string;
  /** A folder of the lab's own, closed to others. */
  readonly privateFolder: string;
  readonly stdio: "ignore" | "inherit";
  /** Called with what it writes to its standard error, as it comes. */
  readonly onStderr: (text: string) => void;
}

/** A loaded machine answers at once; a machine under load takes its time to start one. */
const START_MS = 120_000;

/** Version of a QEMU. */
export interface EmulatorVersion {
  readonly major: number;
  readonly minor: number;
}

/** Asking takes as long as starting a machine does, so a program is asked once. */
const VERSIONS = new Map<string, Promise<EmulatorVersion>>();

/** QEMU's version, as `--version` gives it. @throws {LabError} `no-qemu`. */
export async function qemuVersion(binary: string): Promise<EmulatorVersion> {
  let version = VERSIONS.get(binary);
  if (version === undefined) {
    version = askVersion(binary);
    VERSIONS.set(binary, version);
    // It may be there the next time.
    version.catch(() => VERSIONS.delete(binary));
  }
  return version;
}

async function askVersion(binary: string): Promise<EmulatorVersion> {
  let text: string;
  try {
    ({ stdout: text } = await promisify(execFile)(binary, ["--version"], { timeout: START_MS }));
  } catch (error) {
    throw noQemu(binary, error);
  }
  const match = /version (\d{1,4})\.(\d{1,4})/.exec(text);
  if (match === null) throw new LabError("no-qemu", `${binary} does not tell QEMU's version`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

/** The running emulator. */
export class Emulator {
  readonly pid: number;
  /** Resolves when it is gone. Never rejects. */
  readonly ended: Promise<EmulatorEnd>;
  readonly #child: ChildProcess;
  readonly #privateFolder: string;
  #monitor: QmpClient | undefined;
  #memory: GuestMemory | undefined;

  private constructor(child: ChildProcess, pid: number, privateFolder: string) {
    this.#child = child;
    this.pid = pid;
    this.#privateFolder = privateFolder;
    const { promise, resolve } = Promise.withResolvers<EmulatorEnd>();
    child.once("close", (code, signal) => {
      resolve({
        ...(code === null ? {} : { exitCode: code }),
        ...(signal === null ? {} : { signal }),
      });
    });
    this.ended = promise;
    // Were it left behind, a paused machine would wait for ever and a refused one use up a processor.
    const kill = (): void => this.kill();
    process.once("exit", kill);
    void promise.then(() => process.off("exit", kill));
  }

  /** @throws {LabError} `no-qemu` when the program cannot be run. */
  static async start(options: EmulatorOptions): Promise<Emulator> {
    const { binary, args, folder, stdio, onStderr } = options;
    const child = spawn(binary, args, { cwd: folder, shell: false, stdio: [stdio, stdio, "pipe"] });
    child.stderr?.setEncoding("utf8").on("data", onStderr);
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", () => resolve());
      child.once("error", (error) => reject(noQemu(binary, error)));
    });
    child.on("error", () => undefined);
    const { pid } = child;
    if (pid === undefined) throw new LabError("no-qemu", `${binary} has no process id`);
    return new Emulator(child, pid, options.privateFolder);
  }

  /**
   * Connects to its sockets.
   * @returns whether it is there: an emulator that refuses its arguments ends instead.
   * @throws {LabError} `emulator` when it runs and does not answer.
   */
  async connect(sockets: LabSockets): Promise<boolean> {
    const gone = new AbortController();
    void this.ended.then(() => gone.abort());
    try {
      this.#monitor = await connectQmp(sockets.qmp, { timeoutMs: START_MS, signal: gone.signal });
      this.#memory = await GuestMemory.open(sockets.qtest);
      return true;
    } catch (error) {
      if (gone.signal.aborted) return false;
      if (!(error instanceof QmpError)) throw error;
      // It may be on its way out: closed sockets come before the end of the process is known.
      const ended = await Promise.race([this.ended, wait(1000)]);
      if (ended !== undefined) return false;
      throw new LabError("emulator", `QEMU does not answer: ${error.message}`, undefined, error);
    }
  }

  get monitor(): QmpClient {
    if (this.#monitor === undefined) throw new LabError("emulator", "QEMU is not connected");
    return this.#monitor;
  }

  get memory(): GuestMemory {
    if (this.#memory === undefined) throw new LabError("emulator", "QEMU is not connected");
    return this.#memory;
  }

  /** A command of the human monitor. @throws {LabError} `emulator` for an answer that is no text. */
  async human(command: string): Promise<string> {
    const text = await this.monitor.execute("human-monitor-command", { "command-line": command });
    if (typeof text === "string") return text;
    throw new LabError("emulator", `QEMU answered ${command} with something else than text`);
  }

  /**
   * The firmware as it lies in guest memory below 4 GiB: what the launch measures.
   * @throws {LabError} `emulator` when there is none.
   */
  async firmware(): Promise<Uint8Array> {
    const base = firmwareBase(await this.human("info mtree -f"));
    if (base === undefined) {
      throw new LabError(
        "emulator",
        "there is no firmware that ends at 4 GiB",
        "give it with -drive if=pflash,unit=0 or with -bios",
      );
    }
    // A file: the qtest socket is slow for megabytes.
    const filename = join(this.#privateFolder, "firmware");
    const [val, size] = [base, FOUR_GIB - base];
    await this.monitor.execute("pmemsave", { val, size, filename });
    return new Uint8Array(await readFile(filename));
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Ends it: SIGTERM, then SIGKILL when that is not enough. */
  async stop(): Promise<EmulatorEnd> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), 3000);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  /** Lets go of its sockets. */
  close(): void {
    this.#monitor?.close();
    this.#memory?.close();
  }
}

/** Where flash or ROM begins that ends at 4 GiB. Flash above it (unit 1) is not measured. */
export function firmwareBase(mtree: string): number | undefined {
  for (const line of mtree.split("\n")) {
    const match =
      /^\s*0{8}([0-9a-f]{8})-00000000ffffffff \(prio [^)]*\): (?:system\.flash0|pc\.bios)\b/.exec(
        line,
      );
    if (match !== null) return Number(`0x${match[1]}`);
  }
  return undefined;
}

function noQemu(binary: string, cause: unknown): LabError {
  const text = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
  const hint = "install QEMU's x86 system emulator (Debian: qemu-system-x86)";
  return new LabError("no-qemu", `${binary} cannot be run: ${text}`, hint, cause);
}
