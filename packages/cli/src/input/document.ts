// SPDX-License-Identifier: Apache-2.0
// The text of a policy or plan, YAML or JSON, as a value, and where in the text each field stands. This
// loads the YAML package: import it only when there is a file to read.

import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import type { PolicyPath } from "@greenlight/core/policy";

/** A place in a text; both count from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Text that is no YAML. */
export interface SyntaxProblem {
  readonly place: TextPlace | undefined;
  readonly reason: string;
}

/** A text that was read, or why it could not be. */
export type TextDocument =
  | { readonly value: unknown; readonly placeOf: (path: PolicyPath, key: boolean) => TextPlace }
  | { readonly problems: readonly [SyntaxProblem, ...SyntaxProblem[]] };

/** Policies and plans need hardly any alias; a few of them could stand for gigabytes. */
const MAX_ALIASES = 100;

/** What anchors and aliases begin with; the parser compares each with all before it. */
const MAX_ANCHOR_MARKS = 1000;

/** Parsing YAML recurses; no policy or plan is nested as deep as this. */
const MAX_DEPTH = 64;

/** Reads YAML 1.2, of which JSON is a part. Keys are text, and none stands twice. */
export function readDocument(text: string): TextDocument {
  const excess = tooManyAnchors(text) ?? tooDeep(text);
  if (excess !== undefined) return { problems: [excess] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    uniqueKeys: true,
    stringKeys: true,
    strict: true,
    prettyErrors: false,
    lineCounter: lines,
    // Anything but silent makes a second document an error.
    logLevel: "error",
  });
  const placeAt = (offset: number): TextPlace => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [first, ...more] = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    place: placeAt(pos[0]),
    reason: printable(message),
  }));
  if (first !== undefined) return { problems: [first, ...more] };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value, placeOf: (path, key) => placeAt(offsetOf(document, path, key)) };
  } catch (error) {
    // Unresolved and excessive aliases.
    if (!(error instanceof ReferenceError)) throw error;
    return { problems: [{ place: undefined, reason: printable(error.message) }] };
  }
}

/** Messages repeat parts of the text, which must not steer a terminal. */
function printable(message: string): string {
  return message.replaceAll(/[^ -~]/g, "?").slice(0, 300);
}

/** Offset of the value at a path, or of its key; of the nearest thing around it where there is none. */
function offsetOf(document: Document.Parsed, path: PolicyPath, key: boolean): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const isLast = index === path.length - 1;
    if (isMap<Node, Node | null>(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === String(step));
      if (pair === undefined) return offset;
      const start = pair.key.range?.[0] ?? offset;
      node = pair.value;
      offset = isLast && key ? start : (node?.range?.[0] ?? start);
    } else if (isSeq<Node>(node) && typeof step === "number") {
      const item = node.items[step];
      if (item === undefined) return offset;
      node = item;
      offset = item.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

/** Refuses text with a mass of anchors or aliases before it is parsed. */
function tooManyAnchors(text: string): SyntaxProblem | undefined {
  let marks = 0;
  for (let i = 0; i < text.length; i++) if (text[i] === "&" || text[i] === "*") marks++;
  if (marks <= MAX_ANCHOR_MARKS) return undefined;
  return { place: undefined, reason: "has more anchors and aliases than a policy needs" };
}

/**
 * Refuses text that is nested too deep before it is parsed. Brackets in strings and comments are
 * counted too; no policy has that many of them open.
 */
function tooDeep(text: string): SyntaxProblem | undefined {
  let open = 0;
  let line = 1;
  let indents: number[] = [];
  for (const content of text.split("\n")) {
    for (const character of content) {
      if (character === "[" || character === "{") open++;
      else if ((character === "]" || character === "}") && open > 0) open--;
    }
    const lead = /^[\s\-?:]*/.exec(content)?.[0] ?? "";
    const marks = [...lead.matchAll(/[-?:](?=\s|$)/g)].map(({ index }) => index);
    if (marks.length > 0 || lead.length < content.length) {
      indents = [...indents.filter((indent) => indent < (marks[0] ?? lead.length)), ...marks];
      if (indents.at(-1) !== lead.length) indents.push(lead.length);
    }
    if (open > MAX_DEPTH || indents.length > MAX_DEPTH) {
      return { place: { line, column: 1 }, reason: "is nested too deep for a policy" };
    }
    line++;
  }
  return undefined;
}
