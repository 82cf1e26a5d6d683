// SPDX-License-Identifier: Apache-2.0
// Files that are brought to be imported: read, and compared with the manifest beside them.

import { statSync } from "node:fs";
import { join } from "node:path";
import { LayoutError } from "@greenlight/core/bytes";
import { parseStorePath } from "@greenlight/core/endorsement";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { listFiles, readSmall, sha256 } from "../../kds/files.ts";
import { MATERIAL_FILE } from "../../kds/folder.ts";
import { MAX_MATERIAL, readMaterial } from "../../kds/material.ts";
import type { Material } from "../../kds/material.ts";
import { readManifest } from "../../kds/store.ts";
import type { ManifestFile } from "../../kds/store.ts";

/** A file and what is in it. */
export interface Brought {
  readonly file: string;
  readonly material: readonly Material[];
  /** What the manifest says about it. */
  readonly listed?: ManifestFile;
  /** Why it is not taken. */
  readonly refusal?: string;
}

/**
 * The files that a path names.
 * @throws {UsageError} for a path that cannot be read or a manifest that is none of ours.
 * @throws {LayoutError} for a named file that holds neither certificates nor lists.
 */
export async function readBrought(path: string): Promise<readonly Brought[]> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const bytes = readBounded(path, MAX_MATERIAL);
    return [{ file: path, material: await naming(path, () => readMaterial(bytes)) }];
  }
  const manifest = readManifest(path);
  const listed = new Map((manifest ?? []).map((file) => [file.file, file]));
  const names = listFiles(path).map((name) => name.replaceAll("\\", "/"));
  const there = new Set(names);
  const missing = [...listed.keys()].filter((name) => !there.has(name));
  return [
    ...missing.map((name) =>
      refused(join(path, name), "the manifest lists it and it is not there"),
    ),
    ...names
      .filter((name) => MATERIAL_FILE.test(name))
      .toSorted()
      .map((name) => readFound(path, name, listed.get(name), manifest !== undefined)),
  ];
}

function readFound(
  folder: string,
  name: string,
  listed: ManifestFile | undefined,
  hasManifest: boolean,
): Brought {
  const file = join(folder, name);
  const bytes = readSmall(file, MAX_MATERIAL);
  if (bytes === undefined) return refused(file, `it is larger than ${MAX_MATERIAL} bytes`);
  if (hasManifest && listed === undefined) return refused(file, "the manifest does not list it");
  if (listed !== undefined && sha256(bytes) !== listed.sha256) {
    return refused(file, "its SHA-256 is not the one in the manifest");
  }
  try {
    const material = readMaterial(bytes);
    return {
      file,
      material,
      ...(listed === undefined ? {} : { listed }),
      ...misnamed(name, material),
    };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return refused(file, error.message);
  }
}

/** A VCEK under the name of another chip or TCB: someone mixed them up, and other tools go by names. */
function misnamed(name: string, [material]: readonly Material[]): { readonly refusal?: string } {
  const said = nameOf(name);
  if (said?.kind !== "VCEK" || material?.kind !== "VCEK") return {};
  const { hwId, tcb } = material.facts;
  const isChip = Buffer.compare(said.hwId, hwId) === 0;
  const isTcb = said.tcb === undefined || JSON.stringify(said.tcb) === JSON.stringify(tcb);
  if (isChip && isTcb) return {};
  return { refusal: `it is the VCEK of another ${isChip ? "TCB" : "chip"} than its name says` };
}

function nameOf(name: string) {
  try {
    return parseStorePath(name);
  } catch (error) {
    // Files may have any other name.
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}

function refused(file: string, refusal: string): Brought {
  return { file, material: [], refusal };
}
