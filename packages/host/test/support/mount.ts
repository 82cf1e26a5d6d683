// SPDX-License-Identifier: Apache-2.0
// A folder where the imitation of the kernel is mounted, on machines that let us.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MountOptions } from "./fuse-server.ts";

/** A mounted folder. */
export interface Mounted {
  readonly folder: string;
  unmount(): Promise<void>;
}

/** Why nothing can be mounted here, or undefined. */
export function mountObstacle(): string | undefined {
  if (process.platform !== "linux") return "FUSE is mounted on Linux only";
  if (process.getuid?.() !== 0) return "only root may mount FUSE";
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
  } catch {
    return "there is no /dev/fuse";
  }
  return undefined;
}

/** Mounts it in a new folder, or says why that is impossible. */
export async function mountKernel(options: MountOptions): Promise<Mounted | string> {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-tsm-"));
  const script = fileURLToPath(new URL("fuse-server.ts", import.meta.url));
  const server = spawn(process.execPath, [script, folder, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let talk = "";
  server.stderr.on("data", (data: Buffer) => void (talk += data.toString()));
  const exited = once(server, "exit");
  const mounted = await Promise.race([
    once(server.stdout, "data").then(() => true),
    exited.then(() => false),
  ]);
  if (!mounted) {
    rmdirSync(folder);
    return `mount refused: ${talk.trim()}`;
  }
  return {
    folder,
    async unmount() {
      // Lazily, so that nothing stays mounted even if a test left a file open.
      spawnSync("umount", ["-l", folder]);
      server.kill();
      await exited;
      rmdirSync(folder);
    },
  };
}
