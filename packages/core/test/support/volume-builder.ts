// SPDX-License-Identifier: Apache-2.0
// Firmware volumes, files and sections made here, sound unless a test changes something.

import { guidEncode } from "../../src/bytes/index.ts";
import { packLzma } from "./lzma-writer.ts";

const LZMA = "ee4e5898-3914-4259-9d6e-dc7bd79403cf";
const FFS2 = "8c8ce578-8a3d-4f1c-9935-896185c32dd3";

/** A section of a type. */
export function section(type: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = join(content);
  return join([size24(4 + body.length), Uint8Array.of(type), body]);
}

/** The section that names a file. */
export function nameSection(name: string): Uint8Array {
  return section(0x15, new Uint8Array(Buffer.from(`${name}\0`, "utf16le")));
}

/** A GUID-defined section. */
export function guidSection(
  guid: string,
  data: Uint8Array,
  { attributes = 1, dataOffset = 24 } = {},
): Uint8Array {
  const fields = new Uint8Array(4);
  new DataView(fields.buffer).setUint16(0, dataOffset, true);
  new DataView(fields.buffer).setUint16(2, attributes, true);
  return section(0x02, guidEncode(guid), fields, data);
}

/** Sections packed with LZMA. */
export function packed(...sections: readonly Uint8Array[]): Uint8Array {
  return guidSection(LZMA, packLzma(aligned(sections, 4)));
}

/** A file of a type with sections, or with plain content where its type has none. */
export function file(
  type: number,
  sections: readonly Uint8Array[],
  { guid = "00000000-0000-0000-0000-00000000abcd", hasChecksum = false } = {},
): Uint8Array {
  const body = aligned(sections, 4);
  const header = join([
    guidEncode(guid),
    Uint8Array.of(0, 0, type, hasChecksum ? 0x40 : 0),
    size24(24 + body.length),
    Uint8Array.of(0),
  ]);
  header[16] = -sum(header) & 0xff;
  header[17] = hasChecksum ? -sum(body) & 0xff : 0xaa;
  header[23] = 0xf8;
  return join([header, body]);
}

/** A volume of files, with erased flash behind them. */
export function volume(
  files: readonly Uint8Array[],
  { fileSystem = FFS2, length = 0x2000 } = {},
): Uint8Array {
  const bytes = new Uint8Array(length).fill(0xff);
  const header = new Uint8Array(72);
  const view = new DataView(header.buffer);
  header.set(guidEncode(fileSystem), 16);
  view.setBigUint64(32, BigInt(length), true);
  header.set(Buffer.from("_FVH"), 40);
  view.setUint32(44, 0x4feff, true);
  view.setUint16(48, header.length, true);
  header[55] = 2;
  view.setUint32(56, length / 0x1000, true);
  view.setUint32(60, 0x1000, true);
  let words = 0;
  for (let i = 0; i < header.length; i += 2) words += view.getUint16(i, true);
  view.setUint16(50, -words & 0xffff, true);
  bytes.set(header);
  bytes.set(aligned(files, 8), header.length);
  return bytes;
}

/** Parts one behind the other, each at a multiple of `unit`. */
function aligned(parts: readonly Uint8Array[], unit: number): Uint8Array {
  return join(
    parts.map((part, i) => {
      if (i === parts.length - 1) return part;
      const whole = new Uint8Array(Math.ceil(part.length / unit) * unit).fill(
        unit === 8 ? 0xff : 0,
      );
      whole.set(part);
      return whole;
    }),
  );
}

function size24(size: number): Uint8Array {
  return Uint8Array.of(size & 0xff, (size >> 8) & 0xff, size >> 16);
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => total + byte, 0);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
