// SPDX-License-Identifier: Apache-2.0
// One entry below /sys/kernel/config/tsm/report: made, written to, read and removed.
// Linux: Documentation/ABI/testing/configfs-tsm-report.

import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { errnoOf, explain } from "./errno.ts";
import { TsmError } from "./error.ts";
import type { TsmFile, TsmFiles } from "./files.ts";

/** Where the kernel keeps entries, configfs being mounted at its usual place. */
export const TSM_FOLDER = "/sys/kernel/config/tsm/report";

/** More than any kernel passes on: the TSM core stops at 32 KiB, or 16 MiB since blobs may be larger. */
const MAX_BLOB = 16 * 1024 * 1024;

/** Most blobs come with one read of this size. */
const CHUNK = 64 * 1024;

/** Attributes that not every SEV guest has (Linux 6.10, above VMPL 0). */
const SERVICE_ATTRIBUTES: ReadonlySet<string> = new Set([
  "manifestblob",
  "service_guid",
  "service_manifest_version",
  "service_provider",
]);

/** An entry that belongs to nobody else, as long as nobody else wants it. */
export class ReportEntry {
  readonly path: string;
  readonly #files: TsmFiles;
  readonly #signal: AbortSignal | undefined;
  #writes = 0n;

  private constructor(path: string, files: TsmFiles, signal: AbortSignal | undefined) {
    this.path = path;
    this.#files = files;
    this.#signal = signal;
  }

  /**
   * Makes a new entry.
   * @throws {TsmError} `no-configfs`, `not-mounted`, `no-tsm`, `no-provider`, `permission`, `read-only`;
   * `race` when the name is taken.
   */
  static async create(
    folder: string,
    files: TsmFiles,
    signal: AbortSignal | undefined,
  ): Promise<ReportEntry> {
    const path = join(folder, `greenlight-${randomUUID()}`);
    const entry = new ReportEntry(path, files, signal);
    entry.#checkSignal();
    try {
      await files.mkdir(path);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "ENOENT" || errno === "EPERM") throw await noFolder(folder, files, error);
      if (errno === "EEXIST") {
        throw new TsmError("race", `${path} exists already`, { errno, cause: error });
      }
      throw explain(error, "mkdir", path);
    }
    return entry;
  }

  /** How many writes the kernel has taken from us. */
  get writes(): bigint {
    return this.#writes;
  }

  /**
   * Writes an attribute with a single write(2), as the kernel wants it.
   * @throws {TsmError}
   */
  async write(attribute: string, value: string | Uint8Array): Promise<void> {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    const taken = await this.#with(attribute, "write", (file) => file.write(bytes));
    if (taken !== bytes.length) {
      const message = `${attribute} took ${taken} of ${bytes.length} bytes`;
      throw new TsmError("system", message, { hint: "is this really configfs?" });
    }
    this.#writes++;
  }

  /**
   * Everything in an attribute, until its end: sizes that stat() gives mean nothing here.
   * @throws {TsmError}
   */
  async read(attribute: string): Promise<Uint8Array> {
    return this.#with(attribute, "read", (file) => readToEnd(file, attribute));
  }

  /**
   * A line of text.
   * @throws {TsmError} as {@link read}; `unexpected-text` when it does not match.
   */
  async readText(attribute: string, pattern: RegExp): Promise<string> {
    const text = Buffer.from(await this.read(attribute))
      .toString("latin1")
      .replace(/\n$/, "");
    if (pattern.test(text)) return text;
    const message = `${attribute} holds ${JSON.stringify(text.slice(0, 60))}`;
    throw new TsmError("unexpected-text", message, { hint: "is this really configfs?" });
  }

  /** Removes the entry. @returns why it could not be removed, or undefined. */
  async remove(): Promise<string | undefined> {
    try {
      await this.#files.rmdir(this.path);
    } catch (error) {
      const errno = errnoOf(error);
      // Somebody else removed it.
      if (errno === "ENOENT") return undefined;
      return `${this.path} could not be removed: ${errno ?? String(error)}`;
    }
    return undefined;
  }

  async #with<T>(
    attribute: string,
    action: "read" | "write",
    use: (file: TsmFile) => Promise<T>,
  ): Promise<T> {
    this.#checkSignal();
    try {
      const file = await this.#files.open(join(this.path, attribute), action);
      let result: T;
      try {
        result = await use(file);
      } catch (error) {
        // The first error is the one to tell; closing after it has nothing to add.
        await file.close().catch(() => undefined);
        throw error;
      }
      await file.close();
      return result;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw await this.#missing(attribute, action, error);
      throw explain(error, action, attribute);
    }
  }

  /** An attribute is not there: this guest has none, or the entry is gone, or was for a moment. */
  async #missing(attribute: string, action: "read" | "write", cause: unknown): Promise<unknown> {
    const errno = "ENOENT";
    const removed = new TsmError("race", `${this.path} was removed by somebody else`, {
      errno,
      cause,
    });
    if (!SERVICE_ATTRIBUTES.has(attribute)) return removed;
    try {
      const generation = await this.#files.open(join(this.path, "generation"), "read");
      await generation.close();
    } catch (error) {
      return errnoOf(error) === errno ? removed : explain(error, "read", "generation");
    }
    try {
      const again = await this.#files.open(join(this.path, attribute), action);
      await again.close();
    } catch (error) {
      if (errnoOf(error) !== errno) return explain(error, action, attribute);
      const hint = "the kernel does not offer it to this guest";
      return new TsmError("no-services", `there is no ${attribute}`, { errno, cause, hint });
    }
    return removed;
  }

  #checkSignal(): void {
    if (this.#signal?.aborted === true) {
      throw new TsmError("interrupted", "reading evidence was interrupted", {
        cause: this.#signal.reason,
      });
    }
  }
}

async function readToEnd(file: TsmFile, attribute: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const chunk = new Uint8Array(CHUNK);
  for (;;) {
    const count = await file.read(chunk);
    if (count === 0) return Buffer.concat(pieces, length);
    length += count;
    if (length > MAX_BLOB) {
      const message = `${attribute} is larger than ${MAX_BLOB} bytes`;
      throw new TsmError("too-large", message, { hint: "is this really configfs?" });
    }
    pieces.push(chunk.slice(0, count));
  }
}

/** Why there is no folder to make an entry in. */
async function noFolder(folder: string, files: TsmFiles, cause: unknown): Promise<unknown> {
  const errno = errnoOf(cause);
  const mount = dirname(dirname(folder));
  let mounted: boolean;
  try {
    mounted = await files.isConfigfs(mount);
  } catch (error) {
    const reason = errnoOf(error);
    if (reason !== "ENOENT" && reason !== "ENOTDIR") return explain(error, "mkdir", folder);
    return new TsmError("no-configfs", `there is no ${mount}`, {
      errno,
      cause,
      hint: "evidence is read inside a Linux guest, version 6.7 or later: modprobe configfs",
    });
  }
  if (!mounted) {
    return new TsmError("not-mounted", `configfs is not mounted at ${mount}`, {
      errno,
      cause,
      hint: `mount -t configfs none ${mount}`,
    });
  }
  // configfs lets nobody make folders where no subsystem takes them; a security module may forbid it too.
  if (errno === "EPERM") return explain(cause, "mkdir", folder);
  return new TsmError("no-tsm", `there is no ${folder}`, {
    errno,
    cause,
    hint: "load the driver (modprobe sev-guest); the kernel must be 6.7 or later",
  });
}
