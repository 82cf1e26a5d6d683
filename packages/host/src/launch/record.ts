// SPDX-License-Identifier: Apache-2.0
// Writing the record of a launch: a line for each step, on the disk before the step has its effect.

import { constants } from "node:fs";
import { open, readFile, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import {
  FIRST_PREVIOUS,
  LAUNCH_RECORD_SCHEMA,
  checkLaunchRecord,
  encodeRecordLine,
  parseLaunchRecord,
  recordLineDigest,
} from "@greenlight/core/launch-appraisal";
import type {
  JsonValue,
  LaunchRecordEntry,
  LaunchState,
  LaunchStep,
} from "@greenlight/core/launch-appraisal";
import { GuestLaunchError } from "./error.ts";

/** Where lines go. */
export interface RecordStore {
  /** Returns when the line is on the disk; nothing of it is left there when it throws. */
  append(line: string): Promise<void>;
  /** Makes room for the last lines, which say how it ended, when there was none for others. */
  useReserve(): Promise<void>;
  close(): Promise<void>;
}

/** Room that is kept free for the last lines of a record when the disk is full. */
const RESERVE_SIZE = 128 * 1024;

/** A record that was written by the same launch before is not larger. */
const MAX_RECORD = 64 * 1024 * 1024;

/** The record of one launch. */
export class LaunchRecord {
  readonly #store: RecordStore;
  readonly #now: () => number;
  readonly #onEntry: (entry: LaunchRecordEntry) => void;
  #seq = 0;
  #previous = FIRST_PREVIOUS;
  #state: LaunchState = "planned";

  /**
   * @param now Milliseconds since 1970.
   * @param onEntry Called with every line that is on the disk.
   */
  constructor(
    store: RecordStore,
    now: () => number,
    onEntry: (entry: LaunchRecordEntry) => void = () => undefined,
  ) {
    this.#store = store;
    this.#now = now;
    this.#onEntry = onEntry;
  }

  /** How far the launch is, by the last line. */
  get state(): LaunchState {
    return this.#state;
  }

  /** Digest of the last line: what has to be known from elsewhere to see the record changed. */
  get digest(): string {
    return this.#previous;
  }

  /** Continues after lines that are there already. */
  continueAfter({ entries, digest }: FormerRecord): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#seq = last.seq + 1;
    this.#previous = digest;
    this.#state = last.state;
  }

  /**
   * Writes a step.
   * @throws {GuestLaunchError} `record-unwritable`: the step must then not have its effect.
   */
  async step(
    step: LaunchStep,
    state: LaunchState,
    detail: Readonly<Record<string, JsonValue>> = {},
  ): Promise<void> {
    const at = new Date(this.#now()).toISOString();
    const entry: LaunchRecordEntry = {
      ...(this.#seq === 0 ? { schema: LAUNCH_RECORD_SCHEMA } : {}),
      seq: this.#seq,
      previous: this.#previous,
      at,
      state,
      step,
      detail,
    };
    const line = encodeRecordLine(entry);
    try {
      await this.#store.append(line);
    } catch (error) {
      throw unwritable(error);
    }
    this.#seq++;
    this.#previous = recordLineDigest(line);
    this.#state = state;
    this.#onEntry(entry);
  }

  /** Writes a last step, also where there was no room for others. */
  async lastStep(
    step: LaunchStep,
    state: LaunchState,
    detail: Readonly<Record<string, JsonValue>>,
  ): Promise<void> {
    try {
      await this.step(step, state, detail);
    } catch (error) {
      if (!(error instanceof GuestLaunchError)) throw error;
      await this.#store.useReserve();
      await this.step(step, state, detail);
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#store.close();
  }
}

function unwritable(error: unknown): GuestLaunchError {
  const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return new GuestLaunchError("record-unwritable", `the record cannot be written: ${reason}`, {
    hint: "make room on the disk of the session folder; without a record nothing is released",
    cause: error,
  });
}

/** A record file that is there already, read for continuing it. */
export interface FormerRecord {
  readonly entries: readonly LaunchRecordEntry[];
  readonly digest: string;
}

/** A store in a file of mode 0600, with what is in it. */
export interface RecordFile {
  readonly store: RecordStore;
  readonly former: FormerRecord;
}

/**
 * Opens a record file, or makes it. Beside it, `FILE.reserve` keeps room for the last lines.
 * @throws {GuestLaunchError} `record-broken` for a file that is no whole record; `record-unwritable`.
 */
export async function openRecordFile(path: string): Promise<RecordFile> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
  let file: FileHandle;
  try {
    file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    throw unwritable(error);
  }
  try {
    const former = await readFormer(path, file);
    const reserve = `${path}.reserve`;
    await writeReserve(reserve);
    await syncFolder(dirname(path));
    return { store: fileStore(file, reserve), former };
  } catch (error) {
    await file.close();
    throw error instanceof GuestLaunchError ? error : unwritable(error);
  }
}

async function readFormer(path: string, file: FileHandle): Promise<FormerRecord> {
  const { size } = await file.stat();
  if (size === 0) return { entries: [], digest: FIRST_PREVIOUS };
  const text = size > MAX_RECORD ? "" : await readFile(path, "utf8");
  const lines = parseLaunchRecord(text);
  const broken = checkLaunchRecord(lines).find(({ outcome }) => outcome === "fail");
  if (broken !== undefined || lines.length === 0) {
    throw new GuestLaunchError("record-broken", `${path} is no whole record of a launch`, {
      hint: broken?.title ?? "begin with another session folder",
    });
  }
  const entries = lines.flatMap((line) => ("entry" in line ? [line.entry] : []));
  return { entries, digest: lines.at(-1)?.digest ?? FIRST_PREVIOUS };
}

async function writeReserve(path: string): Promise<void> {
  const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    // Bytes that no file system stores as a hole or compresses to nothing worth mentioning.
    const content = Buffer.alloc(RESERVE_SIZE, "room for the last lines of the record\n");
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function fileStore(file: FileHandle, reserve: string): RecordStore {
  const release = async (): Promise<void> => {
    await unlink(reserve).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    });
  };
  return {
    async append(line) {
      const { size } = await file.stat();
      try {
        await file.appendFile(`${line}\n`);
        await file.datasync();
      } catch (error) {
        // Half a line would break the chain of what may still be written.
        await file.truncate(size).catch(() => undefined);
        throw error;
      }
    },
    useReserve: release,
    async close() {
      await release().catch(() => undefined);
      await file.close();
    },
  };
}
