// SPDX-License-Identifier: Apache-2.0
// A field of a plan: declared once, with its schema, its default and its meaning. Parsing, the JSON
// Schema and the reference come from the declaration.

import * as z from "zod/mini";
import { quote } from "../../../bytes/index.ts";
import { Refusal, leaf, textReader, within, wrongType } from "../../policy/values.ts";
import type { JsonSchema, Reader } from "../../policy/values.ts";

/** What a field means. */
export interface PlanFieldDoc {
  readonly meaning: string;
  /** Value of a field that is left out; undefined where it has none. */
  readonly fallback?: unknown;
  /** Whether it has to be given. */
  readonly required: boolean;
}

/** Documentation of every field by its schema. */
export const PLAN_FIELD_DOCS = z.registry<PlanFieldDoc>();

/** A field that must be given. */
export function needed<S extends z.ZodMiniType>(schema: S, meaning: string): S {
  PLAN_FIELD_DOCS.add(schema, { meaning, required: true });
  return schema;
}

/** A field that has a value when it is left out. */
export function withDefault<S extends z.ZodMiniType>(
  schema: S,
  fallback: z.util.NoUndefined<z.output<S>>,
  meaning: string,
) {
  const complete = z._default(schema, fallback);
  PLAN_FIELD_DOCS.add(complete, { meaning, fallback, required: false });
  return complete;
}

/** A field that may be left out and is then absent. */
export function optional<S extends z.ZodMiniType>(schema: S, meaning: string) {
  const complete = z.exactOptional(schema);
  PLAN_FIELD_DOCS.add(complete, { meaning, required: false });
  return complete;
}

/** Longest path that is taken; Linux has the same limit. */
const MAX_PATH = 4095;

/** Most elements of a list. */
const MAX_ELEMENTS = 256;

const pathReader: Reader<string> = (value) => {
  const given = textReader(MAX_PATH)(value);
  if (given !== "" && !/[\n\t]/.test(given)) return given;
  throw new Refusal("bad-value", `is ${quote(given.slice(0, 60))}, must be the path of a file`);
};

const PATH_JSON: JsonSchema = { type: "string", minLength: 1, maxLength: MAX_PATH };

/** The path of a file or socket, relative to the plan's folder. */
export function path() {
  return leaf(pathReader, PATH_JSON);
}

/** Paths; a single one may stand without brackets. */
export function paths() {
  return leaf((value) => listOf(value, pathReader), listJson(PATH_JSON));
}

/** Texts of a pattern; a single one may stand without brackets. */
export function texts(pattern: RegExp, what: string) {
  const read: Reader<string> = (value) => matching(value, pattern, what);
  return leaf(
    (value) => listOf(value, read),
    listJson({ type: "string", pattern: pattern.source }),
  );
}

/** Text of a pattern; YAML's numbers are taken as their digits where `digits` allows it. */
export function patterned(pattern: RegExp, what: string) {
  return leaf((value) => matching(value, pattern, what), {
    type: "string",
    pattern: pattern.source,
  });
}

/** A list of mappings. */
export function each<S extends z.ZodMiniType>(schema: S) {
  return z.array(schema).check(z.maxLength(MAX_ELEMENTS));
}

function matching(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value !== "string") throw wrongType(value, what, "put it in quotes");
  const text = textReader(1000)(value);
  if (pattern.test(text)) return text;
  throw new Refusal("bad-value", `is ${quote(text.slice(0, 60))}, must be ${what}`);
}

function listOf<T>(value: unknown, read: Reader<T>): readonly T[] {
  if (!Array.isArray(value)) return [read(value)];
  const given: readonly unknown[] = value;
  if (given.length > MAX_ELEMENTS) {
    throw new Refusal(
      "too-large",
      `has ${given.length} elements, at most ${MAX_ELEMENTS} are taken`,
    );
  }
  return given.map((part, index) => within(index, () => read(part)));
}

function listJson(element: JsonSchema): JsonSchema {
  return { anyOf: [element, { type: "array", items: element, maxItems: MAX_ELEMENTS }] };
}
