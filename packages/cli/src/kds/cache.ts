// SPDX-License-Identifier: Apache-2.0
// What came from the KDS, kept on disk. An entry names the SHA-256 of its content, and content lies under
// its SHA-256, so that whatever is damaged is found out and fetched again. Files are put in place whole
// by renaming: several processes may use one cache. What is kept is a hint only; nobody trusts it.
//
//   index/vcek/{hwID}/bl03_tee00_snp08_ucode115_vcek.der.json     {"sha256": ..., "fetched": ...}
//   objects/0a/0a1b...                                            the bytes

import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { LayoutError } from "@greenlight/core/bytes";
import { kdsPath, parseKdsUrl, storePath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { systemErrorCode } from "../input/system-error.ts";
import {
  isOwnOrAbsent,
  listFiles,
  parseJsonObject,
  readSmall,
  sha256,
  writeWhole,
} from "./files.ts";
import { MAX_MATERIAL, readContent } from "./material.ts";
import type { Content } from "./material.ts";
import type { Say } from "./words.ts";

const ENTRY_SCHEMA = "greenlight/kds-entry/v1";

/** Bytes of an entry; they have about 400. */
const MAX_ENTRY = 4096;

/** Something kept. */
export interface Cached {
  readonly content: Content;
  /** When it was fetched, in milliseconds since 1970. */
  readonly fetched: number;
  /** Where it came from: a server's base URL, or a file. */
  readonly from: string;
}

/** An entry as its file holds it. */
interface Entry {
  readonly address: KdsAddress;
  readonly sha256: string;
  readonly fetched: number;
  readonly from: string;
}

/** A cache on disk. None of its methods throws for what is wrong with the disk: it says so. */
export class DiskCache {
  readonly folder: string;
  readonly #say: Say;
  #writable = true;

  constructor(folder: string, say: Say) {
    this.folder = folder;
    this.#say = say;
  }

  /**
   * The cache of a folder, or undefined, and a word why, where someone else can write to the folder. Of
   * our own folder those above it count as well; of one that was named they are the user's business.
   * Folders that are missing are made when something is kept.
   */
  static open(folder: string, say: Say, kind: "own" | "named"): DiskCache | undefined {
    const above = kind === "own" ? [dirname(dirname(folder)), dirname(folder)] : [];
    const wrong = [...above, folder].find((path) => !isOwnOrAbsent(path));
    if (wrong === undefined) return new DiskCache(folder, say);
    say(`the cache ${folder} is not used: ${wrong} is not a folder that only you can write to`);
    return undefined;
  }

  /** What is kept for an address; undefined when there is nothing, or nothing whole. */
  get(address: KdsAddress): Cached | undefined {
    const entryPath = this.#entryPath(address);
    try {
      const entryBytes = readSmall(entryPath, MAX_ENTRY);
      if (entryBytes === undefined) return undefined;
      const entry = parseEntry(entryBytes);
      const bytes = entry && readSmall(this.#objectPath(entry.sha256), MAX_MATERIAL);
      const isWhole =
        entry !== undefined &&
        bytes !== undefined &&
        kdsPath(entry.address) === kdsPath(address) &&
        sha256(bytes) === entry.sha256;
      if (!isWhole) {
        this.#say(`the cache entry ${entryPath} is damaged and left out`);
        return undefined;
      }
      return { content: readContent(address, bytes), fetched: entry.fetched, from: entry.from };
    } catch (error) {
      this.#sayWhy(`the cache entry ${entryPath} is left out`, error);
      return undefined;
    }
  }

  /** Keeps something, in place of what there was for its address. */
  put(address: KdsAddress, { content, fetched, from }: Cached): void {
    if (!this.#writable) return;
    const path = this.#entryPath(address);
    const digest = sha256(content.bytes);
    const entry = { schema: ENTRY_SCHEMA, path: kdsPath(address), sha256: digest, fetched, from };
    try {
      const before = parseEntry(readSmall(path, MAX_ENTRY) ?? new Uint8Array());
      // The content first: an entry never names what is not there yet.
      writeWhole(this.#objectPath(digest), content.bytes);
      writeWhole(path, `${JSON.stringify(entry)}\n`);
      if (before !== undefined && before.sha256 !== digest) {
        // Whoever read the entry just before finds nothing, and fetches.
        rmSync(this.#objectPath(before.sha256), { force: true });
      }
    } catch (error) {
      this.#writable = false;
      this.#sayWhy(`the cache ${this.folder} is not written to`, error);
    }
  }

  /** Forgets an address. */
  delete(address: KdsAddress): void {
    try {
      rmSync(this.#entryPath(address), { force: true });
    } catch (error) {
      this.#sayWhy(`the cache entry of ${kdsPath(address)} stays`, error);
    }
  }

  /** Everything kept that is whole, in the order of the entries' names. */
  *entries(): Generator<readonly [KdsAddress, Cached]> {
    const index = join(this.folder, "index");
    for (const name of listFiles(index).toSorted()) {
      if (!name.endsWith(".json")) continue;
      const path = join(index, name);
      const entry = parseEntry(readSmall(path, MAX_ENTRY) ?? new Uint8Array());
      const cached = entry && this.get(entry.address);
      if (entry !== undefined && cached !== undefined) yield [entry.address, cached];
      else if (entry === undefined) this.#say(`the cache entry ${path} is damaged and left out`);
    }
  }

  #entryPath(address: KdsAddress): string {
    return join(this.folder, "index", `${storePath(address)}.json`);
  }

  #objectPath(digest: string): string {
    return join(this.folder, "objects", digest.slice(0, 2), digest);
  }

  #sayWhy(what: string, error: unknown): void {
    const reason = error instanceof LayoutError ? error.message : systemErrorCode(error);
    if (reason === undefined) throw error;
    this.#say(`${what}: ${reason}`);
  }
}

function parseEntry(bytes: Uint8Array): Entry | undefined {
  const value = parseJsonObject(bytes);
  const path = value?.get("path");
  const digest = value?.get("sha256");
  const fetched = value?.get("fetched");
  const from = value?.get("from");
  if (value?.get("schema") !== ENTRY_SCHEMA || typeof path !== "string") return undefined;
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return undefined;
  if (typeof fetched !== "number" || typeof from !== "string") return undefined;
  try {
    return { address: parseKdsUrl(path).address, sha256: digest, fetched, from };
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
