// SPDX-License-Identifier: Apache-2.0
// Parts of certificates and revocation lists in words, for the views of both.

import type { Annotation } from "@greenlight/core/bytes";
import { hexEncode } from "@greenlight/core/bytes";
import type { Extension, SignatureAlgorithm } from "@greenlight/core/endorsement";
import type { Pair } from "../../output/table.ts";
import { hex } from "./view.ts";

/** The signature algorithm: `RSASSA-PSS with SHA-384, salt of 48 bytes`, and what is unusual. */
export function signatureRows(algorithm: SignatureAlgorithm): readonly Pair[] {
  if (algorithm.kind === "unknown") {
    return [["signature", `an algorithm not known here: ${algorithm.oid}`]];
  }
  const { hash, mgfHash, saltLength, trailerExplicit } = algorithm;
  const mask = mgfHash === hash ? "" : `, MGF1 on ${mgfHash}`;
  const row: Pair = ["signature", `RSASSA-PSS with ${hash}${mask}, salt of ${saltLength} bytes`];
  return trailerExplicit
    ? [row, ["trailer field", "written out, as in older certificates"]]
    : [row];
}

/** A serial number as openssl writes it: whole bytes in hexadecimal. */
export function serialText(serial: bigint): string {
  const digits = serial.toString(16);
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/** Extensions that have no rows of their own, one line each. */
export function otherExtensions(
  extensions: readonly Extension[],
  isShown: (oid: string) => boolean,
): readonly string[] {
  return extensions
    .filter(({ oid }) => !isShown(oid))
    .map(({ oid, critical, value }) => {
      const digits = hexEncode(value.subarray(0, 16)) + (value.length > 16 ? "..." : "");
      return `${oid}${critical ? " (critical)" : ""} ${digits}`;
    });
}

/** A part of a DER structure: its name and the view of its bytes. */
export type DerPart = readonly [path: string, bytes: Uint8Array, text: string];

/**
 * Parts of a DER structure as fields of a dump. What lies between them (tags, lengths, and values with
 * no name here) becomes fields of its own, so that every byte belongs to one.
 */
export function dumpFields(der: Uint8Array, parts: readonly DerPart[]): readonly Annotation[] {
  const fields: Annotation[] = [];
  let at = 0;
  const add = (path: string, size: number, type: string, text: string, doc: string): void => {
    if (size > 0) fields.push({ offset: at, size, path, type, text, doc });
    at += size;
  };
  const sorted = parts.toSorted(([, a], [, b]) => a.byteOffset - b.byteOffset);
  for (const [path, bytes, text] of sorted) {
    const offset = bytes.byteOffset - der.byteOffset;
    add("(DER)", offset - at, "DER", `${offset - at} bytes`, "tags, lengths and short values");
    add(path, bytes.length, "DER", text, `at offset ${hex(offset)}`);
  }
  add("(DER)", der.length - at, "DER", `${der.length - at} bytes`, "tags and lengths");
  return fields;
}
