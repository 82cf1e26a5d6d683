// SPDX-License-Identifier: Apache-2.0
// Where evidence to verify comes from: files, folders of files, standard input as one piece of evidence
// or one a line.

import { statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded, readFolder } from "../../input/file.ts";
import { lines, startsAsText } from "../../input/lines.ts";
import type { Beginning } from "../../input/lines.ts";

/** Larger than any evidence: an extended report is at most 17 KiB, text forms a few times that. */
const MAX_EVIDENCE_SIZE = 1024 * 1024;

/** Folders in folders that are looked into. */
const MAX_DEPTH = 16;

/** One piece of evidence, not read yet. */
export interface Source {
  /** What to call it in outputs. */
  readonly name: string;
  /**
   * Whether it was met while walking through a folder. What is no evidence is passed over there, and
   * refused where it was named.
   */
  readonly found: boolean;
  /** @throws {UsageError} `unreadable-file`, `not-a-file`, `file-too-large`. */
  read(): Uint8Array;
}

/** What the arguments name. */
export interface Sources {
  /** Whether there can be more than one. */
  readonly several: boolean;
  readonly each: AsyncIterable<Source>;
}

/**
 * The sources that the arguments name, in their order; files of a folder in the order of their names.
 * Walking through them throws {@link UsageError}: `unreadable-file`, `empty-file` for an empty standard
 * input or a folder without files, `file-too-large`.
 * @throws {UsageError} `empty-file`, `file-too-large` for a standard input that stands alone.
 */
export async function openSources(paths: readonly string[]): Promise<Sources> {
  const [only] = paths;
  if (only === "-" && paths.length === 1) {
    const input = await beginStandardInput();
    return { several: input.kind === "lines", each: standardInput(input) };
  }
  const several = paths.length !== 1 || isFolder(only ?? "");
  return { several, each: sourcesOf(paths) };
}

async function* sourcesOf(paths: readonly string[]): AsyncGenerator<Source> {
  for (const path of paths) {
    if (path === "-") {
      yield* standardInput(await beginStandardInput());
    } else if (isFolder(path)) {
      yield* folderSources(path);
    } else {
      yield { name: path, found: false, read: () => readBounded(path, MAX_EVIDENCE_SIZE) };
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function* folderSources(folder: string): Generator<Source> {
  let any = false;
  for (const path of filesUnder(folder, MAX_DEPTH)) {
    any = true;
    yield { name: path, found: true, read: () => readBounded(path, MAX_EVIDENCE_SIZE) };
  }
  if (!any) {
    throw new UsageError(
      "empty-file",
      `${JSON.stringify(folder)} has no files`,
      "is it the right folder?",
    );
  }
}

/** Regular files under a folder. Symbolic links to folders are not followed: they may lead in circles. */
function* filesUnder(folder: string, depth: number): Generator<string> {
  for (const entry of readFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth > 0) yield* filesUnder(path, depth - 1);
    } else if (entry.isFile() || (entry.isSymbolicLink() && isFile(path))) {
      yield path;
    }
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * Lines when the input begins with one that is complete in itself: base64 or hexadecimal of a whole
 * report, or a JSON object. Anything else is one piece of evidence.
 */
function beginStandardInput(): Promise<Beginning> {
  return startsAsText(process.stdin as AsyncIterable<Buffer>, isWholeLine, MAX_EVIDENCE_SIZE);
}

async function* standardInput(input: Beginning): AsyncGenerator<Source> {
  if (input.kind === "whole") {
    if (input.bytes.length === 0) {
      throw new UsageError("empty-file", "standard input is empty", "pipe evidence into it");
    }
    yield { name: "standard input", found: false, read: () => input.bytes };
    return;
  }
  let number = 0;
  for await (const line of lines(input.rest, MAX_EVIDENCE_SIZE)) {
    number += 1;
    if (line.every((byte) => byte <= 0x20)) continue;
    yield { name: `line ${number}`, found: false, read: () => line };
  }
}

/** Characters of the shortest text that can hold a report: 1184 bytes as base64. */
const SHORTEST_TEXT = 1578;

function isWholeLine(line: string): boolean {
  const text = line.trim();
  if (text.startsWith("{")) return text.endsWith("}");
  return text.length >= SHORTEST_TEXT;
}
