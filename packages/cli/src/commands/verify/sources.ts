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
 * The sources that the arguments name, in their order; files of a folder in the order of their names. What
 * cannot be read is a source whose reading fails; only standard input makes walking through them throw
 * ({@link UsageError} `empty-file`, `file-too-large`).
 * @throws {UsageError} `file-too-large` for a standard input that stands alone.
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
  for (const source of sourcesUnder(folder, MAX_DEPTH)) {
    any = true;
    yield source;
  }
  if (any) return;
  const path = JSON.stringify(folder);
  const hint = "is it the right folder?";
  yield broken(folder, new UsageError("empty-file", `${path} has no files`, hint));
}

/** Files under a folder. Symbolic links to folders are not followed: they may lead in circles. */
function* sourcesUnder(folder: string, depth: number): Generator<Source> {
  let entries: ReturnType<typeof readFolder>;
  try {
    entries = readFolder(folder);
  } catch (error) {
    yield broken(folder, error);
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth > 0) yield* sourcesUnder(path, depth - 1);
      else yield broken(path, tooDeep(path));
    } else if (entry.isFile() || (entry.isSymbolicLink() && isFile(path))) {
      yield { name: path, found: true, read: () => readBounded(path, MAX_EVIDENCE_SIZE) };
    }
  }
}

function tooDeep(path: string): UsageError {
  const reason = `${JSON.stringify(path)} is ${MAX_DEPTH} folders deep, and not looked into`;
  return new UsageError("unreadable-file", reason, "name it by itself");
}

/** A source of which only the error is known: it is told like that of a file, and the rest goes on. */
function broken(name: string, error: unknown): Source {
  return {
    name,
    found: false,
    read() {
      throw error;
    },
  };
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
