// SPDX-License-Identifier: Apache-2.0
// Test vectors that are kept beside the repository. Tests that need them are skipped by name where
// they are absent.

import { existsSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../../../../shared/vectors/", import.meta.url);

/** For `test(name, { skip })`: false when all are there, else which one is missing. */
export function missingVectors(...paths: readonly string[]): string | false {
  const missing = paths.find((path) => !existsSync(new URL(path, FOLDER)));
  return missing === undefined ? false : `../shared/vectors/${missing} is absent`;
}

/** Bytes of a vector. */
export function readVector(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FOLDER)));
}

/** Parsed JSON of a vector. */
export function readVectorJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, FOLDER), "utf8"));
}
