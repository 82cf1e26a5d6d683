// SPDX-License-Identifier: Apache-2.0
// Running the system's tools: by arguments, without a shell, with a deadline, and with secrets only on
// their standard input.

import { spawn } from "node:child_process";
import { ImageError } from "./error.ts";

/** The tools, each with the Debian package that has it. */
const PACKAGES = {
  cryptsetup: "cryptsetup-bin",
  mcopy: "mtools",
  "mkfs.vfat": "dosfstools",
  mke2fs: "e2fsprogs",
  "qemu-img": "qemu-utils",
  sfdisk: "fdisk",
  tar: "tar",
  unshare: "util-linux",
} as const;

/** The name of a tool. */
export type ToolName = keyof typeof PACKAGES;

/** How a tool is run. */
export interface ToolOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; half an hour unless given, since disks are large and machines slow. */
  readonly deadline?: number;
}

/** How a tool ended. */
export interface ToolResult {
  readonly code: number;
  /** The beginning of what it wrote to standard error, then of standard output, on one line. */
  readonly said: string;
}

const DEADLINE = 30 * 60_000;
/** What is kept of each stream. */
const MOST_OUTPUT = 4096;

/** Debian keeps tools for disks where the PATH of ordinary users does not lead. */
const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`;

/**
 * Runs a tool.
 * @throws {ImageError} `missing-tool`, `tool-hangs`, `interrupted`.
 */
export function runTool(
  name: ToolName,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const { input, cwd, env, signal, deadline = DEADLINE } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(interrupted(signal));
    const child = spawn(name, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH, LC_ALL: "C", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let failure: ImageError | undefined;
    const stop = (reason: ImageError): void => {
      failure ??= reason;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => {
      stop(new ImageError("tool-hangs", `${name} did not end in ${deadline / 1000} seconds`));
    }, deadline);
    const onAbort = (): void => stop(interrupted(signal));
    signal?.addEventListener("abort", onAbort, { once: true });
    const out = new Beginning();
    const err = new Beginning();
    child.stdout.on("data", (chunk: Buffer) => out.add(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.add(chunk));
    // A tool that ends without reading its input says why by itself.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      done();
      reject(error.code === "ENOENT" ? missing(name) : system(name, error));
    });
    child.once("close", (code) => {
      done();
      if (failure !== undefined) reject(failure);
      // Ended by somebody's signal.
      else if (code === null) reject(new ImageError("tool-failed", `${name} was killed`));
      else resolve({ code, said: `${err.text} ${out.text}`.trim() });
    });
  });
}

/**
 * Runs a tool that is to succeed.
 * @throws {ImageError} as {@link runTool}; `tool-failed` with what the tool said.
 */
export async function mustRun(
  name: ToolName,
  args: readonly string[],
  options: ToolOptions & { readonly hint?: string } = {},
): Promise<void> {
  const { code, said } = await runTool(name, args, options);
  if (code === 0) return;
  throw new ImageError("tool-failed", `${name} failed (${code}): ${said}`, options.hint);
}

function missing(name: ToolName): ImageError {
  return new ImageError(
    "missing-tool",
    `${name} is not installed`,
    `install the Debian package ${PACKAGES[name]} or what is its like`,
  );
}

function system(name: ToolName, error: NodeJS.ErrnoException): ImageError {
  return new ImageError("system", `${name} could not be started: ${error.code}`, undefined, error);
}

function interrupted(signal: AbortSignal | undefined): ImageError {
  return new ImageError("interrupted", "the work was interrupted", undefined, signal?.reason);
}

/** The beginning of a stream. */
class Beginning {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  add(chunk: Buffer): void {
    const piece = chunk.subarray(0, MOST_OUTPUT - this.#length);
    if (piece.length === 0) return;
    this.#length += piece.length;
    this.#pieces.push(piece);
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString("utf8").trim().replaceAll(/\s+/g, " ");
  }
}
