// SPDX-License-Identifier: Apache-2.0
// A folder that is written for use elsewhere: files under the names of Trustee's offline store, and a
// manifest with the SHA-256 of each.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { kdsPath, storePath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { UsageError } from "../command/usage-error.ts";
import { systemErrorCode } from "../input/system-error.ts";
import { unwritable } from "../output/file.ts";
import { parseJsonObject, readSmall, sha256, writeWhole } from "./files.ts";
import { MAX_MATERIAL } from "./material.ts";
import type { Content } from "./material.ts";

/** Name of the manifest in the folder. */
export const MANIFEST = "manifest.json";

const SCHEMA = "greenlight/kds-manifest/v1";

/** Larger than the manifest of 100,000 chips. */
const MAX_MANIFEST = 64 * 1024 * 1024;

/** A file as the manifest has it. */
export interface ManifestFile {
  /** In the folder, with slashes. */
  readonly file: string;
  readonly sha256: string;
  /** Path and query at the KDS. */
  readonly path: string;
  /** When it was fetched, `2026-08-01T12:00:00.000Z`. */
  readonly fetched: string;
  /** Where from. */
  readonly from: string;
}

/** A folder being filled. */
export class StoreFolder {
  readonly path: string;
  readonly #force: boolean;
  readonly #files: Map<string, ManifestFile>;

  /**
   * @param force Write over files that hold something else.
   * @throws {UsageError} `unrecognised-file` for a manifest that is none of ours.
   */
  constructor(path: string, force: boolean) {
    this.path = path;
    this.#force = force;
    this.#files = new Map((readManifest(path) ?? []).map((file) => [file.file, file]));
  }

  /**
   * Puts something in its place.
   * @returns what was done: `kept` when it was there already.
   * @throws {UsageError} `file-exists` for a file that holds something else, `unwritable-file`.
   */
  put(address: KdsAddress, { content, fetched, from }: Put): "written" | "kept" {
    const file = storePath(address);
    const path = join(this.path, file);
    const digest = sha256(content.bytes);
    const entry = { file, sha256: digest, path: kdsPath(address) };
    const there = existsSync(path)
      ? sha256(readSmall(path, MAX_MATERIAL) ?? Buffer.of())
      : undefined;
    const known = this.#files.get(file);
    if (there === digest) {
      // The manifest says when it was fetched first.
      const since = new Date(fetched).toISOString();
      if (known?.sha256 !== digest) this.#files.set(file, { ...entry, fetched: since, from });
      return "kept";
    }
    // What we wrote ourselves may be replaced; the next list comes every few weeks.
    const isOurs = there !== undefined && there === known?.sha256;
    if (there !== undefined && !isOurs && !this.#force) {
      throw new UsageError(
        "file-exists",
        `${JSON.stringify(path)} holds something else`,
        "name another folder, or add --force to overwrite it",
      );
    }
    write(path, content.bytes);
    this.#files.set(file, { ...entry, fetched: new Date(fetched).toISOString(), from });
    return "written";
  }

  /** The files as the manifest lists them. */
  get files(): readonly ManifestFile[] {
    return [...this.#files.values()].toSorted((a, b) => (a.file < b.file ? -1 : 1));
  }

  /** Writes the manifest. @throws {UsageError} `unwritable-file`. */
  save(): void {
    const manifest = { schema: SCHEMA, files: this.files };
    write(join(this.path, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

/** Something to be written. */
interface Put {
  readonly content: Content;
  /** Milliseconds since 1970. */
  readonly fetched: number;
  readonly from: string;
}

/**
 * The files that a folder's manifest lists; undefined without manifest.
 * @throws {UsageError} `unrecognised-file` for a manifest that is none of ours.
 */
export function readManifest(folder: string): readonly ManifestFile[] | undefined {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) return undefined;
  const value = parseJsonObject(readSmall(path, MAX_MANIFEST) ?? Buffer.of());
  const files = value?.get("files");
  const read = Array.isArray(files) ? files.map(manifestFile) : undefined;
  if (value?.get("schema") !== SCHEMA || read === undefined || read.includes(undefined)) {
    throw new UsageError(
      "unrecognised-file",
      `${JSON.stringify(path)} is no manifest of greenlight kds export`,
      "name a folder without one",
    );
  }
  return read.filter((file) => file !== undefined);
}

function manifestFile(value: unknown): ManifestFile | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const text = (name: string): string | undefined => {
    const member: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
    return typeof member === "string" ? member : undefined;
  };
  const [file, digest, path] = [text("file"), text("sha256"), text("path")];
  const [fetched, from] = [text("fetched"), text("from")];
  if (file === undefined || digest === undefined || path === undefined) return undefined;
  if (fetched === undefined || from === undefined) return undefined;
  return { file, sha256: digest, path, fetched, from };
}

function write(path: string, content: string | Uint8Array): void {
  try {
    writeWhole(path, content, true);
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw unwritable(path, reason);
  }
}
