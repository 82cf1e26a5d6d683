// SPDX-License-Identifier: Apache-2.0
// The wire format of protocol buffers, as far as go-sev-guest's messages need it: varints, lengths, nested
// messages. Strict where ambiguity would be possible: no field twice, no groups, no padded varints.

import { LayoutError, Reader } from "../../bytes/index.ts";
import type { FieldType, Message, MessageType } from "./schema.ts";

const SOURCE = "Protocol Buffers, Encoding";
const STRUCTURE = "go-sev-guest protobuf";

/** Most entries of a map, and most fields of a message altogether. */
const MOST_ENTRIES = 64;
const MOST_FIELDS = 256;

/**
 * Reads a message. Unknown fields are skipped and counted.
 * @throws {LayoutError} `truncated`, `unknown-value` for wire types that do not fit the field or for a
 * field that is there twice, `out-of-range` for numbers too large, `bad-text`, `bad-length`.
 */
export function readMessage(bytes: Uint8Array, type: MessageType): Message {
  return messageOf(new Reader(bytes, STRUCTURE), type, type.name);
}

function messageOf(reader: Reader, type: MessageType, path: string): Message {
  const byNumber = new Map(
    Object.entries(type.fields).map(([name, [number, field]]) => [number, { name, field }]),
  );
  const values = new Map<string, bigint | Uint8Array | string | Message>();
  const entries: (readonly [string, Uint8Array])[] = [];
  let unknown = 0;
  let fields = 0;
  while (reader.remaining > 0) {
    const offset = reader.offset;
    const tag = varint(reader, path);
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    if (number === 0 || number > 0x1fff_ffff) fail("out-of-range", path, offset, "has no number");
    if (++fields > MOST_FIELDS) fail("bad-length", path, offset, "has too many fields");
    const known = byNumber.get(number);
    if (known === undefined) {
      skip(reader, wireType, `${path}.${number}`);
      unknown++;
      continue;
    }
    const where = `${path}.${known.name}`;
    const wanted = isVarint(known.field) ? 0 : 2;
    if (wireType !== wanted) {
      fail("unknown-value", where, offset, `has wire type ${wireType}, must have ${wanted}`);
    }
    if (known.field === "map") {
      if (entries.length === MOST_ENTRIES)
        fail("bad-length", where, offset, "has too many entries");
      entries.push(entryOf(window(reader, where), where));
      continue;
    }
    if (values.has(known.name)) fail("unknown-value", where, offset, "is there a second time");
    values.set(known.name, valueOf(reader, known.field, where, offset));
  }
  return { type, values, entries, unknown };
}

function valueOf(reader: Reader, field: FieldType, path: string, offset: number) {
  if (typeof field === "object") return messageOf(window(reader, path), field, path);
  if (isVarint(field)) {
    const value = varint(reader, path);
    const bits = field === "uint64" ? 64n : 32n;
    if (value >> bits !== 0n) fail("out-of-range", path, offset, `does not fit ${field}`);
    return value;
  }
  const part = window(reader, path);
  const bytes = part.bytes(part.remaining);
  return field === "string" ? textOf(bytes, path, offset) : bytes;
}

/** An entry of a map<string, bytes>: a message of key and value. */
function entryOf(reader: Reader, path: string): readonly [string, Uint8Array] {
  const type: MessageType = { name: path, fields: { key: [1, "string"], value: [2, "bytes"] } };
  const { values } = messageOf(reader, type, path);
  const key = values.get("key");
  const value = values.get("value");
  return [
    typeof key === "string" ? key : "",
    value instanceof Uint8Array ? value : new Uint8Array(0),
  ];
}

function isVarint(field: FieldType): boolean {
  return field === "uint32" || field === "uint64" || field === "enum";
}

function window(reader: Reader, path: string): Reader {
  const length = varint(reader, path);
  return reader.window(length > 0xffff_ffffn ? 0xffff_ffff : Number(length));
}

function skip(reader: Reader, wireType: number, path: string): void {
  if (wireType === 0) varint(reader, path);
  else if (wireType === 1) reader.bytes(8);
  else if (wireType === 2) window(reader, path);
  else if (wireType === 5) reader.bytes(4);
  else fail("unknown-value", path, reader.offset, `has wire type ${wireType}`);
}

function varint(reader: Reader, path: string): bigint {
  const start = reader.offset;
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes(1)[0]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (byte === 0 && shift > 0n) fail("out-of-range", path, start, "has a padded number");
    if (value >> 64n !== 0n) break;
    return value;
  }
  return fail("out-of-range", path, start, "has a number of more than 64 bits");
}

function textOf(bytes: Uint8Array, path: string, offset: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail("bad-text", path, offset, "is not UTF-8");
  }
}

function fail(
  code: "out-of-range" | "bad-length" | "unknown-value" | "bad-text",
  field: string,
  offset: number,
  reason: string,
): never {
  throw new LayoutError({ code, structure: STRUCTURE, field, offset, reason, source: SOURCE });
}
