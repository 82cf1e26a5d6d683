// SPDX-License-Identifier: Apache-2.0
// Contents of DER values that become text: object identifiers, and the string types that
// certificates use. No text that could steer a terminal is let through.

/** Tags of the string types (X.680 section 8.4). */
export const STRING_TAG = { utf8: 0x0c, printable: 0x13, ia5: 0x16 } as const;

/** Longest object identifier accepted, in content bytes; those in use have at most about 20. */
const OID_LIMIT = 128;

/** Above this, an arc times 128 might not be exact as a number. */
const EXACT_ARC = 2 ** 45;

/**
 * Dotted form of the content of an OBJECT IDENTIFIER (X.690 section 8.19), which stands from `start` up
 * to `end`: `1.3.132.0.34`.
 * @returns The text, or else why it is none, as `{ reason }`.
 */
export function oidText(
  bytes: Uint8Array,
  start: number,
  end: number,
): string | { readonly reason: string } {
  const length = end - start;
  if (length === 0 || length > OID_LIMIT) {
    return { reason: `is an OBJECT IDENTIFIER of ${length} bytes` };
  }
  let text = "";
  let arc: number | bigint = 0;
  let isNew = true;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (isNew && byte === 0x80) return { reason: "is an OBJECT IDENTIFIER with a padded arc" };
    arc = next(arc, byte & 0x7f);
    isNew = byte < 0x80;
    if (!isNew) continue;
    text = text === "" ? rootText(arc) : `${text}.${arc}`;
    arc = 0;
  }
  return isNew ? text : { reason: "is an OBJECT IDENTIFIER cut off in an arc" };
}

/** An arc with seven more bits; a bigint once it does not fit a number (UUIDs as arcs, X.667). */
function next(arc: number | bigint, bits: number): number | bigint {
  if (typeof arc === "bigint") return (arc << 7n) | BigInt(bits);
  return arc < EXACT_ARC ? arc * 128 + bits : (BigInt(arc) << 7n) | BigInt(bits);
}

/** X.690 section 8.19.4: the first two arcs share one number, 40 times the first plus the second. */
function rootText(joint: number | bigint): string {
  if (joint < 40) return `0.${joint}`;
  if (joint < 80) return `1.${Number(joint) - 40}`;
  return `2.${typeof joint === "bigint" ? joint - 80n : joint - 80}`;
}

/** Characters that have no place in a name: controls, line separators, direction changes. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Text of a UTF8String, PrintableString or IA5String; undefined for another tag, for bytes the type
 * does not allow, and for characters that cannot be printed.
 */
export function stringText(tag: number, content: Uint8Array): string | undefined {
  let text = "";
  for (let i = 0; i < content.length; i++) {
    const byte = content[i]!;
    if (byte >= 0x80) return tag === STRING_TAG.utf8 ? utf8Text(content) : undefined;
    if (byte < 0x20 || byte === 0x7f) return undefined;
    if (tag === STRING_TAG.printable && !isPrintable(byte)) return undefined;
    text += String.fromCharCode(byte);
  }
  return tag === STRING_TAG.utf8 || tag === STRING_TAG.printable || tag === STRING_TAG.ia5
    ? text
    : undefined;
}

function utf8Text(content: Uint8Array): string | undefined {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
  // A replacement character stands for bytes that are not UTF-8; one that was meant is no loss.
  return text.includes("\uFFFD") || UNPRINTABLE.test(text) ? undefined : text;
}

/** PrintableString (X.680 section 41.4): letters, digits, space and '()+,-./:=? */
function isPrintable(byte: number): boolean {
  const isAlphanumeric =
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x30 && byte <= 0x39);
  return isAlphanumeric || " '()+,-./:=?".includes(String.fromCharCode(byte));
}
