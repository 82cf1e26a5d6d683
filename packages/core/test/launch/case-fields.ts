// SPDX-License-Identifier: Apache-2.0
// Readers of JSON values for test vectors: each returns the value or throws an error with its path.

/** Reads one JSON value. */
export type Read<T> = (json: unknown, path: string) => T;

type Readers = Readonly<Record<string, Read<unknown>>>;
type Required<R extends Readers> = { readonly [K in keyof R]: ReturnType<R[K]> };
type Optional<R extends Readers> = { readonly [K in keyof R]?: ReturnType<R[K]> };

function fail(path: string, json: unknown, wanted: string): never {
  const shown = (JSON.stringify(json) ?? "missing").slice(0, 80);
  throw new Error(`${path} is ${shown}, must be ${wanted}`);
}

/** An object with all of `required`, any of `optional`, and nothing else. */
export function shape<const R extends Readers, const O extends Readers>(
  required: R,
  optional: O,
): Read<Required<R> & Optional<O>> {
  return (json, path) => {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      fail(path, json, "an object");
    }
    const record = json as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(record)) {
      const known = Object.hasOwn(required, key) || Object.hasOwn(optional, key);
      if (!known) throw new Error(`${path} has an unknown field ${JSON.stringify(key)}`);
    }
    const entries = [
      ...Object.entries(required),
      ...Object.entries(optional).filter(([key]) => Object.hasOwn(record, key)),
    ];
    return Object.fromEntries(
      entries.map(([key, read]) => [key, read(record[key], `${path}.${key}`)]),
    ) as Required<R> & Optional<O>;
  };
}

/** Any text, the empty one too. */
export const text: Read<string> = (json, path) =>
  typeof json === "string" ? json : fail(path, json, "text");

/** true or false. */
export const boolean: Read<boolean> = (json, path) =>
  typeof json === "boolean" ? json : fail(path, json, "true or false");

/** A whole number from zero. */
export const count: Read<number> = (json, path) =>
  typeof json === "number" && Number.isSafeInteger(json) && json >= 0
    ? json
    : fail(path, json, "a whole number from 0");

/** One of these texts. */
export function oneOf<const T extends string>(values: readonly T[]): Read<T> {
  return (json, path) =>
    values.find((value) => value === json) ?? fail(path, json, `one of ${values.join(", ")}`);
}

/** null, or what `read` reads. */
export function nullable<T>(read: Read<T>): Read<T | null> {
  return (json, path) => (json === null ? null : read(json, path));
}

/** An array of what `read` reads. */
export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (json, path) =>
    Array.isArray(json)
      ? json.map((each, i) => read(each, `${path}[${i}]`))
      : fail(path, json, "an array");
}

/** Lower-case hexadecimal text of this many bytes, or of any number of bytes. */
export function hex(bytes?: number): Read<string> {
  return (json, path) => {
    const good = typeof json === "string" && /^([0-9a-f]{2})+$/.test(json);
    if (good && (bytes === undefined || json.length === bytes * 2)) return json;
    return fail(path, json, `hexadecimal text${bytes === undefined ? "" : ` of ${bytes} bytes`}`);
  };
}

/** `0x` and digits, of at most this many bits. */
function prefixedHex(bits: number): Read<bigint> {
  return (json, path) => {
    const good = typeof json === "string" && /^0x[0-9a-f]{1,16}$/.test(json);
    const value = good ? BigInt(json) : -1n;
    return value >= 0n && value < 1n << BigInt(bits)
      ? value
      : fail(path, json, `0x and hexadecimal digits, at most ${bits} bits`);
  };
}

const asNumber =
  (read: Read<bigint>): Read<number> =>
  (json, path) =>
    Number(read(json, path));

/** Readers of single fields. */
export const FIELDS = {
  any: (json: unknown): unknown => json,
  u32: asNumber(prefixedHex(32)),
  u64: prefixedHex(64),
  gpa: asNumber(prefixedHex(52)),
} as const satisfies Readers;
