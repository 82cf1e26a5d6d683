// SPDX-License-Identifier: Apache-2.0
// Looking for constants in the programs of a firmware: texts and GUIDs that its source is known to have.

import { guidEncode } from "../../bytes/index.ts";
import type { Guid } from "../../bytes/index.ts";
import type { FirmwareFile } from "./volume.ts";

/** Text as C stores it in 8-bit characters, without its NUL. */
export function asciiPattern(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Text as UEFI stores it: 16-bit characters, with its NUL. */
export function widePattern(text: string): Uint8Array {
  return Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0)).reduce(
    (wide, byte, i) => {
      wide[2 * i] = byte;
      return wide;
    },
    new Uint8Array(2 * (text.length + 1)),
  );
}

/** A GUID as UEFI stores it. */
export function guidPattern(text: Guid): Uint8Array {
  return guidEncode(text);
}

/** The files that hold a pattern in one of their sections. */
export function filesWith(
  files: readonly FirmwareFile[],
  pattern: Uint8Array,
): readonly FirmwareFile[] {
  return files.filter(({ sections }) => sections.some(({ data }) => holds(data, pattern)));
}

function holds(data: Uint8Array, pattern: Uint8Array): boolean {
  const [first = 0] = pattern;
  const last = data.length - pattern.length;
  let at = data.indexOf(first);
  while (at >= 0 && at <= last) {
    let length = 1;
    while (length < pattern.length && data[at + length] === pattern[length]) length += 1;
    if (length === pattern.length) return true;
    at = data.indexOf(first, at + 1);
  }
  return false;
}
