// SPDX-License-Identifier: Apache-2.0
// Arguments and results as JSON has them: bytes in base64, 64-bit numbers as 0x... Everything that comes
// in is checked; nothing is converted silently.

import { LayoutError, base64Decode, base64Encode } from "@greenlight/core/bytes";

/** An argument is missing, unknown or not what it must be. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/** The arguments of one command. */
export class Arguments {
  readonly #values: Readonly<Record<string, unknown>>;

  /**
   * @param known Names of all arguments that the command has.
   * @throws {ArgumentError} for a value that is no object, or has other names.
   */
  constructor(values: unknown, known: readonly string[]) {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      throw new ArgumentError("the arguments are not an object");
    }
    const unknown = Object.keys(values).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      const list = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
      const shown = JSON.stringify(unknown.slice(0, 40));
      throw new ArgumentError(`there is no argument ${shown}; ${list}`);
    }
    this.#values = { ...values };
  }

  /** Whether it is given. */
  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  /** A whole number from 0 to `max`, also as text in decimal or with 0x. */
  number(name: string, max = 0xffff_ffff): number {
    const value = this.big(name);
    if (value <= BigInt(max)) return Number(value);
    throw new ArgumentError(`${name} is larger than 0x${max.toString(16)}`);
  }

  /** A 64-bit number, also as text in decimal or with 0x. */
  big(name: string): bigint {
    const value = this.#required(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) {
      return BigInt(value);
    }
    if (typeof value === "string" && /^(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.test(value)) {
      const big = BigInt(value);
      if (big < 1n << 64n) return big;
    }
    throw new ArgumentError(`${name} is not a whole number of at most 64 bits`);
  }

  /** Bytes, in base64. Their content is never quoted. */
  bytes(name: string): Uint8Array {
    const value = this.#required(name);
    if (typeof value === "string") {
      try {
        return base64Decode(value);
      } catch (error) {
        if (!(error instanceof LayoutError)) throw error;
      }
    }
    throw new ArgumentError(`${name} is not base64`);
  }

  /** True or false. */
  flag(name: string): boolean {
    const value = this.#required(name);
    if (typeof value === "boolean") return value;
    throw new ArgumentError(`${name} is not true or false`);
  }

  /** Text of at most 200 characters. */
  text(name: string): string {
    const value = this.#required(name);
    if (typeof value === "string" && value.length <= 200) return value;
    throw new ArgumentError(`${name} is not a text of at most 200 characters`);
  }

  /** One of some texts. */
  choice<const T extends string>(name: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#required(name));
    if (found !== undefined) return found;
    throw new ArgumentError(`${name} is not one of ${choices.join(", ")}`);
  }

  /** An object's members as arguments of their own. */
  object(name: string, known: readonly string[]): Arguments {
    return new Arguments(this.#required(name), known);
  }

  /** Null or something else. */
  isNull(name: string): boolean {
    return this.#values[name] === null;
  }

  #required(name: string): unknown {
    const value = this.#values[name];
    if (value === undefined) throw new ArgumentError(`${name} is missing`);
    return value;
  }
}

/** A result as JSON can have it. */
export function toPlain(value: unknown): unknown {
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (value instanceof Uint8Array) return base64Encode(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toPlain(part)]));
}
