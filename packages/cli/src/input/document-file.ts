// SPDX-License-Identifier: Apache-2.0
// Files that people write for us, policies and launch plans, as what they stand for, or as everything
// that is wrong with them and where.

import type { PolicyProblem } from "@greenlight/core/policy";
import { readText } from "./file.ts";

/** A problem of a file and its place there. */
export interface PlacedProblem {
  readonly code: string;
  /** Empty where the text itself is broken. */
  readonly field: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

/** All problems of a file, in the order in which they stand there. */
export type PlacedProblems = readonly [PlacedProblem, ...PlacedProblem[]];

/** A kind of such files. */
export interface DocumentKind<T> {
  /** `policy`, `plan`. */
  readonly name: string;
  /** Most bytes of a file. */
  readonly maximum: number;
  /** What a value stands for. */
  parse(value: unknown): T;
  /** What parse() found wrong; undefined for errors that are not its own. */
  problemsOf(error: unknown): readonly [PolicyProblem, ...PolicyProblem[]] | undefined;
}

/** A file that was read, or everything that is wrong with it. */
export type DocumentFile<T> =
  | { readonly value: T; readonly text: string }
  | { readonly problems: PlacedProblems };

/**
 * Reads a file, YAML or JSON.
 * @throws {UsageError} when it cannot be read at all.
 */
export async function readDocumentFile<T>(
  path: string,
  kind: DocumentKind<T>,
): Promise<DocumentFile<T>> {
  const text = readText(path, kind.maximum);
  const { readDocument } = await import("./document.ts");
  const { formatPath } = await import("@greenlight/core/policy");
  const document = readDocument(text);
  if ("problems" in document) {
    const [first, ...more] = document.problems;
    const placed = ({ place, reason }: typeof first): PlacedProblem => ({
      code: "bad-yaml",
      field: "",
      ...place,
      message: reason,
    });
    return { problems: [placed(first), ...more.map(placed)] };
  }
  try {
    return { value: kind.parse(document.value), text };
  } catch (error) {
    const problems = kind.problemsOf(error);
    if (problems === undefined) throw error;
    const placed = ({ code, path: steps, reason, hint }: PolicyProblem): PlacedProblem => ({
      code,
      field: formatPath(steps),
      ...document.placeOf(steps, code === "unknown-field"),
      message: steps.length === 0 ? `the ${kind.name} ${reason}` : `${formatPath(steps)} ${reason}`,
      ...(hint === undefined ? {} : { hint }),
    });
    const [first, ...more] = problems;
    return { problems: inOrder([placed(first), ...more.map(placed)]) };
  }
}

/** As they stand in the file. */
function inOrder([first, ...more]: PlacedProblems): PlacedProblems {
  const before = (a: PlacedProblem, b: PlacedProblem): number =>
    (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
  const [head = first, ...tail] = [first, ...more].toSorted(before);
  return [head, ...tail];
}

/** `FILE:LINE:COLUMN: what is wrong`. */
export function describePlaced(path: string, { line, column, message }: PlacedProblem): string {
  const place = line === undefined ? "" : `:${line}:${column ?? 1}`;
  return `${path}${place}: ${message}`;
}

/** The same of the first of them, and how many more there are and what shows them. */
export function describeFirst(path: string, problems: PlacedProblems, command: string): string {
  const [first, ...more] = problems;
  const others = more.length === 0 ? "" : ` (and ${more.length} more: greenlight ${command})`;
  return `${describePlaced(path, first)}${others}`;
}
