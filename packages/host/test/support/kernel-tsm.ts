// SPDX-License-Identifier: Apache-2.0
// Imitation of /sys/kernel/config/tsm/report: what configfs does around the TSM core, as the port's file
// operations. Follows what fs/configfs/{dir,file}.c of Linux do, in its own words.

import { basename, dirname } from "node:path";
import type { TsmFile, TsmFiles } from "../../src/tsm/index.ts";
import { systemError } from "./system-error.ts";
import { ATTRIBUTES, Refusal, TsmCore, TsmItem } from "./tsm-core.ts";
import type { Provider } from "./tsm-core.ts";

/** Where it is. */
export const FOLDER = "/sys/kernel/config/tsm/report";

/** A text attribute takes a page less the zero at its end. */
const MAX_TEXT = 4095;

/** Largest blobs: TSM_REPORT_INBLOB_MAX and TSM_REPORT_OUTBLOB_MAX. */
const MAX_BLOB: Readonly<Record<string, number>> = {
  inblob: 64,
  outblob: 32 * 1024,
  auxblob: 32 * 1024,
  manifestblob: 32 * 1024,
};

/** What kind of machine it is. */
export interface KernelOptions {
  readonly provider: Provider | null;
  /** How far the kernel's side of things has got: without configfs at all, not mounted, without TSM. */
  readonly state?: "no-configfs" | "not-mounted" | "no-tsm" | "ready";
  /** Whether the caller is root. */
  readonly root?: boolean;
  /** Generations are counted modulo this. */
  readonly modulus?: bigint;
  /** Called where other processes may come in between; tests schedule with it. */
  readonly step?: (what: string) => Promise<void>;
}

/** The kernel, seen through its file system. */
export class KernelTsm implements TsmFiles {
  readonly core: TsmCore;
  /** Whether mkdir and rmdir fail as on a read-only mount. */
  readOnly = false;
  readonly #options: KernelOptions;
  readonly #entries = new Map<string, Fragment>();

  constructor(options: KernelOptions) {
    this.#options = options;
    this.core = new TsmCore(options.provider, options.modulus ?? 1n << 64n);
  }

  /** Paths of the entries there are. */
  entries(): readonly string[] {
    return [...this.#entries.keys()].map((name) => `${FOLDER}/${name}`);
  }

  /** Names of an entry's attributes, or undefined where there is no such entry. */
  attributes(path: string): ReadonlySet<string> | undefined {
    return this.#entries.get(basename(path))?.shown;
  }

  async isConfigfs(path: string): Promise<boolean> {
    await this.step(`statfs ${path}`);
    const { state = "ready" } = this.#options;
    if (path !== dirname(dirname(FOLDER)) || state === "no-configfs") {
      throw systemError("ENOENT", path);
    }
    return state !== "not-mounted";
  }

  async mkdir(path: string): Promise<void> {
    await this.step(`mkdir ${path}`);
    const { state = "ready", root = true } = this.#options;
    if (state !== "ready" || dirname(path) !== FOLDER) throw systemError("ENOENT", path);
    const name = basename(path);
    if (this.#entries.has(name)) throw systemError("EEXIST", path);
    if (this.readOnly) throw systemError("EROFS", path);
    if (!root) throw systemError("EACCES", path);
    await this.core.hold(() => {
      const { provider } = this.core;
      if (provider === null) throw systemError("ENXIO", path);
      const shown = Object.keys(ATTRIBUTES).filter((attribute) => provider.shows(attribute));
      this.#entries.set(name, { item: new TsmItem(this.core), shown: new Set(shown), dead: false });
    });
  }

  async rmdir(path: string): Promise<void> {
    await this.step(`rmdir ${path}`);
    const name = basename(path);
    const entry = this.#entries.get(name);
    if (entry === undefined || dirname(path) !== FOLDER) throw systemError("ENOENT", path);
    if (this.readOnly) throw systemError("EROFS", path);
    // Waits for whoever is inside an attribute's operation.
    await this.core.hold(() => {
      if (entry.dead) throw systemError("ENOENT", path);
      entry.dead = true;
      this.#entries.delete(name);
    });
  }

  async open(path: string, mode: "read" | "write"): Promise<TsmFile> {
    await this.step(`open ${path}`);
    const attribute = basename(path);
    const entry = this.#entries.get(basename(dirname(path)));
    const kind = ATTRIBUTES[attribute];
    if (entry === undefined || kind === undefined || !entry.shown.has(attribute)) {
      throw systemError("ENOENT", path);
    }
    if (kind.mode !== mode) throw systemError("EACCES", path);
    return kind.binary
      ? new BinaryFile(this, entry, attribute)
      : new TextFile(this, entry, attribute);
  }

  /** A point where others may come in between. */
  async step(what: string): Promise<void> {
    await this.#options.step?.(what);
  }
}

/** An entry's folder. It is dead once it was removed, though files in it may be open. */
interface Fragment {
  readonly item: TsmItem;
  readonly shown: ReadonlySet<string>;
  dead: boolean;
}

/** An open attribute, of either kind. */
abstract class AttributeFile implements TsmFile {
  protected readonly kernel: KernelTsm;
  protected readonly attribute: string;
  readonly #entry: Fragment;

  constructor(kernel: KernelTsm, entry: Fragment, attribute: string) {
    this.kernel = kernel;
    this.#entry = entry;
    this.attribute = attribute;
  }

  abstract read(target: Uint8Array): Promise<number>;
  abstract write(bytes: Uint8Array): Promise<number>;
  abstract close(): Promise<void>;

  /** Calls into the TSM core, unless the folder was removed. */
  protected call<T>(work: (item: TsmItem) => T | Promise<T>): Promise<T> {
    return this.kernel.core.hold(async () => {
      if (this.#entry.dead) throw systemError("ENOENT", this.attribute);
      try {
        return await work(this.#entry.item);
      } catch (error) {
        throw error instanceof Refusal ? systemError(error.errno, this.attribute) : error;
      }
    });
  }
}

class TextFile extends AttributeFile {
  #content: Uint8Array | undefined;
  #position = 0;

  async read(target: Uint8Array): Promise<number> {
    await this.kernel.step(`read ${this.attribute}`);
    this.#content ??= Buffer.from(await this.call((item) => item.show(this.attribute)));
    const piece = this.#content.subarray(this.#position, this.#position + target.length);
    target.set(piece);
    this.#position += piece.length;
    return piece.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.kernel.step(`write ${this.attribute}`);
    const taken = bytes.subarray(0, MAX_TEXT);
    if (taken.length === 0) throw systemError("EFAULT", this.attribute);
    const text = Buffer.from(taken).toString("latin1");
    await this.call((item) => item.store(this.attribute, text));
    return taken.length;
  }

  async close(): Promise<void> {
    await this.kernel.step(`close ${this.attribute}`);
  }
}

class BinaryFile extends AttributeFile {
  #buffer: Uint8Array | undefined;
  #written: Uint8Array | undefined;
  #position = 0;

  async read(target: Uint8Array): Promise<number> {
    await this.kernel.step(`read ${this.attribute}`);
    this.#buffer ??= await this.#fill();
    const piece = this.#buffer?.subarray(this.#position, this.#position + target.length);
    if (piece === undefined) return 0;
    target.set(piece);
    this.#position += piece.length;
    return piece.length;
  }

  /** Asks twice: for the size first and then for the content, and lets others in between. */
  async #fill(): Promise<Uint8Array | undefined> {
    const { length } = await this.call((item) => item.blob(this.attribute));
    if (length === 0) return undefined;
    if (length > MAX_BLOB[this.attribute]!) throw systemError("EFBIG", this.attribute);
    await this.kernel.step(`fill ${this.attribute}`);
    const content = await this.call((item) => item.blob(this.attribute));
    // What is shorter by now leaves the end of the buffer as it was: whatever the memory held.
    const buffer = new Uint8Array(length).fill(0xa5);
    buffer.set(content.subarray(0, length));
    return buffer;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.kernel.step(`write ${this.attribute}`);
    const before = this.#written ?? new Uint8Array();
    const end = this.#position + bytes.length;
    if (end > MAX_BLOB[this.attribute]!) throw systemError("EFBIG", this.attribute);
    if (bytes.length === 0) throw systemError("EFAULT", this.attribute);
    const grown = new Uint8Array(end);
    grown.set(before);
    grown.set(bytes, this.#position);
    this.#written = grown;
    this.#position = end;
    return bytes.length;
  }

  /** Only now the bytes are handed over, and nobody hears whether they were taken. */
  async close(): Promise<void> {
    await this.kernel.step(`close ${this.attribute}`);
    const written = this.#written;
    if (written === undefined) return;
    await this.call((item) => item.commit(written)).catch(() => undefined);
  }
}
