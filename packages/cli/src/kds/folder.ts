// SPDX-License-Identifier: Apache-2.0
// A folder that stands in for the KDS: our export, Trustee's offline store, or loose files. What is
// found is checked to be what was asked for, since names alone may be wrong.

import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { LayoutError } from "@greenlight/core/bytes";
import { kdsPath, storePath, vcekStorePaths } from "@greenlight/core/endorsement";
import type { EndorserKind, KdsAddress } from "@greenlight/core/endorsement";
import { UsageError } from "../command/usage-error.ts";
import { listFiles, readSmall } from "./files.ts";
import { MAX_MATERIAL, contentOf, readContent, readMaterial } from "./material.ts";
import type { Content, Material } from "./material.ts";
import type { Say } from "./words.ts";

/** Loose files looked at in one folder. */
const MAX_FILES = 20_000;

/** Names of files that may hold certificates or lists. */
export const MATERIAL_FILE = /\.(der|pem|crl|crt|cer)$/i;

/** Something found, and in which file. */
export interface Found {
  readonly content: Content;
  readonly from: string;
}

/** A certificate or list and the file it is in. */
export interface LooseMaterial {
  readonly material: Material;
  readonly path: string;
}

/** A folder to look into before anything is fetched. */
export class OfflineFolder {
  readonly path: string;
  readonly #say: Say;
  #loose: ReadonlyMap<string, Found> | undefined;

  /** @throws {UsageError} `unreadable-file` when there is no such folder. */
  constructor(path: string, say: Say) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new UsageError("unreadable-file", `${JSON.stringify(path)} is no folder`);
    }
    this.path = path;
    this.#say = say;
  }

  /** What the folder has for an address. */
  find(address: KdsAddress): Found | undefined {
    for (const name of namesOf(address)) {
      const path = join(this.path, name);
      const bytes = readSmall(path, MAX_MATERIAL);
      if (bytes === undefined) continue;
      try {
        return { content: readContent(address, bytes), from: path };
      } catch (error) {
        if (!(error instanceof LayoutError)) throw error;
        // A VCEK without TCB in its name may well be that of another one.
        if (basename(path) !== "vcek.der") this.#say(`${path} is left out: ${error.message}`);
      }
    }
    this.#loose ??= collect(looseMaterial(this.path, this.#say));
    return this.#loose.get(kdsPath(address));
  }
}

/** Paths at which an address may lie, also when the folder is Trustee's `vcek` itself. */
function namesOf(address: KdsAddress): readonly string[] {
  if (address.kind !== "VCEK") return [storePath(address)];
  const paths = vcekStorePaths(address);
  return [...paths, ...paths.map((path) => path.replace("vcek/", ""))];
}

/** Certificates and lists in the files of a folder, not of folders in it. */
function* looseMaterial(folder: string, say: Say): Generator<LooseMaterial> {
  const names = listFiles(folder, { deep: false }).filter((name) => MATERIAL_FILE.test(name));
  if (names.length > MAX_FILES) say(`${folder}: only the first ${MAX_FILES} files are looked at`);
  for (const name of names.toSorted().slice(0, MAX_FILES)) {
    const path = join(folder, name);
    const bytes = readSmall(path, MAX_MATERIAL);
    if (bytes === undefined) {
      say(`${path} is left out: it is larger than ${MAX_MATERIAL} bytes`);
      continue;
    }
    try {
      for (const material of readMaterial(bytes)) yield { material, path };
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      say(`${path} is left out: ${error.message}`);
    }
  }
}

/**
 * Which list a revocation list is. Both are signed by the same key; only the name of the file tells, or
 * the path at the KDS.
 */
function endorserOfList(path: string): EndorserKind {
  return /^\/vlek\/v1\/|(vlek|asvk)[^/\\]*$/i.test(path) ? "vlek" : "vcek";
}

/** Contents by path of the address they answer; intermediates are joined with the ARK of their line. */
function collect(loose: Iterable<LooseMaterial>): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  for (const { address, parts, from } of addressesOf([...loose])) {
    const content = contentOf(address, parts);
    const path = kdsPath(address);
    const before = found.get(path);
    // Of several lists the one that is good for longest.
    if (before !== undefined && (before.content.nextUpdate ?? 0) >= (content.nextUpdate ?? 0)) {
      continue;
    }
    found.set(path, { content, from });
  }
  return found;
}

/** The answer to an address, in parts. */
export interface Answer {
  readonly address: KdsAddress;
  readonly parts: readonly Material[];
  readonly from: string;
}

/** To which addresses certificates and lists are the answer; VLEKs and lone ARKs answer none. */
export function* addressesOf(loose: readonly LooseMaterial[]): Generator<Answer> {
  for (const { material, path: from } of loose) {
    const { kind } = material;
    if (kind === "VCEK") {
      yield { address: { kind: "VCEK", ...material.facts }, parts: [material], from };
    } else if (kind === "CRL" && material.line !== undefined) {
      const endorser = endorserOfList(from);
      yield { address: { kind, line: material.line, endorser }, parts: [material], from };
    } else if (kind === "intermediate" && material.line !== undefined) {
      const { line, endorser } = material;
      const ark = loose.find(
        (other) => other.material.kind === "ARK" && other.material.line === line,
      );
      const parts = ark === undefined ? [material] : [material, ark.material];
      yield { address: { kind: "cert_chain", line, endorser }, parts, from };
    }
  }
}
