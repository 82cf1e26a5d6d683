// SPDX-License-Identifier: Apache-2.0
// Writes DER (ITU-T X.690, 02/2021): the few types that certificates and revocation lists are made of.
// It writes what it is told, so that defective structures can be made as well.

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const TEXT_TAGS = {
  utf8: TAG.utf8String,
  printable: TAG.printableString,
  ia5: TAG.ia5String,
} as const;

/** String types of names and extensions. */
export type TextType = keyof typeof TEXT_TAGS;

/** A value of any tag: identifier, length in as few bytes as possible, content. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const length: number[] = [];
  if (content.length < 0x80) {
    length.push(content.length);
  } else {
    for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) {
      length.unshift(rest % 256);
    }
    length.unshift(0x80 | length.length);
  }
  return Uint8Array.from([tag, ...length, ...content]);
}

/** A SEQUENCE of these values. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(TAG.sequence, ...parts);
}

/** A SET of these values, in the order given. */
export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(TAG.set, ...parts);
}

/** A constructed context-specific value `[number]`, as explicit tags are written. */
export function explicit(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0xa0 | number, ...parts);
}

/** A primitive context-specific value `[number]` around bare content. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return tagged(0x80 | number, content);
}

/** An INTEGER of any sign, in as few bytes as possible. */
export function integer(value: bigint | number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const byte = Number(rest & 0xffn);
    bytes.unshift(byte);
    rest >>= 8n;
    // Done when what is left is only the sign, and the top bit says the same sign.
    if ((rest === 0n && byte < 0x80) || (rest === -1n && byte >= 0x80)) break;
  }
  return tagged(TAG.integer, Uint8Array.from(bytes));
}

/** An ENUMERATED of 0 to 127. */
export function enumerated(value: number): Uint8Array {
  return tagged(TAG.enumerated, Uint8Array.of(value));
}

/** A BOOLEAN. */
export function boolean(value: boolean): Uint8Array {
  return tagged(TAG.boolean, Uint8Array.of(value ? 0xff : 0x00));
}

/** NULL. */
export function nullValue(): Uint8Array {
  return tagged(TAG.null);
}

/** An OCTET STRING. */
export function octetString(content: Uint8Array): Uint8Array {
  return tagged(TAG.octetString, content);
}

/** A BIT STRING, with so many unused bits in its last byte. */
export function bitString(content: Uint8Array, unused = 0): Uint8Array {
  return tagged(TAG.bitString, Uint8Array.of(unused), content);
}

/** An OBJECT IDENTIFIER out of its dotted form. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...others]) {
    const digits = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
      digits.unshift(0x80 | (rest % 128));
    }
    bytes.push(...digits);
  }
  return tagged(TAG.objectIdentifier, Uint8Array.from(bytes));
}

/** A text of the given string type. */
export function text(type: TextType, value: string): Uint8Array {
  return tagged(TEXT_TAGS[type], Buffer.from(value, "utf8"));
}

/**
 * A Time (RFC 5280 section 4.1.2.5): UTCTime up to 2049, GeneralizedTime from then on.
 * @param milliseconds Since 1970; parts of a second are cut off.
 */
export function time(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "");
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050
    ? tagged(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : tagged(TAG.generalizedTime, Buffer.from(`${digits}Z`));
}
