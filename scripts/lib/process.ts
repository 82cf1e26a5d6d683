// SPDX-License-Identifier: Apache-2.0
// Runs a tool of node_modules/.bin (or any program) and keeps what it printed.
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** How a process ended. */
export interface Ended {
  /** Exit code 0. */
  readonly ok: boolean;
  /** Standard output and standard error in the order in which they came. */
  readonly output: string;
  readonly seconds: number;
}

/** How long a tool may take before it counts as hanging, in milliseconds. */
const patience = 300_000;

/**
 * Runs `command` with `args` in the root of the repository, node_modules/.bin first in the PATH,
 * without a shell. Never throws: a program that cannot be started is an `Ended` that is not ok.
 */
export async function runTool(command: string, args: readonly string[]): Promise<Ended> {
  const started = performance.now();
  const path = [join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, PATH: path, NO_COLOR: "1", FORCE_COLOR: undefined },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patience,
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output += chunk.toString("utf8");
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((resolve) => {
    const end = (ok: boolean): void => {
      resolve({ ok, output: output.trim(), seconds: (performance.now() - started) / 1000 });
    };
    child.on("error", (error) => {
      output += `${command} could not be started: ${error.message}\n`;
      end(false);
    });
    child.on("close", (code, signal) => {
      if (signal !== null) output += `${command} was ended by ${signal}\n`;
      end(code === 0);
    });
  });
}
