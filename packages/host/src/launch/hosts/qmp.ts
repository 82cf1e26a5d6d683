// SPDX-License-Identifier: Apache-2.0
// A QEMU that the host has started, stopped, with the session it was given: attached to by its socket.

import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import type { Finding } from "@greenlight/core/finding";
import type { QmpHost } from "@greenlight/core/launch-appraisal";
import { lintQemuArguments, readSmallFile } from "../../machine/index.ts";
import { connectQmp, qemuHypervisor } from "../../qmp/index.ts";
import { GuestLaunchError } from "../error.ts";
import type { LaunchHost } from "../host.ts";
import type { Hypervisor, PlatformExport } from "../hypervisor.ts";
import { connectSocket } from "./sockets.ts";

/** How long the socket may take to be there. */
const CONNECT_MS = 60_000;

/** A command line is far shorter (Linux: ARG_MAX for all arguments together is 2 MiB). */
const MAX_ARGUMENTS = 2 * 1024 * 1024;

/** A host that attaches to QEMU. */
export class QmpLaunchHost implements LaunchHost {
  readonly kind = "qmp";
  readonly ownsGuest = false;
  readonly starts = false;
  readonly #host: QmpHost;
  readonly #exported: PlatformExport | undefined;

  /** @param exported What the platform exported beforehand; asked for over QMP unless given. */
  constructor(host: QmpHost, exported: PlatformExport | undefined) {
    this.#host = host;
    this.#exported = exported;
  }

  describe() {
    return { socket: this.#host.socket };
  }

  async check(): Promise<readonly Finding[]> {
    const { arguments: file } = this.#host;
    if (file === undefined) return [UNSEEN];
    return lintQemuArguments(await argumentsOf(file), { readFile: readSmallFile });
  }

  async platformExport(): Promise<PlatformExport> {
    if (this.#exported !== undefined) return this.#exported;
    const client = await connectQmp(this.#host.socket, { timeoutMs: CONNECT_MS });
    try {
      return await qemuHypervisor(client).platformExport();
    } finally {
      client.close();
    }
  }

  async open(_files: unknown, signal: AbortSignal): Promise<Hypervisor> {
    return qemuHypervisor(await connectQmp(this.#host.socket, { timeoutMs: CONNECT_MS, signal }));
  }

  async channel(): Promise<Duplex> {
    const { channel } = this.#host;
    if (channel !== undefined) return connectSocket(channel);
    throw new GuestLaunchError("host-unsupported", "the plan names no owner channel", {
      hint: "set host.qmp.channel to the socket of the port org.greenlight.owner",
    });
  }

  async close(): Promise<void> {
    // The guest is the host's; what there is of ours was closed with the hypervisor.
  }
}

const UNSEEN: Finding = {
  id: "machine.settings.hidden",
  outcome: "warn",
  title: "The command line of the guest was not given, so that it was not looked at",
  hint: "give it as host.qmp.arguments: it is the host's word, but mistakes show in it",
};

/**
 * A command line out of a file: a list in JSON, or arguments with NUL between them.
 * @throws {GuestLaunchError} `host-unsupported` for anything else.
 */
async function argumentsOf(file: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw unusable(file, `cannot be read (${code})`);
  }
  if (text.length > MAX_ARGUMENTS) throw unusable(file, "is too long for a command line");
  // Every argument ends with NUL. Empty ones count: what follows is not their option's value.
  if (!text.trimStart().startsWith("[")) return text.replace(/\0$/, "").split("\0");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unusable(file, "is no JSON");
  }
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parts.map((part) => {
    if (typeof part === "string") return part;
    throw unusable(file, "is no list of texts");
  });
}

function unusable(file: string, reason: string): GuestLaunchError {
  return new GuestLaunchError("host-unsupported", `${JSON.stringify(file)} ${reason}`, {
    hint: "give a list in JSON, or a copy of /proc/PID/cmdline",
  });
}
