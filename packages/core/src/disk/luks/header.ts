// SPDX-License-Identifier: Apache-2.0
// The binary header of LUKS2, in its two copies. Source: LUKS2 On-Disk Format Specification 1.1.4,
// section 2.1.

import { sha256, sha384, sha512 } from "#crypto";
import { LayoutError, at, bytes, constant, mbz, struct, u16, u64 } from "../../bytes/index.ts";
import type { ByteSource } from "../source.ts";

const SOURCE = "LUKS2 On-Disk Format 1.1.4, section 2.1";

/** The binary part of a copy. */
export const LUKS2_HEADER = struct(
  "LUKS2 header",
  { size: 4096, source: SOURCE, endian: "big" },
  {
    magic: at(0, bytes(6)),
    version: at(6, constant(u16, 2, "unsupported-version")),
    size: at(8, u64),
    sequence: at(16, u64),
    label: at(24, bytes(48)),
    checksumAlgorithm: at(72, bytes(32)),
    salt: at(104, bytes(64)),
    uuid: at(168, bytes(40)),
    subsystem: at(208, bytes(48)),
    offset: at(256, u64),
    reserved: at(264, mbz(184)),
    checksum: at(448, bytes(64)),
    rest: at(512, mbz(7 * 512)),
  },
);

const MAGICS = {
  primary: [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe],
  secondary: [0x53, 0x4b, 0x55, 0x4c, 0xba, 0xbe],
} as const;

/** Sizes of a copy, with its JSON, that the format allows. */
const COPY_SIZES: ReadonlySet<number> = new Set(
  [16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map((kib) => kib * 1024),
);

const LARGEST_COPY = 4096 * 1024;

const DIGESTS: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = {
  sha256,
  sha384,
  sha512,
};

/** One copy of the header. */
export interface LuksHeaderCopy {
  /** Bytes of this copy, its JSON among them. */
  readonly size: number;
  readonly sequence: bigint;
  readonly label: string;
  readonly uuid: string;
  readonly subsystem: string;
  /** The JSON area up to its first NUL. */
  readonly json: string;
}

/** What a partition begins with. */
export type LuksKind = "luks1" | "luks2" | undefined;

/** Tells LUKS of both versions by its first 8 bytes. */
export function luksKind(beginning: Uint8Array): LuksKind {
  if (!MAGICS.primary.every((byte, i) => beginning[i] === byte)) return undefined;
  return beginning[6] === 0 && beginning[7] === 1 ? "luks1" : "luks2";
}

/**
 * Reads one copy.
 * @param primarySize Size of the primary copy, at whose end the secondary lies.
 * @throws {LayoutError} for a copy that is not there, not whole, or not sound.
 */
export async function readLuksHeader(
  partition: ByteSource,
  copy: "primary" | "secondary",
  primarySize = 0,
): Promise<LuksHeaderCopy> {
  const start = copy === "primary" ? 0 : primarySize;
  const there = Math.max(0, Math.min(LARGEST_COPY, partition.size - start));
  return parseLuksHeader(await partition.read(start, there), copy, start);
}

/**
 * The copy that some bytes begin with; more may follow it.
 * @param start Where the bytes lie in the partition.
 * @throws {LayoutError} for a copy that is not whole or not sound.
 */
export function parseLuksHeader(
  area: Uint8Array,
  copy: "primary" | "secondary",
  start: number,
): LuksHeaderCopy {
  if (area.length < LUKS2_HEADER.size) throw problem("truncated", "is cut short");
  if (!MAGICS[copy].every((byte, i) => area[i] === byte)) {
    throw problem("constant-mismatch", `is no ${copy} header: its magic is another`, "magic");
  }
  const header = LUKS2_HEADER.decodeAt(area, 0);
  const size = Number(header.size);
  if (!COPY_SIZES.has(size)) {
    throw problem("bad-length", `is ${header.size}, no size the format knows`, "size");
  }
  if (header.offset !== BigInt(start)) {
    throw problem("out-of-range", `is ${header.offset}, not where it lies`, "offset");
  }
  if (area.length < size) throw problem("truncated", "is cut short");
  const algorithm = textOf(header.checksumAlgorithm, "checksumAlgorithm");
  const digest = Object.hasOwn(DIGESTS, algorithm) ? DIGESTS[algorithm] : undefined;
  if (digest === undefined) {
    throw problem("unknown-value", "names a digest that is not known", "checksumAlgorithm");
  }
  // The checksum is taken with zeros in its own place.
  const whole = Uint8Array.from(area.subarray(0, size));
  const checksumOffset = LUKS2_HEADER.offsetOf("checksum");
  whole.fill(0, checksumOffset, checksumOffset + header.checksum.length);
  if (!digest(whole).every((byte, i) => header.checksum[i] === byte)) {
    throw problem("constant-mismatch", "does not match the header", "checksum");
  }
  const text = whole.subarray(LUKS2_HEADER.size);
  const end = text.indexOf(0);
  // cryptsetup refuses it too; a whole file could lie there.
  if (end >= 0 && text.subarray(end).some((byte) => byte !== 0)) {
    throw problem("must-be-zero", "has something behind its text", "JSON area");
  }
  return {
    size,
    sequence: header.sequence,
    label: textOf(header.label, "label"),
    uuid: textOf(header.uuid, "uuid"),
    subsystem: textOf(header.subsystem, "subsystem"),
    json: textOf(text, "JSON area"),
  };
}

/** UTF-8 text up to the first NUL. */
function textOf(raw: Uint8Array, field: string): string {
  const end = raw.indexOf(0);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(end < 0 ? raw : raw.subarray(0, end));
  } catch {
    throw problem("bad-text", "is not UTF-8", field);
  }
}

function problem(
  code:
    | "bad-length"
    | "bad-text"
    | "constant-mismatch"
    | "must-be-zero"
    | "out-of-range"
    | "truncated"
    | "unknown-value",
  reason: string,
  field?: string,
): LayoutError {
  return new LayoutError({ code, structure: "LUKS2 header", field, reason, source: SOURCE });
}
