// SPDX-License-Identifier: Apache-2.0
// The text format of protocol buffers, as far as go-sev-guest's messages need it: fields, nested messages,
// numbers, strings with escapes, comments.

import { LayoutError, quote } from "../../bytes/index.ts";
import { MAX_CERTIFICATE_ENTRY_SIZE } from "../limits.ts";
import type { FieldType, Message, MessageType } from "./schema.ts";

const SOURCE = "Protocol Buffers, Text Format Language Specification";
const STRUCTURE = "go-sev-guest textproto";
const MOST_ENTRIES = 64;

/** Most strings that are joined to one value, and most characters of each, escapes included. */
const MOST_PARTS = 256;
const LONGEST_STRING = 4 * MAX_CERTIFICATE_ENTRY_SIZE;

/**
 * Reads a message. Other than in the binary form, an unknown field is refused: it cannot be skipped
 * without knowing its type.
 * @throws {LayoutError} `bad-text` for what breaks the syntax, `unknown-value` for unknown fields and ones
 * that are there twice, `out-of-range` for numbers too large, `bad-length`.
 */
export function readTextMessage(text: string, type: MessageType): Message {
  return new Parser(text).message(type, undefined);
}

/** A token: a string (decoded), a word or number, or one character of punctuation. */
type Token =
  | { readonly kind: "string"; readonly bytes: Uint8Array }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "end" };

const SPACE = " \t\r\n";
const WORD = /[A-Za-z0-9_.+-]+/y;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** A message up to `close`, or to the end of the text. */
  message(type: MessageType, close: string | undefined): Message {
    const values = new Map<string, bigint | Uint8Array | string | Message>();
    const entries: (readonly [string, Uint8Array])[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === "end" || (token.kind === "word" && token.text === close)) {
        if ((token.kind === "end") !== (close === undefined))
          this.#fail("bad-text", "ends too early");
        return { type, values, entries, unknown: 0 };
      }
      if (token.kind !== "word") this.#fail("bad-text", "has a string where a name must be");
      const field = type.fields[token.text];
      if (field === undefined || !Object.hasOwn(type.fields, token.text)) {
        const known = `${type.name} has no field ${quote(token.text.slice(0, 60))}`;
        this.#fail("unknown-value", known);
      }
      if (values.has(token.text)) this.#fail("unknown-value", `${token.text} is there twice`);
      if (field[1] === "map") {
        if (entries.length === MOST_ENTRIES) this.#fail("bad-length", "has too many entries");
        entries.push(this.#entry());
      } else {
        values.set(token.text, this.#value(field[1], token.text));
      }
      this.#skip(/[,;]/y);
    }
  }

  #value(field: FieldType, name: string): bigint | Uint8Array | string | Message {
    const hasColon = this.#skip(/:/y);
    if (typeof field === "object") return this.#nested(field);
    if (!hasColon) this.#fail("bad-text", `${name} has no colon`);
    if (field === "bytes" || field === "string") {
      const bytes = this.#string(name);
      return field === "bytes" ? bytes : new TextDecoder().decode(bytes);
    }
    const token = this.#next();
    if (token.kind !== "word") this.#fail("bad-text", `${name} is no number`);
    // An enum stands there by name; nothing depends on the product, which is what has one.
    if (field === "enum" && /^[A-Z_]+$/.test(token.text)) return 0n;
    if (!/^(0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,22}|[1-9]\d{0,19})$/.test(token.text)) {
      this.#fail("bad-text", `${name} is no number`);
    }
    const isOctal = /^0[0-7]+$/.test(token.text);
    const value = BigInt(isOctal ? `0o${token.text.slice(1)}` : token.text);
    if (value >> (field === "uint64" ? 64n : 32n) !== 0n) {
      this.#fail("out-of-range", `${name} does not fit ${field}`);
    }
    return value;
  }

  #nested(type: MessageType): Message {
    const close = this.#skip(/\{/y) ? "}" : this.#skip(/</y) ? ">" : undefined;
    if (close === undefined) this.#fail("bad-text", `${type.name} does not begin with {`);
    return this.message(type, close);
  }

  #entry(): readonly [string, Uint8Array] {
    this.#skip(/:/y);
    const type: MessageType = {
      name: "entry",
      fields: { key: [1, "string"], value: [2, "bytes"] },
    };
    const { values } = this.#nested(type);
    const key = values.get("key");
    const value = values.get("value");
    return [
      typeof key === "string" ? key : "",
      value instanceof Uint8Array ? value : new Uint8Array(0),
    ];
  }

  /** One string, or several that follow each other and are joined. */
  #string(name: string): Uint8Array {
    const parts: Uint8Array[] = [];
    for (this.#skipSpace(); `"'`.includes(this.#text[this.#at] ?? "-"); this.#skipSpace()) {
      if (parts.length === MOST_PARTS) this.#fail("bad-length", `${name} has too many strings`);
      parts.push(this.#literal(this.#text[this.#at]!));
    }
    if (parts.length === 0) this.#fail("bad-text", `${name} is no string`);
    const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #next(): Token {
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first === undefined) return { kind: "end" };
    if (first === '"' || first === "'") return { kind: "string", bytes: this.#literal(first) };
    const word = this.#match(WORD) ?? this.#match(/[{}<>]/y);
    if (word !== undefined) return { kind: "word", text: word };
    return this.#fail("bad-text", `has ${quote(first)}`);
  }

  /** A string up to its closing quote. Searched by hand: a pattern would keep a state per character. */
  #literal(mark: string): Uint8Array {
    const start = this.#at + 1;
    const limit = Math.min(this.#text.length, start + LONGEST_STRING);
    for (let end = start; end < limit; end++) {
      const character = this.#text[end];
      if (character === "\n") break;
      if (character === "\\") end++;
      else if (character === mark) {
        this.#at = end + 1;
        return this.#unescape(this.#text.slice(start, end));
      }
    }
    return this.#fail("bad-text", "has a string that is not closed, or too long");
  }

  #skipSpace(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!;
      if (character === "#") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length - 1 : end;
      } else if (!SPACE.includes(character)) return;
    }
  }

  #skip(pattern: RegExp): boolean {
    this.#skipSpace();
    return this.#match(pattern) !== undefined;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #unescape(body: string): Uint8Array {
    if (!body.includes("\\")) return new TextEncoder().encode(body);
    const bytes: number[] = [];
    const addText = (text: string): void => {
      for (const byte of new TextEncoder().encode(text)) bytes.push(byte);
    };
    for (const match of body.matchAll(ESCAPE)) {
      const [, octal, hex, short, long, letter, plain] = match;
      const point = short ?? long;
      if (plain !== undefined) addText(plain);
      else if (letter !== undefined) bytes.push(ESCAPES[letter]!);
      else if (point !== undefined && Number.parseInt(point, 16) <= 0x10_ffff) {
        addText(String.fromCodePoint(Number.parseInt(point, 16)));
      } else {
        const value =
          octal === undefined ? Number.parseInt(hex ?? "", 16) : Number.parseInt(octal, 8);
        if (!(value <= 255)) this.#fail("bad-text", "has an escape that is not known");
        bytes.push(value);
      }
    }
    return Uint8Array.from(bytes);
  }

  #fail(code: "bad-text" | "unknown-value" | "out-of-range" | "bad-length", reason: string): never {
    throw new LayoutError({ code, structure: STRUCTURE, offset: this.#at, reason, source: SOURCE });
  }
}

/** Octal, hexadecimal, code points of both lengths, letter, what is no escape, and a backslash that begins none. */
const ESCAPE =
  /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\'"?]))|([^\\]+)|\\/g;

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  "\\": 0x5c,
  "'": 0x27,
  '"': 0x22,
  "?": 0x3f,
};
