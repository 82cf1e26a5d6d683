// SPDX-License-Identifier: Apache-2.0
// The kinds of values in policy files: each read strictly, told in words when it is wrong, and
// described to JSON Schema. YAML's own guesses (digests as numbers, 1.50 as 1.5) are refused.

import * as z from "zod/mini";
import { quote } from "../../bytes/index.ts";
import type { PolicyErrorCode } from "./error.ts";

// Otherwise zod makes functions out of text, which pages with a Content-Security-Policy refuse.
z.config({ jitless: true });

/** What JSON Schema says of a value that zod cannot describe by itself. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Answers with the JSON Schema of a value, given what describes schemas of zod inside it: handed in, so
 * that reading policies does not load the making of JSON Schemas.
 */
export type Describe = (schemaOf: (inner: z.ZodMiniType) => JsonSchema) => JsonSchema;

/** JSON Schema of values made by {@link leaf}. */
export const LEAF_SCHEMAS = new WeakMap<object, { readonly json: Describe }>();

/** Thrown by the readers below and turned into an issue at the place of the value. */
export class Refusal extends Error {
  readonly code: PolicyErrorCode;
  readonly hint: string | undefined;
  readonly path: readonly (string | number)[];

  constructor(
    code: PolicyErrorCode,
    reason: string,
    hint?: string,
    path: readonly (string | number)[] = [],
  ) {
    super(reason);
    this.code = code;
    this.hint = hint;
    this.path = path;
  }
}

/** Reads a value, or throws a {@link Refusal}. */
export type Reader<T> = (value: unknown) => T;

/** A value read by a function, and what JSON Schema says of it. */
export function leaf<T>(read: Reader<T>, json: JsonSchema | Describe) {
  const schema = z.pipe(
    z.unknown(),
    z.transform((value: unknown, context): T => {
      try {
        return read(value);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { message, path } = error;
        const params = { refusal: error };
        context.issues.push({ code: "custom", message, input: value, path: [...path], params });
        return z.NEVER;
      }
    }),
  );
  LEAF_SCHEMAS.set(schema, { json: typeof json === "function" ? json : () => json });
  return schema;
}

/** What a value is, for errors. */
export function kindOf(value: unknown): string {
  if (value === null) return "is empty";
  if (Array.isArray(value)) return "is a list";
  if (typeof value === "string") return `is the text ${quote(value.slice(0, 60))}`;
  if (typeof value === "object") return "is a mapping";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return `is ${value}`;
  }
  return `is ${typeof value}`;
}

/** The refusal of a value of another type than wanted. */
export function wrongType(value: unknown, wanted: string, hint?: string): Refusal {
  // What to do about a value does not help where there is none.
  const told = value === undefined ? undefined : hint;
  return new Refusal("wrong-type", `${kindOf(value)}, must be ${wanted}`, told);
}

/** A whole number from `min` to `max`; text such as `0x1f` or `12` counts as one. */
export function wholeNumber(min: number, max: number) {
  return leaf(numberReader(min, max), {
    anyOf: [
      { type: "integer", minimum: min, maximum: max },
      { type: "string", pattern: "^(0x[0-9a-fA-F]+|[0-9]+)$" },
    ],
  });
}

/** Reads what {@link wholeNumber} says. */
export function numberReader(min: number, max: number): Reader<number> {
  const wanted = `a whole number from ${min} to ${max}`;
  return (value) => {
    const isText = typeof value === "string" && /^(0x[0-9a-f]{1,14}|[0-9]{1,15})$/i.test(value);
    const number = isText || typeof value === "bigint" ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) throw wrongType(value, wanted);
    if (number < min || number > max) {
      throw new Refusal("bad-value", `is ${String(value)}, must be ${wanted}`);
    }
    return number;
  };
}

/** A set of 64 bits, as `0x3f`; a whole number counts as one. */
export function bitSet() {
  return leaf(
    (value) => {
      const wanted = "64 bits, such as 0x3f";
      if (typeof value === "number" && !Number.isSafeInteger(value)) {
        throw wrongType(value, wanted, "write large numbers in quotes, which keeps every digit");
      }
      const isText = typeof value === "string" && /^0x[0-9a-f]{1,16}$/i.test(value);
      if (!isText && typeof value !== "number" && typeof value !== "bigint") {
        throw wrongType(value, wanted);
      }
      const bits = BigInt(value);
      if (bits < 0n || bits >= 1n << 64n) {
        throw new Refusal("bad-value", `is ${String(value)}, must be ${wanted}`);
      }
      return `0x${bits.toString(16)}`;
    },
    {
      anyOf: [
        { type: "string", pattern: "^0x[0-9a-fA-F]{1,16}$" },
        { type: "integer", minimum: 0 },
      ],
    },
  );
}

/** `any`, or a version such as `1.55`: two numbers from 0 to 255. */
export function firmwareVersion() {
  return leaf(
    (value) => {
      if (value === "any") return value;
      if (typeof value === "number") {
        const hint = `write "${value}" in quotes: as a number, 1.50 would be 1.5`;
        throw new Refusal("wrong-type", `is the number ${value}, must be text`, hint);
      }
      const parts = typeof value === "string" ? /^(\d{1,3})\.(\d{1,3})$/.exec(value) : null;
      if (parts === null || Number(parts[1]) > 255 || Number(parts[2]) > 255) {
        throw wrongType(value, 'any, or major and minor version such as "1.55"');
      }
      return `${Number(parts[1])}.${Number(parts[2])}`;
    },
    { type: "string", pattern: "^(any|[0-9]{1,3}\\.[0-9]{1,3})$" },
  );
}

/** `any`, or a span of time: `60d`, `36h`, `90m`. */
export function duration() {
  return leaf(
    (value) => {
      const valid = typeof value === "string" && /^(any|[1-9][0-9]{0,4}[dhm])$/.test(value);
      if (!valid) throw wrongType(value, "any, or a span of time such as 60d, 36h or 90m");
      return value;
    },
    { type: "string", pattern: "^(any|[1-9][0-9]{0,4}[dhm])$" },
  );
}

/** Text of at most `limit` characters. */
export function text(limit: number, description: string) {
  return leaf(textReader(limit), { type: "string", maxLength: limit, description });
}

/** Reads what {@link text} says. */
export function textReader(limit: number): Reader<string> {
  return (value) => {
    if (typeof value !== "string") throw wrongType(value, "text", "put it in quotes");
    // Names are shown in terminals, which control characters would steer.
    if (/[\p{Cc}\p{Cf}]/u.test(value.replaceAll(/[\n\t]/g, " "))) {
      throw new Refusal("bad-value", `${kindOf(value)}, with characters that cannot be shown`);
    }
    if (value.length > limit) {
      throw new Refusal("too-large", `has ${value.length} characters, at most ${limit} are taken`);
    }
    return value;
  };
}

/** One of some words. */
export function word<const W extends string>(words: readonly W[], description?: string) {
  return leaf(wordReader(words), {
    enum: words,
    ...(description === undefined ? {} : { description }),
  });
}

/** Reads what {@link word} says. */
export function wordReader<const W extends string>(words: readonly W[]): Reader<W> {
  return (value) => {
    const found = words.find((known) => known === value);
    if (found !== undefined) return found;
    const near =
      typeof value === "string"
        ? words.find((known) => known.toLowerCase() === value.toLowerCase())
        : undefined;
    throw new Refusal(
      typeof value === "string" ? "bad-value" : "wrong-type",
      `${kindOf(value)}, must be one of: ${words.join(", ")}`,
      near === undefined ? undefined : `did you mean ${near}?`,
    );
  };
}

/** What a bit must be: 0, 1 or any. */
export function bit() {
  return leaf(
    (value) => {
      if (value === 0 || value === 1 || value === "any") return value;
      const hint =
        typeof value === "boolean" ? `write ${value ? 1 : 0}: a bit is 0, 1 or any` : undefined;
      throw wrongType(value, "0, 1 or any", hint);
    },
    { enum: [0, 1, "any"] },
  );
}

/** Yes or no. */
export function flag() {
  return leaf(
    (value) => {
      if (typeof value !== "boolean") throw wrongType(value, "true or false");
      return value;
    },
    { type: "boolean" },
  );
}

/** Reads a part; a refusal of it names its place. */
export function within<T>(step: string | number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, error.message, error.hint, [step, ...error.path]);
  }
}

/** A path of zod's as keys and indexes. */
export function steps(path: readonly PropertyKey[]): readonly (string | number)[] {
  return path.map((step) => (typeof step === "number" ? step : String(step)));
}
