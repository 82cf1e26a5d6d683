// SPDX-License-Identifier: Apache-2.0
// Reading stored JSON strictly: every member by name, of its type, and no other.

import { PlatformError } from "./error.ts";

/** An object of which every member is known by name. */
export type StoredObject = Readonly<Record<string, unknown>>;

/**
 * The value as an object with no other members than these.
 * @throws {PlatformError} `bad-state`, as all of this file.
 */
export function stateObject(
  value: unknown,
  what: string,
  members: readonly string[],
): StoredObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(`${what} is not an object`);
  }
  const unknown = Object.keys(value).find((name) => !members.includes(name));
  if (unknown !== undefined) {
    throw bad(`${what} has a member that is not known: ${JSON.stringify(unknown.slice(0, 40))}`);
  }
  return { ...value };
}

/** A member that is an object with no other members than these. */
export function objectField(
  object: StoredObject,
  name: string,
  members: readonly string[],
): StoredObject {
  return stateObject(object[name], name, members);
}

/** A member that is one of these texts. */
export function choiceField<const T extends string>(
  object: StoredObject,
  name: string,
  choices: readonly T[],
): T {
  const found = choices.find((choice) => choice === object[name]);
  if (found === undefined) throw bad(`${name} is not one of ${choices.join(", ")}`);
  return found;
}

/** A member that is text of 1 to 64 characters. */
export function textField(object: StoredObject, name: string): string {
  const value = object[name];
  if (typeof value === "string" && value !== "" && value.length <= 64) return value;
  throw bad(`${name} is not a text of 1 to 64 characters`);
}

/** A member that is true or false. */
export function booleanField(object: StoredObject, name: string): boolean {
  const value = object[name];
  if (typeof value === "boolean") return value;
  throw bad(`${name} is not true or false`);
}

/** A member that is a whole number from 0 to 255. */
export function byteField(object: StoredObject, name: string): number {
  const value = object[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255) {
    return value;
  }
  throw bad(`${name} is not a whole number from 0 to 255`);
}

/** A member that is so many bytes in hexadecimal. Its content is not quoted: it may be secret. */
export function bytesField(object: StoredObject, name: string, length: number): Uint8Array {
  const value = object[name];
  if (typeof value === "string" && value.length === 2 * length && /^[0-9a-f]*$/.test(value)) {
    return Uint8Array.from(Buffer.from(value, "hex"));
  }
  throw bad(`${name} is not ${length} bytes in hexadecimal`);
}

function bad(message: string): PlatformError {
  return new PlatformError(
    "bad-state",
    `the stored platform cannot be read: ${message}`,
    "take a copy of it, or start with a new platform",
  );
}
