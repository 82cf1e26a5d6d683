// SPDX-License-Identifier: Apache-2.0
// The imitation of configfs-tsm that an SEV-SNP guest of the lab gets its reports from: entries with
// attributes, as the kernel's driver sev-guest has them at privilege level 0.
// Linux: Documentation/ABI/testing/configfs-tsm-report, drivers/virt/coco/guest/report.c.

import type { TsmAnswer, TsmOperation } from "./protocol.ts";

/** Makes a report. */
export interface ReportSource {
  /** @throws {TsmFailure} as the driver fails. */
  report(privlevel: number, reportData: Uint8Array): Promise<TsmBlobs>;
}

/** What a report comes as. */
export interface TsmBlobs {
  /** The attestation report. */
  readonly outblob: Uint8Array;
  /** The host's certificate table; may be empty. */
  readonly auxblob: Uint8Array;
}

/** A system error, by name. */
export class TsmFailure extends Error {
  override readonly name = "TsmFailure";
}

/** What can be done with attributes. The kernel shows no services at privilege level 0. */
const ATTRIBUTES: Readonly<Record<string, "read" | "write">> = {
  generation: "read",
  provider: "read",
  privlevel_floor: "read",
  privlevel: "write",
  inblob: "write",
  outblob: "read",
  auxblob: "read",
};

/** Entries of one guest. */
const MAX_ENTRIES = 64;

const NOTHING = new Uint8Array(0);

/** REPORT_DATA. */
const INBLOB_SIZE = 64;

interface Entry {
  generation: number;
  privlevel: number;
  inblob: Uint8Array;
  /** The report, and the generation that it was made for. */
  made: { readonly generation: number; readonly blobs: TsmBlobs } | undefined;
}

/** The entries of one guest. */
export class TsmEntries {
  readonly #source: ReportSource;
  readonly #entries = new Map<string, Entry>();

  constructor(source: ReportSource) {
    this.#source = source;
  }

  /** Carries an operation out; undefined is one that could not be read. */
  async answer(operation: TsmOperation | undefined): Promise<TsmAnswer> {
    try {
      if (operation === undefined) throw new TsmFailure("EINVAL");
      return { kind: "ok", bytes: await this.#run(operation) };
    } catch (error) {
      return { kind: "error", errno: error instanceof TsmFailure ? error.message : "EIO" };
    }
  }

  async #run(operation: TsmOperation): Promise<Uint8Array> {
    switch (operation.kind) {
      case "mkdir":
        this.#make(operation.entry);
        return NOTHING;
      case "rmdir":
        this.#named(operation.entry);
        this.#entries.delete(operation.entry);
        return NOTHING;
      case "read":
        return this.#read(this.#named(operation.entry), allowed(operation));
      case "write":
        write(this.#named(operation.entry), allowed(operation), operation.bytes);
        return NOTHING;
    }
  }

  #named(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new TsmFailure("ENOENT");
    return entry;
  }

  #make(name: string): void {
    if (this.#entries.has(name)) throw new TsmFailure("EEXIST");
    if (this.#entries.size >= MAX_ENTRIES) throw new TsmFailure("ENOMEM");
    this.#entries.set(name, { generation: 0, privlevel: 0, inblob: NOTHING, made: undefined });
  }

  async #read(entry: Entry, attribute: string): Promise<Uint8Array> {
    switch (attribute) {
      case "generation":
        return text(`${entry.generation}\n`);
      case "provider":
        return text("sev_guest\n");
      case "privlevel_floor":
        return text("0\n");
      default: {
        const { outblob, auxblob } = await this.#report(entry);
        return attribute === "outblob" ? outblob : auxblob;
      }
    }
  }

  async #report(entry: Entry): Promise<TsmBlobs> {
    const { generation, privlevel, inblob, made } = entry;
    if (inblob.length !== INBLOB_SIZE) throw new TsmFailure("EINVAL");
    if (made?.generation === generation) return made.blobs;
    const blobs = await this.#source.report(privlevel, inblob);
    entry.made = { generation, blobs };
    return blobs;
  }
}

/** The attribute of an operation. @throws {TsmFailure} when there is none, or not for that. */
function allowed(operation: { readonly kind: string; readonly attribute: string }): string {
  const { kind, attribute } = operation;
  if (!Object.hasOwn(ATTRIBUTES, attribute)) throw new TsmFailure("ENOENT");
  if (ATTRIBUTES[attribute] !== kind) throw new TsmFailure("EACCES");
  return attribute;
}

function write(entry: Entry, attribute: string, bytes: Uint8Array): void {
  if (attribute === "inblob") {
    if (bytes.length > INBLOB_SIZE) throw new TsmFailure("EINVAL");
    entry.inblob = Uint8Array.from(bytes);
  } else {
    const level = /^([0-3])\n?$/.exec(Buffer.from(bytes).toString("latin1"))?.[1];
    if (level === undefined) throw new TsmFailure("EINVAL");
    entry.privlevel = Number(level);
  }
  entry.generation++;
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
