// SPDX-License-Identifier: Apache-2.0
// Whether somebody listens on the socket of a platform.

import { lstatSync } from "node:fs";
import { connect } from "node:net";
import { PspError } from "./error.ts";

/**
 * Who listens there: nobody, because there is no socket, or nobody any more, because a server ended
 * without removing it.
 * @throws {PspError} `in-use` when somebody does, or something that is no socket is there.
 */
export async function listenerOf(path: string): Promise<"nobody" | "nobody any more"> {
  const reason = await new Promise<string | undefined>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  if (reason === "ENOENT") return "nobody";
  if (reason === "ECONNREFUSED" && isSocket(path)) return "nobody any more";
  const shown = JSON.stringify(path);
  if (reason !== undefined)
    throw new PspError("in-use", `${shown} is no socket of ours: ${reason}`);
  throw new PspError("in-use", `${shown} is served already`, {
    hint: "greenlight simulate status and command ask the one that is running",
  });
}

/** Whether there is a socket; what else is there is somebody's file. */
function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
