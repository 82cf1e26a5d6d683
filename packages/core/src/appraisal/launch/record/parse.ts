// SPDX-License-Identifier: Apache-2.0
// Reading the record of a launch, line by line. It judges nothing but the layout: see check.ts.

import { LAUNCH_RECORD_SCHEMA, LAUNCH_STATES, LAUNCH_STEPS, recordLineDigest } from "./format.ts";
import type { JsonValue, LaunchRecordEntry, LaunchStep } from "./format.ts";

/** A line that was read, or why it could not be. */
export type LaunchRecordLine =
  | { readonly number: number; readonly digest: string; readonly entry: LaunchRecordEntry }
  | { readonly number: number; readonly digest: string; readonly problem: string };

/** No launch has more steps; more lines would only cost memory. */
const MAX_LINES = 10_000;

/** A line holds findings, a few hundred at most. */
const MAX_LINE = 4 * 1024 * 1024;

/** JSON of a record is nested a few levels deep; parsing it recurses. */
const MAX_DEPTH = 32;

/**
 * The lines of a record, in their order. A last line without newline, as a crash leaves it, is a problem
 * of that line alone.
 */
export function parseLaunchRecord(text: string): readonly LaunchRecordLine[] {
  const lines = text.split("\n", MAX_LINES + 1);
  const rest = lines.length > MAX_LINES ? undefined : lines.pop();
  const read = lines.slice(0, MAX_LINES).map((line, index) => readLine(line, index + 1));
  if (rest === undefined) {
    const problem = `the record has more than ${MAX_LINES} lines`;
    return [...read, { number: MAX_LINES + 1, digest: "", problem }];
  }
  if (rest === "") return read;
  const problem = "the line has no end: writing it was interrupted";
  return [...read, { number: lines.length + 1, digest: "", problem }];
}

function readLine(line: string, number: number): LaunchRecordLine {
  const digest = recordLineDigest(line);
  const value = line.length > MAX_LINE ? undefined : parsed(line);
  if (value === undefined) return { number, digest, problem: "the line is not JSON of a record" };
  const entry = entryOf(value);
  return typeof entry === "string" ? { number, digest, problem: entry } : { number, digest, entry };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** The entry, or what is wrong with it. */
function entryOf(value: unknown): LaunchRecordEntry | string {
  if (!isMapping(value)) return "the line is no mapping";
  const { schema, seq, previous, at, state: stateName, step, detail } = value;
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name));
  if (unknown !== undefined)
    return `the line has the unknown field ${JSON.stringify(unknown.slice(0, 40))}`;
  if (schema !== undefined && schema !== LAUNCH_RECORD_SCHEMA)
    return "the record has another schema";
  if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0) return "seq is no number";
  if (typeof previous !== "string" || !/^[0-9a-f]{64}$/.test(previous)) {
    return "previous is no SHA-256 in hexadecimal";
  }
  if (typeof at !== "string" || !INSTANT.test(at)) return "at is no instant in UTC";
  const state = LAUNCH_STATES.find((name) => name === stateName);
  if (state === undefined) return "state is none that a launch can have";
  if (typeof step !== "string" || !isStep(step)) return "step is none that a launch has";
  if (!isDetail(detail)) return "detail is no mapping of plain data";
  const entry = { seq, previous, at, state, step, detail };
  return schema === undefined ? entry : { schema: LAUNCH_RECORD_SCHEMA, ...entry };
}

const FIELDS = new Set(["schema", "seq", "previous", "at", "state", "step", "detail"]);

const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$/;

function isStep(name: string): name is LaunchStep {
  return Object.hasOwn(LAUNCH_STEPS, name);
}

type Mapping<T> = { readonly [name: string]: T };

function isMapping(value: unknown): value is Mapping<unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDetail(value: unknown): value is Mapping<JsonValue> {
  return isMapping(value) && isShallow(value, 0);
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth < MAX_DEPTH && Object.values(value).every((part) => isShallow(part, depth + 1));
}
