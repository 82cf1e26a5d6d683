// SPDX-License-Identifier: Apache-2.0
// QEMU as a child process: started without a shell, what it says kept within bounds, ended by its
// process id.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open } from "node:fs/promises";
import { MachineError } from "./error.ts";

/** How a process ended. */
export interface ProcessEnd {
  /** Exit code; absent when a signal ended it. */
  readonly exitCode?: number;
  /** Name of the signal that ended it: `SIGKILL`. */
  readonly signal?: string;
}

/** A running QEMU. */
export interface QemuProcess {
  readonly pid: number;
  /** Resolves when the process is gone. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** What it wrote to its standard error so far, the last {@link MAX_STDERR} bytes at most. */
  readonly stderr: () => string;
  /** Ends it: SIGTERM, then SIGKILL after `graceMs` (2000 unless given). Resolves when it is gone. */
  stop(graceMs?: number): Promise<ProcessEnd>;
}

/** Where a process runs. */
export interface StartOptions {
  /** Working folder, in which relative paths of the command line are meant. */
  readonly folder: string;
  /** File that all of standard output and standard error goes to as well (mode 0600). */
  readonly log?: string;
}

/** What is kept of standard error. */
const MAX_STDERR = 64 * 1024;

/** What a log file may grow to: the guest may make QEMU write without end. */
const MAX_LOG = 16 * 1024 * 1024;

/**
 * Starts QEMU. That it started says nothing of whether it takes its arguments: see `ended` and `stderr`.
 * @throws {MachineError} `no-qemu` when there is no such program or it may not be run.
 */
export async function startQemu(
  command: string,
  args: readonly string[],
  options: StartOptions,
): Promise<QemuProcess> {
  const log = options.log === undefined ? undefined : await open(options.log, "a", 0o600);
  const child = spawn(command, args, {
    cwd: options.folder,
    stdio: ["ignore", "pipe", "pipe"],
    shell: false,
  });
  const said = new Tail();
  let logged = 0;
  let writing = Promise.resolve();
  const keep = (chunk: Buffer): void => {
    if (log === undefined || logged >= MAX_LOG) return;
    const part = chunk.subarray(0, MAX_LOG - logged);
    logged += part.length;
    // A log that cannot be written (disk full) must not take the guest down with it.
    writing = writing.then(async () => log.write(part)).then(undefined, () => undefined);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", (chunk: Buffer) => {
    said.add(chunk);
    keep(chunk);
  });
  const ended = endOf(child).then(async (end) => {
    await writing;
    // What a log could not take is lost, and says nothing of how QEMU ended.
    await log?.close().then(undefined, () => undefined);
    return end;
  });
  try {
    await started(child);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new MachineError("no-qemu", `${command} cannot be started: ${text}`, HINT, error);
  }
  // Were it left behind, a paused machine would wait for ever with its launch.
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  void ended.then(() => process.off("exit", kill));
  const { pid } = child;
  if (pid === undefined) throw new MachineError("no-qemu", `${command} has no process id`, HINT);
  return {
    pid,
    ended,
    stderr: () => said.text(),
    async stop(graceMs = 2000) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      try {
        return await ended;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const HINT = "install QEMU (Debian: qemu-system-x86), or name its program";

/** Output may be held open by somebody else after the end; it is not waited for longer than this. */
const DRAIN_MS = 1000;

async function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
}

async function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("error", () => {
      if (child.pid === undefined) resolve({});
    });
    child.once("exit", (exitCode, signal) => {
      const end = {
        ...(exitCode === null ? {} : { exitCode }),
        ...(signal === null ? {} : { signal }),
      };
      const timer = setTimeout(() => resolve(end), DRAIN_MS);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  });
}

/** The end of a stream, as text. */
class Tail {
  #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= 2 * MAX_STDERR) return;
    const kept = Buffer.concat(this.#chunks).subarray(-MAX_STDERR);
    this.#chunks = [Buffer.from(kept)];
    this.#size = kept.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-MAX_STDERR).toString("utf8");
  }
}
