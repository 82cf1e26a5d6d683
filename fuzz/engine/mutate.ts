// SPDX-License-Identifier: Apache-2.0
// Mutations: how a new input is made from known ones.

import { fromHex } from "./constants.ts";
import type { Random } from "./random.ts";

/** Bytes and numbers that mutations may put into inputs. */
export interface Material {
  /** The target's dictionary. */
  readonly dictionary: readonly Uint8Array[];
  /** Strings found in the code under test. */
  readonly tokens: readonly Uint8Array[];
  /** Numbers found in the code under test. */
  readonly numbers: readonly bigint[];
  readonly text: boolean;
}

/** Powers of two and their neighbours: where lengths, counts and signs go wrong. */
const EDGES: readonly bigint[] = [0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 20, 24, 31, 32, 52, 53, 63, 64]
  .map((bit) => 1n << BigInt(bit))
  .flatMap((power) => [power - 1n, power, power + 1n]);

const encoder = new TextEncoder();
/** Pieces that formats of text treat specially, valid or not. */
const SNIPPETS: readonly Uint8Array[] = "{}[]\"'`,:;=-+./\\ \n\r\t\0#%&*@_~^$!?<>()|"
  .split("")
  .concat(["\r\n", "--", "\\u0000", "\\ud800", "\u00e9", "\u2028", "\ufeff", "\u{1f600}", "=="])
  .concat(["true", "null", "NaN", "__proto__", "1e999", "-0", "0x", "%00", '"":', "[[", "{}"])
  .map((text) => encoder.encode(text));
const BRACKETS = [
  ["[", "]"],
  ["(", ")"],
  ['{"a":', "}"],
  ["[[", "]]"],
] as const;
/** Bytes that are not UTF-8: a stray continuation, an overlong form, a lone surrogate. */
const NOT_UTF8 = ["80", "c080", "eda080", "ff", "f0"].map(fromHex);

/** Makes inputs of bounded length; all choices come from one Random. */
export class Mutator {
  readonly #random: Random;
  readonly #material: Material;
  readonly #numbers: readonly bigint[];
  readonly #max: number;
  readonly #bytes: Uint8Array;
  #length = 0;
  #other: Uint8Array = new Uint8Array(0);

  readonly #binary: readonly (() => void)[] = [
    () => this.#poke((byte) => byte ^ (1 << this.#random.below(8))),
    () => this.#poke(() => this.#random.u32()),
    () => this.#poke((byte) => byte + this.#random.below(33) - 16),
    () => this.#integer(() => this.#random.pick(EDGES)),
    () => this.#integer(() => this.#random.pick(this.#numbers)),
    () => this.#integer((at) => BigInt(this.#length - (this.#random.oneIn(2) ? at : 0))),
    () => this.#integer(() => BigInt(this.#random.below(this.#length + 1))),
    () => this.#integer((_, old) => old + BigInt(this.#random.below(65) - 32)),
    () => this.#delete(),
    () => this.#place(this.#piece(this.#bytes, this.#length), true),
    () => this.#place(this.#piece(this.#bytes, this.#length), false),
    () => this.#place(this.#piece(this.#other, this.#other.length), true),
    () => this.#place(this.#piece(this.#other, this.#other.length), false),
    () => this.#splice(),
    () => this.#place(this.#noise(), true),
    () => this.#place(this.#noise(), false),
    () => (this.#length = this.#random.below(this.#length + 1)),
    () => this.#put(this.#noise(), this.#length, true),
    () => this.#place(this.#token(), true),
    () => this.#place(this.#token(), false),
  ];

  readonly #textual: readonly (() => void)[] = [
    () => this.#place(this.#random.pick(SNIPPETS), true),
    () => this.#place(this.#random.pick(SNIPPETS), false),
    () => this.#place(this.#random.pick(NOT_UTF8), true),
    () => this.#number(),
    () => this.#repeat(),
    () => this.#nest(),
    () => this.#poke((byte) => byte ^ 0x20), // the other case of a letter
    () => this.#poke(() => this.#random.pick(SNIPPETS)[0] ?? 0),
    () => this.#place(this.#piece(this.#bytes, this.#length), true),
    () => this.#place(this.#piece(this.#other, this.#other.length), true),
    () => this.#place(this.#token(), true),
    () => this.#place(this.#token(), false),
    () => this.#delete(),
  ];

  constructor(random: Random, maxLength: number, material: Material) {
    this.#random = random;
    this.#material = material;
    this.#numbers = [...EDGES, ...material.numbers];
    this.#max = maxLength;
    this.#bytes = new Uint8Array(maxLength);
  }

  /** A new input: `parent` changed in one to sixteen ways, borrowing from `other`. */
  mutate(parent: Uint8Array, other: Uint8Array): Uint8Array {
    this.#bytes.set(parent);
    this.#length = parent.length;
    this.#other = other;
    for (let count = this.#random.small(16); count > 0; count--) {
      const textual = this.#material.text && !this.#random.oneIn(4);
      this.#random.pick(textual ? this.#textual : this.#binary)();
    }
    return this.#bytes.slice(0, this.#length);
  }

  /** An offset; headers and footers are likelier than the middle. */
  #offset(limit = this.#length): number {
    const near = Math.min(limit, 96);
    const choice = this.#random.below(4);
    if (choice === 0) return this.#random.below(near);
    if (choice === 1) return limit - 1 - this.#random.below(near);
    return this.#random.below(limit);
  }

  #poke(change: (byte: number) => number): void {
    if (this.#length === 0) return;
    const at = this.#offset();
    this.#bytes[at] = change(this.#bytes[at] ?? 0);
  }

  /** Rewrites an integer of 1, 2, 4 or 8 bytes, in either order, computed from place and value. */
  #integer(value: (at: number, old: bigint) => bigint): void {
    const width = 1 << this.#random.below(4);
    if (this.#length < width) return;
    const at = Math.max(0, this.#offset(this.#length - width + 1));
    const order = this.#random.oneIn(2)
      ? (i: number): number => at + i
      : (i: number): number => at + width - 1 - i;
    let old = 0n;
    for (let i = width - 1; i >= 0; i--) old = (old << 8n) | BigInt(this.#bytes[order(i)] ?? 0);
    let rest = BigInt.asUintN(64, value(at, old));
    for (let i = 0; i < width; i++, rest >>= 8n) this.#bytes[order(i)] = Number(rest & 0xffn);
  }

  #delete(): void {
    if (this.#length === 0) return;
    const at = this.#offset();
    const count = Math.min(this.#random.small(this.#length), this.#length - at);
    this.#bytes.copyWithin(at, at + count, this.#length);
    this.#length -= count;
  }

  /** Puts bytes at a random place. */
  #place(piece: Uint8Array, insert: boolean): void {
    this.#put(piece, Math.max(0, this.#offset(this.#length + 1)), insert);
  }

  /** Inserts bytes, or writes them over what is there; what exceeds the longest input falls off. */
  #put(piece: Uint8Array, at: number, insert: boolean): void {
    const part = piece.subarray(0, this.#max - at);
    if (insert) {
      this.#bytes.copyWithin(at + part.length, at, this.#length);
      this.#length = Math.min(this.#max, this.#length + part.length);
    }
    this.#bytes.set(part, at);
    this.#length = Math.max(this.#length, at + part.length);
  }

  /** A copy of some stretch; half of the time of the length of an integer or a GUID. */
  #piece(from: Uint8Array, length: number): Uint8Array {
    if (length === 0) return from.subarray(0, 0);
    const at = this.#offset(length);
    const count = this.#random.oneIn(2) ? 1 << this.#random.below(5) : this.#random.small(length);
    return from.slice(at, Math.min(at + count, length));
  }

  /** The start of this input followed by the end of the other one. */
  #splice(): void {
    if (this.#other.length === 0) return;
    this.#length = this.#random.below(this.#length + 1);
    this.#put(this.#other.subarray(this.#offset(this.#other.length)), this.#length, true);
  }

  /** Random bytes, or one byte many times. */
  #noise(): Uint8Array {
    const noise = new Uint8Array(this.#random.small(Math.min(256, this.#max)));
    if (this.#random.oneIn(2)) return noise.fill(this.#random.pick([0, 0xff, this.#random.u32()]));
    return noise.map(() => this.#random.u32());
  }

  #token(): Uint8Array {
    const { dictionary, tokens } = this.#material;
    const list = tokens.length === 0 || !this.#random.oneIn(3) ? dictionary : tokens;
    return list.length === 0 ? this.#noise() : this.#random.pick(list);
  }

  /** Replaces a run of decimal or hexadecimal digits by an interesting number, or inserts one. */
  #number(): void {
    const isDigit = (byte = 0): boolean => /[\da-f]/i.test(String.fromCharCode(byte));
    let at = Math.max(0, this.#offset());
    while (at < this.#length && !isDigit(this.#bytes[at])) at++;
    let end = at;
    while (end < this.#length && isDigit(this.#bytes[end])) end++;
    this.#bytes.copyWithin(at, end, this.#length);
    this.#length -= end - at;
    const text = this.#random.pick(this.#numbers).toString(this.#random.oneIn(2) ? 10 : 16);
    this.#put(encoder.encode((this.#random.oneIn(8) ? "-" : "") + text), at, true);
  }

  /** Repeats a short piece many times: deep nesting, long runs. */
  #repeat(): void {
    if (this.#length === 0) return;
    const at = this.#offset();
    const piece = this.#bytes.slice(at, Math.min(this.#length, at + this.#random.small(16)));
    const times = this.#random.small(Math.max(1, Math.floor(this.#max / piece.length)));
    const run = new Uint8Array(piece.length * times);
    for (let i = 0; i < times; i++) run.set(piece, i * piece.length);
    this.#put(run, at, true);
  }

  /** Puts many brackets of one kind around a stretch. */
  #nest(): void {
    const [open = "", close = ""] = this.#random.pick(BRACKETS);
    const start = Math.max(0, this.#offset(this.#length + 1));
    const end = start + this.#random.below(this.#length - start + 1);
    const room = Math.floor((this.#max - this.#length) / (open.length + close.length));
    const count = this.#random.small(Math.max(1, room));
    this.#put(encoder.encode(close.repeat(count)), end, true);
    this.#put(encoder.encode(open.repeat(count)), start, true);
  }
}
