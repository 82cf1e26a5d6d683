// SPDX-License-Identifier: Apache-2.0
// Byte strings and lists in policy files: digests with labels, `any` or one or several, each once.

import * as z from "zod/mini";
import { LayoutError, guidDecode, guidEncode } from "../../bytes/index.ts";
import type { Guid } from "../../bytes/index.ts";
import { suggestion } from "./suggest.ts";
import type { Hex, Labelled, OneOf } from "./types.ts";
import {
  Refusal,
  kindOf,
  leaf,
  numberReader,
  textReader,
  within,
  wordReader,
  wrongType,
  steps,
} from "./values.ts";
import type { JsonSchema, Reader } from "./values.ts";

/** Most elements a list may have: more is no policy, and would only cost memory. */
const MAX_ELEMENTS = 10_000;

/** Digits of a byte string of one of these lengths, with or without 0x, either case. */
function hexReader(lengths: readonly number[]): Reader<Hex> {
  return (value) => {
    if (typeof value === "number" || typeof value === "bigint") {
      const hint = "put the digits in quotes: without, YAML reads them as a number";
      throw new Refusal("wrong-type", "is a number, must be hexadecimal digits as text", hint);
    }
    if (typeof value !== "string") throw wrongType(value, "hexadecimal digits as text");
    const digits = value.replace(/^0x/i, "").toLowerCase();
    const wanted = lengths.map((length) => `${length * 2} digits (${length} bytes)`).join(" or ");
    if (!/^[0-9a-f]*$/.test(digits)) {
      throw new Refusal("bad-value", `${kindOf(value)}, must be ${wanted} in hexadecimal`);
    }
    if (!lengths.includes(digits.length / 2)) {
      throw new Refusal("bad-length", `has ${digits.length} digits, must have ${wanted}`);
    }
    return digits;
  };
}

function hexPattern(lengths: readonly number[]): string {
  const counts = lengths.map((length) => `[0-9a-fA-F]{${length * 2}}`);
  return `(0[xX])?(${counts.join("|")})`;
}

const LABEL_LIMIT = 200;

/** Byte strings, or `{ value, label }` of them. */
function labelledReader(lengths: readonly number[]): Reader<Labelled> {
  const hex = hexReader(lengths);
  const label = textReader(LABEL_LIMIT);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { value: hex(value) };
    }
    const stranger = Object.keys(value).find((key) => key !== "value" && key !== "label");
    if (stranger !== undefined) throw unknownField(stranger, ["value", "label"]);
    const parts: { readonly value?: unknown; readonly label?: unknown } = value;
    const found = within("value", () => hex(parts.value));
    if (parts.label === undefined) return { value: found };
    return { value: found, label: within("label", () => label(parts.label)) };
  };
}

function labelledSchema(lengths: readonly number[]): JsonSchema {
  const hex = { type: "string", pattern: `^${hexPattern(lengths)}$` };
  const label = { type: "string", maxLength: LABEL_LIMIT };
  const properties = { value: hex, label };
  const object = { type: "object", properties, required: ["value"], additionalProperties: false };
  return { anyOf: [hex, object] };
}

/** The refusal of a field that does not exist. */
function unknownField(name: string, known: readonly string[]): Refusal {
  return new Refusal("unknown-field", "is not known", suggestion(name, known), [name]);
}

/** A list of byte strings with labels; it may be empty. */
export function labelledList(lengths: readonly number[]) {
  const element = labelledReader(lengths);
  return leaf(
    distinct(listReader(element), ({ value }) => value),
    {
      type: "array",
      items: labelledSchema(lengths),
    },
  );
}

/** `any`, one byte string, or a list of them. */
export function anyOrLabelled(
  lengths: readonly number[],
  names: Readonly<Record<string, Hex>> = {},
) {
  const plain = labelledReader(lengths);
  const words = Object.keys(names);
  const element: Reader<Labelled> = (value) => {
    const named = typeof value === "string" ? names[value] : undefined;
    return named === undefined ? plain(value) : { value: named };
  };
  const one = labelledSchema(lengths);
  const single = words.length === 0 ? one : { anyOf: [one, { enum: words }] };
  return leaf(
    anyOr(element, ({ value }) => value, true),
    anyOrSchema(single, true),
  );
}

/** `any`, or a list of texts. */
export function anyOrTexts(limit: number) {
  const json = { type: "string", maxLength: limit };
  return leaf(anyOr(textReader(limit), String, false), anyOrSchema(json, false));
}

/** `any`, or a list of numbers. */
export function anyOrNumbers(min: number, max: number) {
  const json = { type: "integer", minimum: min, maximum: max };
  return leaf(anyOr(numberReader(min, max), String, false), anyOrSchema(json, false));
}

/** `any`, or a list of some words. */
export function anyOrWords<const W extends string>(words: readonly W[]) {
  return leaf(anyOr(wordReader(words), String, false), anyOrSchema({ enum: words }, false));
}

/** A list of some words that is not empty. */
export function wordList<const W extends string>(words: readonly W[]) {
  const json = { type: "array", minItems: 1, uniqueItems: true, items: { enum: words } };
  return leaf(distinct(filled(listReader(wordReader(words))), String), json);
}

/** A list of numbers that is not empty, each one of those known. */
export function numberList(known: readonly number[]) {
  const read: Reader<number> = (value) => {
    const found = known.find((number) => number === value);
    if (found !== undefined) return found;
    throw new Refusal("bad-value", `${kindOf(value)}, must be one of: ${known.join(", ")}`);
  };
  const json = { type: "array", minItems: 1, uniqueItems: true, items: { enum: known } };
  return leaf(distinct(filled(listReader(read)), String), json);
}

function anyOrSchema(element: JsonSchema, single: boolean): JsonSchema {
  const list = { type: "array", minItems: 1, items: element };
  return { anyOf: [{ const: "any" }, ...(single ? [element] : []), list] };
}

function anyOr<T>(
  element: Reader<T>,
  identity: (element: T) => string,
  single: boolean,
): Reader<OneOf<T>> {
  const list = distinct(filled(listReader(element)), identity);
  return (value) => {
    if (value === "any") return "any";
    if (single && !Array.isArray(value)) return [element(value)];
    return list(value);
  };
}

function listReader<T>(element: Reader<T>): Reader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw wrongType(value, "a list");
    const given: readonly unknown[] = value;
    if (given.length > MAX_ELEMENTS) {
      throw new Refusal(
        "too-large",
        `has ${given.length} elements, at most ${MAX_ELEMENTS} are taken`,
      );
    }
    return given.map((part, index) => within(index, () => element(part)));
  };
}

function filled<T>(read: Reader<readonly T[]>): Reader<readonly T[]> {
  return (value) => {
    const list = read(value);
    if (list.length > 0) return list;
    throw new Refusal(
      "empty-list",
      "is an empty list, which nothing could satisfy",
      "leave it out, or write any",
    );
  };
}

function distinct<T>(
  read: Reader<readonly T[]>,
  identity: (element: T) => string,
): Reader<readonly T[]> {
  return (value) => {
    const list = read(value);
    const seen = new Set<string>();
    for (const [index, element] of list.entries()) {
      const key = identity(element);
      if (seen.has(key)) {
        throw new Refusal("duplicate-value", "stands in the list twice", undefined, [index]);
      }
      seen.add(key);
    }
    return list;
  };
}

/** A GUID in any case. */
export function guid() {
  return leaf(
    (value): Guid => {
      if (typeof value !== "string") throw wrongType(value, "a GUID as text");
      try {
        return guidDecode(guidEncode(value));
      } catch (error) {
        if (!(error instanceof LayoutError)) throw error;
        throw new Refusal("bad-value", `${kindOf(value)}, must be a GUID`);
      }
    },
    { type: "string", format: "uuid" },
  );
}

/** A list of objects, no two with the same identity; it may be empty. */
export function each<S extends z.ZodMiniObject>(
  schema: S,
  identity: (element: z.output<S>) => string,
) {
  return leaf(distinct(listReader(objectReader(schema)), identity), (schemaOf) => ({
    type: "array",
    items: schemaOf(schema),
  }));
}

/** `any`, or a list of objects, no two with the same identity. */
export function anyOrEach<S extends z.ZodMiniObject>(
  schema: S,
  identity: (element: z.output<S>) => string,
) {
  return leaf(anyOr(objectReader(schema), identity, false), (schemaOf) =>
    anyOrSchema(schemaOf(schema), false),
  );
}

/** Reads an object and refuses its first problem. */
function objectReader<S extends z.ZodMiniObject>(schema: S): Reader<z.output<S>> {
  return (value) => {
    const result = z.safeParse(schema, value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    if (issue?.code === "unrecognized_keys") {
      throw unknownField(issue.keys[0]!, Object.keys(schema.shape));
    }
    const refusal: unknown = issue?.code === "custom" ? issue.params?.["refusal"] : undefined;
    throw refusal instanceof Refusal
      ? new Refusal(refusal.code, refusal.message, refusal.hint, steps(issue!.path))
      : wrongType(value, "a mapping");
  };
}
