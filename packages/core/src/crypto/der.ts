// SPDX-License-Identifier: Apache-2.0
// Strict DER (ITU-T X.690, 02/2021, section 10): one encoding for each value and no other accepted.
// Read only, no recursion of its own: it goes as deep as the caller asks and never outside its bytes.
// Not supported, because keys and AMD's certificates have none: tag numbers above 30.

import { LayoutError, Reader } from "../bytes/index.ts";

/** Identifier octets (X.690 section 8.1.2) of the types that are read by name. */
export const DER_TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
} as const;

/** Identifier octet of the constructed context-specific tag `[number]`. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/** Longest object identifier accepted, in content bytes; those in use have at most about 20. */
const OID_LIMIT = 128;

/** Reads DER values one after the other. Offsets in errors count from the outermost bytes. */
export class DerReader {
  readonly #reader: Reader;
  readonly #structure: string;

  /**
   * @param source The bytes, or a window cut out of them.
   * @param structure Name of the outermost ASN.1 type, for errors.
   */
  constructor(source: Uint8Array | Reader, structure: string) {
    this.#reader = source instanceof Reader ? source : new Reader(source, structure);
    this.#structure = structure;
  }

  /** Identifier octet of the next value, which stays unread; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#reader.peek();
  }

  /**
   * The content of the next value, which must have this identifier octet.
   * @param field Name of the component, for errors.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  content(tag: number, field: string): Uint8Array {
    const window = this.#window(tag, field);
    return window.bytes(window.remaining);
  }

  /**
   * A reader over the components of the next value, a SEQUENCE or whatever `tag` says.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  sequence(field: string, tag: number = DER_TAG.sequence): DerReader {
    return new DerReader(this.#window(tag, field), `${this.#structure}.${field}`);
  }

  /**
   * An INTEGER as its content: two's complement, big-endian, as short as possible.
   * @throws {LayoutError} `truncated`, or `bad-der` for an empty or padded one.
   */
  integer(field: string): Uint8Array {
    const offset = this.#reader.offset;
    const content = this.content(DER_TAG.integer, field);
    const [first, second] = content;
    if (first === undefined) this.#fail(offset, field, "is an INTEGER without content");
    if (second !== undefined && first === (second < 0x80 ? 0x00 : 0xff)) {
      this.#fail(offset, field, "is an INTEGER with a padding byte");
    }
    return content;
  }

  /**
   * A version number: an INTEGER from 0 to 127.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  version(field: string): number {
    const offset = this.#reader.offset;
    const content = this.integer(field);
    const value = content[0]!;
    if (content.length > 1 || value > 0x7f) this.#fail(offset, field, "is not a small number");
    return value;
  }

  /**
   * An OBJECT IDENTIFIER in dotted form: `1.3.132.0.34`.
   * @throws {LayoutError} `truncated` or `bad-der`.
   */
  objectIdentifier(field: string): string {
    const offset = this.#reader.offset;
    const content = this.content(DER_TAG.objectIdentifier, field);
    if (content.length === 0 || content.length > OID_LIMIT) {
      this.#fail(offset, field, `is an OBJECT IDENTIFIER of ${content.length} bytes`);
    }
    const arcs: bigint[] = [];
    let arc: bigint | undefined;
    for (const byte of content) {
      if (arc === undefined && byte === 0x80) {
        this.#fail(offset, field, "is an OBJECT IDENTIFIER with a padded arc");
      }
      arc = ((arc ?? 0n) << 7n) | BigInt(byte & 0x7f);
      if (byte < 0x80) {
        arcs.push(arc);
        arc = undefined;
      }
    }
    if (arc !== undefined) this.#fail(offset, field, "is an OBJECT IDENTIFIER cut off in an arc");
    // X.690 section 8.19.4: the first two arcs share one number, 40 times the first plus the second.
    const joint = arcs[0]!;
    const root = joint < 40n ? 0n : joint < 80n ? 1n : 2n;
    return [root, joint - 40n * root, ...arcs.slice(1)].join(".");
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
    const offset = this.#reader.offset;
    const content = this.content(tag, field);
    if (content[0] !== 0) this.#fail(offset, field, "is not a BIT STRING of whole bytes");
    return content.subarray(1);
  }

  /**
   * Asserts that everything was read.
   * @throws {LayoutError} `trailing-bytes`.
   */
  finish(): void {
    this.#reader.finish();
  }

  #window(tag: number, field: string): Reader {
    const offset = this.#reader.offset;
    const found = this.#byte();
    if (found !== tag) {
      this.#fail(offset, field, `has tag 0x${hexByte(found)}, must have 0x${hexByte(tag)}`);
    }
    return this.#reader.window(this.#length(offset, field), `${this.#structure}.${field}`);
  }

  /** Length octets (X.690 section 10.1): definite, and in as few bytes as possible. */
  #length(offset: number, field: string): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0) this.#fail(offset, field, "has an indefinite length");
    // Four bytes hold every length that can be in memory here.
    if (count > 4) this.#fail(offset, field, `has a length of ${count} bytes`);
    const bytes = this.#reader.bytes(count);
    const length = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (bytes[0] === 0 || length < 0x80) this.#fail(offset, field, "has a padded length");
    return length;
  }

  #byte(): number {
    return this.#reader.bytes(1)[0]!;
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
