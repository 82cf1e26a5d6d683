// SPDX-License-Identifier: Apache-2.0
// JSON of others, read member by member with errors that say which, and with bounds.

import { LayoutError, quote } from "../bytes/index.ts";
import type { LayoutErrorCode } from "../bytes/index.ts";
import { MAX_EVIDENCE_SIZE } from "./limits.ts";
import { anyBase64 } from "./text-form.ts";

/**
 * An object out of JSON text.
 * @param structure Name used in errors.
 * @throws {LayoutError} `bad-text` when it is no JSON or no object, `bad-length` when it is too long.
 */
export function parseJsonObject(
  text: string,
  structure: string,
): Readonly<Record<string, unknown>> {
  if (text.length > MAX_EVIDENCE_SIZE) {
    const reason = `has ${text.length} characters, the most is ${MAX_EVIDENCE_SIZE}`;
    throw new LayoutError({ code: "bad-length", structure, reason });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The message repeats a piece of the file, which may hold anything.
    const reason = `is not JSON: ${error.message.slice(0, 100).replaceAll(/[^ -~]/g, "?")}`;
    throw new LayoutError({ code: "bad-text", structure, reason });
  }
  if (!isRecord(json)) {
    throw new LayoutError({ code: "bad-text", structure, reason: "is JSON, but no object" });
  }
  return json;
}

/** Whether a value is an object and no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members of an object. A member that is null counts as absent. */
export class JsonObject {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #structure: string;
  readonly #path: string;

  /** @param path Where the object is in the structure, for errors. */
  constructor(json: Readonly<Record<string, unknown>>, structure: string, path = "") {
    this.#json = json;
    this.#structure = structure;
    this.#path = path;
  }

  /** Names of the members. */
  get names(): readonly string[] {
    return Object.keys(this.#json);
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  /** The value of a member of the object itself; undefined for null too. */
  value(name: string): unknown {
    return Object.hasOwn(this.#json, name) ? (this.#json[name] ?? undefined) : undefined;
  }

  /** @throws {LayoutError} `not-found`, `bad-text` for no object. */
  object(name: string): JsonObject {
    const value = this.#needed(name);
    if (!isRecord(value)) this.fail("bad-text", name, "is no object");
    return new JsonObject(value, this.#structure, this.#pathOf(name));
  }

  /** @throws {LayoutError} `not-found`, `bad-text` for no text, `bad-length` for more than 4096. */
  text(name: string): string {
    const value = this.#needed(name);
    if (typeof value !== "string") this.fail("bad-text", name, "is no text");
    if (value.length > 4096) this.fail("bad-length", name, `has ${value.length} characters`);
    return value;
  }

  /** A whole number from 0. @throws {LayoutError} `not-found`, `out-of-range`. */
  number(name: string, most: number): number {
    const value = this.#needed(name);
    const isWhole = typeof value === "number" && Number.isInteger(value);
    if (!isWhole || value < 0 || value > most) {
      this.fail("out-of-range", name, `is not a whole number from 0 to ${most}`);
    }
    return value;
  }

  /**
   * A u64, also as a string of decimal digits.
   * @throws {LayoutError} `not-found`, `out-of-range`, also for a number JSON cannot hold exactly.
   */
  u64(name: string): bigint {
    const value = this.#needed(name);
    if (typeof value === "string" && /^\d{1,20}$/.test(value)) {
      const wide = BigInt(value);
      if (wide < 1n << 64n) return wide;
    }
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      this.fail("out-of-range", name, "is no u64 that JSON holds exactly");
    }
    return BigInt(value);
  }

  /**
   * Bytes as base64 or base64url, with or without padding.
   * @throws {LayoutError} `not-found`, `bad-text`, `bad-base64`, `bad-length` for more than `most` bytes.
   */
  base64(name: string, most: number): Uint8Array {
    const value = this.#needed(name);
    if (typeof value !== "string") this.fail("bad-text", name, "is no text");
    if (value.length > most * 1.5 + 64) {
      this.fail("bad-length", name, `has ${value.length} characters, too many`);
    }
    const bytes = anyBase64(value.replaceAll(/\s+/g, ""), this.#nameOf(name));
    if (bytes.length > most) {
      this.fail("bad-length", name, `has ${bytes.length} bytes, the most is ${most}`);
    }
    return bytes;
  }

  /**
   * Bytes as an array of numbers, or as {@link base64}.
   * @throws {LayoutError} as {@link base64}, and `out-of-range` for elements that are no bytes.
   */
  bytes(name: string, most: number): Uint8Array {
    const value = this.#needed(name);
    if (!Array.isArray(value)) return this.base64(name, most);
    if (value.length > most) this.fail("bad-length", name, `has ${value.length} elements`);
    const bytes = new Uint8Array(value.length);
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i];
      const isByte = typeof element === "number" && Number.isInteger(element);
      if (!isByte || element < 0 || element > 255) {
        this.fail("out-of-range", name, `has an element ${i} that is no byte`);
      }
      bytes[i] = element;
    }
    return bytes;
  }

  /** Refuses members of other names. @throws {LayoutError} `unknown-value`. */
  allowOnly(names: readonly string[]): void {
    const other = this.names.find((name) => !names.includes(name));
    if (other !== undefined) {
      const reason = `has a member ${quote(other.slice(0, 60))}, which is not known`;
      throw new LayoutError({ code: "unknown-value", structure: this.#structure, reason });
    }
  }

  /** Throws the {@link LayoutError} for a member. */
  fail(code: LayoutErrorCode, name: string, reason: string): never {
    throw new LayoutError({ code, structure: this.#structure, field: this.#pathOf(name), reason });
  }

  #needed(name: string): {} {
    const value = this.value(name);
    if (value === undefined || value === null) this.fail("not-found", name, "is missing");
    return value;
  }

  #pathOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  #nameOf(name: string): string {
    return `${this.#structure}.${this.#pathOf(name)}`;
  }
}
