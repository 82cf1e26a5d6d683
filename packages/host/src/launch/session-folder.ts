// SPDX-License-Identifier: Apache-2.0
// A launch's own folder (mode 0700): what the host is given of the session, the keys that stay, and the
// mark that it was used. A session serves one launch: a second one with it would be a replay.

import { constants } from "node:fs";
import { mkdir, open, readFile, readdir, stat, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import type { LaunchSession } from "@greenlight/core/session";
import { GuestLaunchError } from "./error.ts";
import type { OfferedFiles } from "./host.ts";

/** `schema` of session.json. */
const SCHEMA = "greenlight/launch-session/v1";

const KEY_SIZE = 16;

/** What is known of an offered session beside its keys. */
export interface SessionFacts {
  /** SHA-256 of the PDH certificate that it was made for, in hexadecimal. */
  readonly pdh: string;
  /** SHA-256 of the plan's text, in hexadecimal. */
  readonly plan: string;
  readonly policy: number;
}

/** A session out of its folder. The keys are secret. */
export interface KeptSession {
  readonly facts: SessionFacts;
  readonly keys: { readonly tek: Uint8Array; readonly tik: Uint8Array };
}

/** The folder of one launch. */
export class SessionFolder {
  readonly path: string;
  readonly #name: string;

  private constructor(path: string, name: string) {
    this.path = path;
    this.#name = name;
  }

  /**
   * Opens the folder, or makes it with mode 0700.
   * @param name Begin of the names of the session's files.
   * @throws {GuestLaunchError} `session-folder` when others could look into it, or it is none.
   */
  static async open(given: string, name: string): Promise<SessionFolder> {
    // The hypervisor runs in another folder.
    const path = resolve(given);
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw unusable(path, errnoOf(error), error);
    }
    const status = await stat(path);
    if (!status.isDirectory()) throw unusable(path, "it is no folder");
    if ((status.mode & 0o077) !== 0) {
      throw unusable(path, "others than its owner may enter it (mode must be 0700)");
    }
    const own = process.getuid?.();
    if (own !== undefined && status.uid !== own) throw unusable(path, "it belongs to another user");
    return new SessionFolder(path, name);
  }

  /** Where the files for the host are, or are going to be. */
  get files(): OfferedFiles {
    return {
      godhFile: join(this.path, `${this.#name}_godh.b64`),
      sessionFile: join(this.path, `${this.#name}_session.b64`),
    };
  }

  /** Where the record is. */
  get record(): string {
    return join(this.path, "record.jsonl");
  }

  /**
   * Takes the folder for one launch alone. What a launch that was killed leaves locked stays so: nobody
   * can tell how far it came.
   * @returns what gives it back.
   * @throws {GuestLaunchError} `session-folder` when another launch has it.
   */
  async lock(): Promise<() => Promise<void>> {
    const path = join(this.path, "lock");
    const busy = "another launch works in it, or one was killed there";
    // Empty, so that no full disk leaves it behind half made.
    await this.#create(path, "", () => unusable(this.path, busy));
    return async () => {
      await unlink(path).catch((error: unknown) => {
        if (errnoOf(error) !== "ENOENT") throw unusable(this.path, errnoOf(error), error);
      });
    };
  }

  /**
   * Asserts that no launch was begun with it.
   * @throws {GuestLaunchError} `session-used`.
   */
  async requireUnused(): Promise<void> {
    if ((await readdir(this.path)).includes("used")) throw sessionUsed(this.path);
  }

  /**
   * Keeps a session: every file with mode 0600, none written over.
   * @throws {GuestLaunchError} `session-used` when there is one already; `session-folder`.
   */
  async offer({ godh, session, keys }: LaunchSession, facts: SessionFacts): Promise<void> {
    const { godhFile, sessionFile } = this.files;
    await this.#create(this.#keyFile, Buffer.concat([keys.tek, keys.tik]));
    await this.#create(godhFile, `${base64Encode(godh)}\n`);
    await this.#create(sessionFile, `${base64Encode(session)}\n`);
    const digests = { godh: hexEncode(sha256(godh)), session: hexEncode(sha256(session)) };
    const text = JSON.stringify({ schema: SCHEMA, ...facts, ...digests }, null, 2);
    await this.#create(join(this.path, "session.json"), `${text}\n`);
  }

  /**
   * Marks the session as used and gives its keys, once: the second time it is refused, whatever the
   * first came to. From then on they are in memory alone.
   * @throws {GuestLaunchError} `session-used`, `no-session`, `session-folder`.
   */
  async claim(): Promise<KeptSession> {
    await this.markUsed();
    const facts = await this.facts();
    let keys: Uint8Array;
    try {
      keys = await readFile(this.#keyFile);
    } catch (error) {
      throw unusable(this.path, `its keys cannot be read (${errnoOf(error)})`, error);
    }
    await this.forgetKeys();
    if (keys.length !== 2 * KEY_SIZE) throw unusable(this.path, "its keys have another length");
    return { facts, keys: { tek: keys.subarray(0, KEY_SIZE), tik: keys.subarray(KEY_SIZE) } };
  }

  /**
   * Marks the folder as used by a launch.
   * @throws {GuestLaunchError} `session-used`.
   */
  async markUsed(): Promise<void> {
    await this.#create(join(this.path, "used"), "A launch was begun with this session.\n");
  }

  /**
   * What is known of the session.
   * @throws {GuestLaunchError} `no-session`, `session-folder`.
   */
  async facts(): Promise<SessionFacts> {
    const path = join(this.path, "session.json");
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") {
        throw new GuestLaunchError("no-session", `there is no session in ${this.path}`, {
          hint: "prepare one with --prepare, and start the guest with its files",
        });
      }
      throw unusable(this.path, errnoOf(error), error);
    }
    const facts = readFacts(text);
    if (facts === undefined) throw unusable(this.path, "its session.json is not one of ours");
    return facts;
  }

  /** Removes the keys: overwritten, then unlinked. Nothing happens when they are gone. */
  async forgetKeys(): Promise<void> {
    try {
      const file = await open(this.#keyFile, constants.O_WRONLY | constants.O_NOFOLLOW);
      try {
        await file.writeFile(Buffer.alloc(2 * KEY_SIZE));
        await file.sync();
      } finally {
        await file.close();
      }
      await unlink(this.#keyFile);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw unusable(this.path, errnoOf(error), error);
    }
  }

  get #keyFile(): string {
    return join(this.path, `${this.#name}_tk.bin`);
  }

  async #create(
    path: string,
    content: string | Uint8Array,
    exists: () => GuestLaunchError = () => sessionUsed(this.path),
  ): Promise<void> {
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    try {
      const file = await open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw unusable(this.path, errnoOf(error), error);
      throw exists();
    }
  }
}

function readFacts(text: string): SessionFacts | undefined {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [schema, pdh, plan, policy] = ["schema", "pdh", "plan", "policy"].map((name) =>
    fields.get(name),
  );
  const isDigest = (field: unknown): field is string =>
    typeof field === "string" && /^[0-9a-f]{64}$/.test(field);
  if (schema !== SCHEMA || !isDigest(pdh) || !isDigest(plan)) return undefined;
  if (typeof policy !== "number" || !Number.isInteger(policy)) return undefined;
  return { pdh, plan, policy };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** The error for a session that serves no second launch. */
export function sessionUsed(path: string): GuestLaunchError {
  return new GuestLaunchError(
    "session-used",
    `the session in ${JSON.stringify(path)} was used for a launch already`,
    { hint: "a session serves one launch: make another one in a new folder" },
  );
}

function unusable(path: string, reason: string, cause?: unknown): GuestLaunchError {
  return new GuestLaunchError(
    "session-folder",
    `the session folder ${JSON.stringify(path)} cannot be used: ${reason}`,
    { hint: "name a folder that is not there yet: it is made with mode 0700", cause },
  );
}

function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
