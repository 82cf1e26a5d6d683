// SPDX-License-Identifier: Apache-2.0
// Running `greenlight idblock` with a pair of keys made for one test run.

import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { newKey, pemOf } from "./artefacts.ts";
import { greenlight } from "./capture.ts";
import type { Captured } from "./capture.ts";

/** A launch digest. */
export const DIGEST =
  "076f052d08bda7a700aa2a608c5caa6b00ebad297b6d68a85a45b1e669a558b67e1b91d284a301fe63c4fa0750467eed";
/** The same in base64. */
export const DIGEST_BASE64 = Buffer.from(DIGEST, "hex").toString("base64");
/** Arguments that make an ID block. */
export const MAKE = [
  "make",
  "--id-key",
  "id.pem",
  "--author-key",
  "author.pem",
  "--launch-digest",
  DIGEST,
];

/** Writes `id.pem` (SEC1) and `author.pem` (PKCS #8) into the current folder. */
export function writeKeys(): { readonly idKey: KeyObject; readonly authorKey: KeyObject } {
  const idKey = newKey();
  const authorKey = newKey();
  writeFileSync("id.pem", pemOf(idKey, "sec1"));
  writeFileSync("author.pem", pemOf(authorKey));
  return { idKey, authorKey };
}

/** Runs `greenlight idblock ARGUMENTS`. */
export const idblock = (...argv: readonly string[]): Promise<Captured> =>
  greenlight("idblock", ...argv);

/** Arguments of a line in which no argument holds a blank. */
export const words = (line: string): readonly string[] => line.split(" ");

/** What a command that succeeds prints. */
export async function done(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await idblock(...argv);
  assert.equal(code, 0, err + out);
  assert.equal(err, "");
  return out;
}

/** The error text of a command line that must be refused. */
export async function refusal(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await idblock(...argv);
  assert.equal(code, 2, out);
  assert.equal(out, "");
  assert.doesNotMatch(err, /internal error|\n +at /);
  return err;
}

/** What `--json` of make says. */
export interface Made {
  readonly idBlock: string;
  readonly idAuth: string;
  readonly idKeyDigest: string;
  readonly authorKeyDigest: string | null;
  readonly qemu: string;
}

/** Makes an ID block with these arguments besides MAKE. */
export async function make(...more: readonly string[]): Promise<Made> {
  return JSON.parse(await done(...MAKE, "--json", ...more)) as Made;
}
