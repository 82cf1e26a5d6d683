// SPDX-License-Identifier: Apache-2.0
// Strict DER (ITU-T X.690, 02/2021, section 10): one encoding for each value and no other accepted.
// Read only, no recursion of its own: it goes as deep as the caller asks and never outside its bytes.
// Not supported, because keys and AMD's certificates have none: tag numbers above 30.

import { LayoutError } from "../bytes/index.ts";
import { STRING_TAG, oidText, stringText } from "./der-text.ts";
import { generalizedTime, utcTime } from "./der-time.ts";

/** Identifier octets (X.690 section 8.1.2) of the types that are read by name. */
export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: STRING_TAG.utf8,
  printableString: STRING_TAG.printable,
  ia5String: STRING_TAG.ia5,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of the constructed context-specific tag `[number]`. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/** Identifier octet of the primitive context-specific tag `[number]` (an IMPLICIT simple type). */
export function primitiveTag(number: number): number {
  return 0x80 | number;
}

/** Reads DER values one after the other. Offsets in errors count from the outermost bytes. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  readonly #parent: DerReader | undefined;
  readonly #end: number;
  #offset: number;

  /**
   * @param structure Name of the outermost ASN.1 type, for errors.
   * @param start First readable offset; `end` is the first that is not.
   * @param parent The reader it was taken out of, for errors.
   * @throws {LayoutError} `truncated` when the window is not inside the bytes.
   */
  constructor(
    bytes: Uint8Array,
    structure: string,
    start = 0,
    end = bytes.length,
    parent?: DerReader,
  ) {
    this.#bytes = bytes;
    this.#name = structure;
    this.#parent = parent;
    this.#offset = start;
    this.#end = end;
    if (!(start >= 0 && start <= end && end <= bytes.length)) this.#truncated(0, end - start);
  }

  /** `Certificate.signed.tbsCertificate`; put together only for errors. */
  get #structure(): string {
    return this.#parent === undefined ? this.#name : `${this.#parent.#structure}.${this.#name}`;
  }

  /** Offset of the next value in the outermost bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** Identifier octet of the next value, which stays unread; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#offset < this.#end ? this.#bytes[this.#offset] : undefined;
  }

  /**
   * The content of the next value, which must have this identifier octet.
   * @param field Name of the component, for errors.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  content(tag: number, field: string): Uint8Array {
    const end = this.#enter(tag, field);
    const content = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return content;
  }

  /**
   * A reader over the components of the next value, a SEQUENCE or whatever `tag` says.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  sequence(field: string, tag: number = DER_TAG.sequence): DerReader {
    const end = this.#enter(tag, field);
    const inner = new DerReader(this.#bytes, field, this.#offset, end, this);
    this.#offset = end;
    return inner;
  }

  /**
   * The next value whole, with tag and length, as it stands.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  element(tag: number, field: string): Uint8Array {
    const start = this.#offset;
    this.#offset = this.#enter(tag, field);
    return this.#bytes.subarray(start, this.#offset);
  }

  /**
   * Passes over the next value.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  skip(tag: number, field: string): void {
    this.#offset = this.#enter(tag, field);
  }

  /**
   * The next value whole, with tag and length; it stays unread.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  peekElement(tag: number, field: string): Uint8Array {
    const start = this.#offset;
    const end = this.#enter(tag, field);
    this.#offset = start;
    return this.#bytes.subarray(start, end);
  }

  /**
   * An INTEGER as its content: two's complement, big-endian, as short as possible.
   * @throws {LayoutError} `truncated`, or `bad-der` for an empty or padded one.
   */
  integer(field: string, tag: number = DER_TAG.integer): Uint8Array {
    const offset = this.#offset;
    const content = this.content(tag, field);
    const [first, second] = content;
    if (first === undefined) this.#fail(offset, field, "is an INTEGER without content");
    if (second !== undefined && first === (second < 0x80 ? 0x00 : 0xff)) {
      this.#fail(offset, field, "is an INTEGER with a padding byte");
    }
    return content;
  }

  /**
   * An INTEGER from 0 to `most`, which fits a number.
   * @throws {LayoutError} `truncated`, `bad-der`, or `out-of-range`.
   */
  unsigned(field: string, most: number, tag: number = DER_TAG.integer): number {
    const offset = this.#offset;
    const content = this.integer(field, tag);
    let value = 0;
    for (let i = 0; i < content.length && value <= most; i++) value = value * 256 + content[i]!;
    if (content[0]! >= 0x80 || value > most) {
      const reason = `is not a number from 0 to ${most}`;
      throw new LayoutError({
        code: "out-of-range",
        structure: this.#structure,
        field,
        offset,
        reason,
      });
    }
    return value;
  }

  /**
   * A version number: an INTEGER from 0 to 127.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  version(field: string): number {
    const offset = this.#offset;
    const content = this.integer(field);
    const value = content[0]!;
    if (content.length > 1 || value > 0x7f) this.#fail(offset, field, "is not a small number");
    return value;
  }

  /**
   * A BOOLEAN.
   * @throws {LayoutError} `truncated`, or `bad-der` also for a TRUE other than 0xff.
   */
  boolean(field: string): boolean {
    const offset = this.#offset;
    const content = this.content(DER_TAG.boolean, field);
    const value = content[0];
    if (content.length !== 1 || (value !== 0 && value !== 0xff)) {
      this.#fail(offset, field, "is a BOOLEAN other than 0x00 and 0xff");
    }
    return value === 0xff;
  }

  /**
   * A BOOLEAN DEFAULT FALSE: true when it is there; false is never written.
   * @throws {LayoutError} `truncated`, or `bad-der` also for one that says FALSE.
   */
  flag(field: string): boolean {
    if (this.nextTag !== DER_TAG.boolean) return false;
    const offset = this.#offset;
    if (!this.boolean(field)) this.#fail(offset, field, "is FALSE, which is left out in DER");
    return true;
  }

  /**
   * A NULL.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  null(field: string): void {
    const offset = this.#offset;
    if (this.content(DER_TAG.null, field).length > 0) {
      this.#fail(offset, field, "is a NULL with content");
    }
  }

  /**
   * An OBJECT IDENTIFIER in dotted form: `1.3.132.0.34`.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  objectIdentifier(field: string): string {
    const offset = this.#offset;
    const end = this.#enter(DER_TAG.objectIdentifier, field);
    const text = oidText(this.#bytes, this.#offset, end);
    this.#offset = end;
    if (typeof text !== "string") this.#fail(offset, field, text.reason);
    return text;
  }

  /**
   * An OCTET STRING.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  octetString(field: string): Uint8Array {
    return this.content(DER_TAG.octetString, field);
  }

  /**
   * A BIT STRING of whole bytes, as keys and signatures are.
   * @throws {LayoutError} `truncated`, or `bad-der` also for one with unused bits.
   */
  bitString(field: string, tag: number = DER_TAG.bitString): Uint8Array {
    const offset = this.#offset;
    const content = this.content(tag, field);
    if (content[0] !== 0) this.#fail(offset, field, "is not a BIT STRING of whole bytes");
    return content.subarray(1);
  }

  /**
   * A BIT STRING whose bits have names: bit 0 of the type is bit 0 of the number. Zero bits at the end
   * are accepted, although DER leaves them out (X.690 section 11.2.2): AMD's signing keys have one.
   * @throws {LayoutError} `truncated`, or `bad-der` also for more than 16 bits or unused bits set.
   */
  namedBits(field: string): number {
    const offset = this.#offset;
    const content = this.content(DER_TAG.bitString, field);
    const unused = content[0] ?? 8;
    const last = content.length > 1 ? content.at(-1)! : 0;
    const isPadded = content.length === 1 ? unused > 0 : unused > 7 || last % (1 << unused) > 0;
    if (isPadded || content.length > 3) {
      this.#fail(offset, field, "is not a BIT STRING of at most 16 named bits");
    }
    let bits = 0;
    for (let i = 0; i < (content.length - 1) * 8; i++) {
      if ((content[1 + (i >> 3)]! & (0x80 >> (i & 7))) !== 0) bits |= 1 << i;
    }
    return bits;
  }

  /**
   * Text of a UTF8String, PrintableString or IA5String, whichever is there, or of only one of them.
   * @throws {LayoutError} `truncated`, `bad-der`, or `bad-text` for text that cannot be printed.
   */
  text(field: string, only?: number): string {
    const offset = this.#offset;
    const tag = only ?? this.nextTag ?? DER_TAG.utf8String;
    const text = stringText(tag, this.content(tag, field));
    if (text !== undefined) return text;
    throw new LayoutError({
      code: "bad-text",
      structure: this.#structure,
      field,
      offset,
      reason: "is not printable text of type UTF8String, PrintableString or IA5String",
      source: "RFC 5280 section 4.1.2.4",
    });
  }

  /**
   * A UTCTime or GeneralizedTime in milliseconds since 1970.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  time(field: string): number {
    const offset = this.#offset;
    const isGeneralized = this.nextTag === DER_TAG.generalizedTime;
    const content = this.content(isGeneralized ? DER_TAG.generalizedTime : DER_TAG.utcTime, field);
    const instant = isGeneralized ? generalizedTime(content) : utcTime(content);
    if (instant === undefined) {
      const form = isGeneralized ? "YYYYMMDDHHMMSSZ" : "YYMMDDHHMMSSZ";
      this.#fail(offset, field, `is not a time of the form ${form}`);
    }
    return instant;
  }

  /**
   * Asserts that everything was read.
   * @throws {LayoutError} `trailing-bytes`.
   */
  finish(): void {
    const left = this.#end - this.#offset;
    if (left === 0) return;
    throw new LayoutError({
      code: "trailing-bytes",
      structure: this.#structure,
      offset: this.#offset,
      reason: `${left} bytes follow the end`,
    });
  }

  /** Goes to the content of the next value and answers where it ends. */
  #enter(tag: number, field: string): number {
    const offset = this.#offset;
    const bytes = this.#bytes;
    if (offset >= this.#end) this.#truncated(offset, 1);
    const found = bytes[offset]!;
    if (found !== tag) {
      this.#fail(offset, field, `has tag 0x${hexByte(found)}, must have 0x${hexByte(tag)}`);
    }
    if (offset + 1 >= this.#end) this.#truncated(offset + 1, 1);
    const first = bytes[offset + 1]!;
    this.#offset = offset + 2;
    const length = first < 0x80 ? first : this.#longLength(first & 0x7f, offset, field);
    if (length > this.#end - this.#offset) this.#truncated(this.#offset, length);
    return this.#offset + length;
  }

  /** Length octets (X.690 section 10.1): definite, and in as few bytes as possible. */
  #longLength(count: number, offset: number, field: string): number {
    if (count === 0) this.#fail(offset, field, "has an indefinite length");
    // Four bytes hold every length that can be in memory here.
    if (count > 4) this.#fail(offset, field, `has a length of ${count} bytes`);
    const start = this.#offset;
    if (count > this.#end - start) this.#truncated(start, count);
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#bytes[start + i]!;
    if (this.#bytes[start] === 0 || length < 0x80) {
      this.#fail(offset, field, "has a padded length");
    }
    this.#offset = start + count;
    return length;
  }

  #truncated(offset: number, needed: number): never {
    throw new LayoutError({
      code: "truncated",
      structure: this.#structure,
      offset,
      reason: `needs ${needed} bytes, ${Math.max(0, this.#end - offset)} are there`,
    });
  }

  #fail(offset: number, field: string, reason: string): never {
    throw new LayoutError({
      code: "bad-der",
      structure: this.#structure,
      field,
      offset,
      reason,
      source: "ITU-T X.690 (02/2021) section 10",
    });
  }
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
