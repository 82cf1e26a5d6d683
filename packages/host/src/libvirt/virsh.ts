// SPDX-License-Identifier: Apache-2.0
// Running virsh: arguments as an array, never a shell; bounded output, a deadline for every command.

import { execFile } from "node:child_process";
import { cleaned } from "../qmp/messages.ts";
import { LibvirtError } from "./error.ts";

/** Which libvirt, and how patiently. */
export interface VirshOptions {
  /** Connection URI: `qemu:///system`, `qemu+ssh://host/system`. virsh's default unless given. */
  readonly uri?: string;
  /** The program; `virsh` unless given. */
  readonly virsh?: string;
  /** Deadline of every command in milliseconds, 60000 unless given. */
  readonly timeoutMs?: number;
}

/** Generous: a loaded host answers late. */
const TIMEOUT_MS = 60_000;

/** The longest answer is the XML of a domain. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** Connection to one libvirt; each command is a virsh of its own. */
export class Virsh {
  readonly #options: VirshOptions;

  constructor(options: VirshOptions = {}) {
    this.#options = options;
  }

  /**
   * Runs one command.
   * @param args The command and its arguments.
   * @returns its standard output.
   * @throws {LibvirtError}
   */
  async run(...args: readonly string[]): Promise<string> {
    const { uri, virsh = "virsh", timeoutMs = TIMEOUT_MS } = this.#options;
    const command = args[0] ?? "";
    return new Promise((resolve, reject) => {
      execFile(
        virsh,
        ["--quiet", ...(uri === undefined ? [] : ["--connect", uri]), ...args],
        {
          // What virsh says is matched against, so it must not be translated.
          env: { ...process.env, LC_ALL: "C" },
          encoding: "utf8",
          killSignal: "SIGKILL",
          maxBuffer: MAX_OUTPUT,
          timeout: timeoutMs,
        },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(explained(error, command, stderr, timeoutMs));
        },
      );
    });
  }
}

function explained(
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  command: string,
  stderr: string,
  timeoutMs: number,
): LibvirtError {
  if (error.code === "ENOENT" || error.code === "EACCES") {
    return new LibvirtError("no-virsh", `virsh cannot be started (${error.code})`, {
      command,
      cause: error,
      hint: "install libvirt's client (Debian: libvirt-clients), or name its program",
    });
  }
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") {
    return new LibvirtError("protocol", `virsh ${command} answered without end`, { command });
  }
  if (error.killed === true) {
    const message = `virsh ${command} did not end within ${timeoutMs / 1000} s`;
    return new LibvirtError("timeout", message, { command });
  }
  const desc = words(stderr);
  if (/failed to connect to the hypervisor|cannot (recv|send) data|End of file/i.test(desc)) {
    const hint = "is libvirt running there, and may you use it? Name it with its URI";
    const message = `libvirt cannot be reached: ${desc}`;
    return new LibvirtError("no-connection", message, { command, desc, hint });
  }
  if (/failed to get domain|domain not found/i.test(desc)) {
    const hint = "virsh list --all shows the domains that there are";
    return new LibvirtError("no-domain", `there is no such domain: ${desc}`, {
      command,
      desc,
      hint,
    });
  }
  return new LibvirtError("refused", `virsh ${command} failed: ${desc}`, { command, desc });
}

/** Errors that virsh printed, on one line; libvirt's own log lines among them are left out. */
function words(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => line.startsWith("error: ")).map((line) => line.slice(7));
  return cleaned((errors.length > 0 ? errors : lines.slice(-1)).join(": "));
}
