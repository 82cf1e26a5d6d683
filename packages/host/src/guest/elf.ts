// SPDX-License-Identifier: Apache-2.0
// What a program needs to be started, out of its ELF file: the interpreter and the shared libraries.
// Sources: System V ABI, chapters 4 and 5; its AMD64 supplement.

import { LayoutError } from "@greenlight/core/bytes";

/** What a program or library asks for. */
export interface ElfNeeds {
  /** Path of the dynamic linker (PT_INTERP); undefined for static programs and for libraries. */
  readonly interpreter: string | undefined;
  /** Names of the libraries (DT_NEEDED), in their order. */
  readonly libraries: readonly string[];
}

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NULL = 0n;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_STRSZ = 10n;
/** ELFCLASS64, ELFDATA2LSB, EV_CURRENT. */
const IDENTITY = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] as const;
const EM_X86_64 = 62;
/** Longest name or path taken. */
const LONGEST_TEXT = 4096;

interface Segment {
  readonly type: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly size: bigint;
}

/** Whether a file begins as an ELF file of this machine does. */
export function isElf(file: Uint8Array): boolean {
  return IDENTITY.every((byte, i) => file[i] === byte);
}

/**
 * The interpreter and libraries of a 64-bit x86 ELF file.
 * @throws {LayoutError} for a file of another kind or one that points outside itself.
 */
export function readElfNeeds(file: Uint8Array): ElfNeeds {
  if (!isElf(file)) throw problem("constant-mismatch", "is not a 64-bit little-endian ELF file", 0);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  within(file, 0n, BigInt(HEADER_SIZE), "header");
  const machine = view.getUint16(18, true);
  if (machine !== EM_X86_64) throw problem("unknown-value", `is for machine ${machine}`, 18);
  const segments = programHeaders(file, view);
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  return {
    interpreter:
      interpreter === undefined
        ? undefined
        : textAt(within(file, interpreter.offset, interpreter.size, "interpreter"), 0n),
    libraries: dynamic === undefined ? [] : libraries(file, view, segments, dynamic),
  };
}

function programHeaders(file: Uint8Array, view: DataView): readonly Segment[] {
  const start = view.getBigUint64(32, true);
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (count === 0) return [];
  if (size !== PROGRAM_HEADER_SIZE) {
    throw problem("bad-length", `has program headers of ${size} bytes`, 54);
  }
  within(file, start, BigInt(size * count), "program headers");
  return Array.from({ length: count }, (_, i) => {
    const at = Number(start) + i * size;
    return {
      type: view.getUint32(at, true),
      offset: view.getBigUint64(at + 8, true),
      address: view.getBigUint64(at + 16, true),
      size: view.getBigUint64(at + 32, true),
    };
  });
}

function libraries(
  file: Uint8Array,
  view: DataView,
  segments: readonly Segment[],
  dynamic: Segment,
): readonly string[] {
  within(file, dynamic.offset, dynamic.size, "dynamic section");
  const names: bigint[] = [];
  const values = new Map<bigint, bigint>();
  for (let at = dynamic.offset; at + 16n <= dynamic.offset + dynamic.size; at += 16n) {
    const tag = view.getBigInt64(Number(at), true);
    const value = view.getBigUint64(Number(at) + 8, true);
    if (tag === DT_NULL) break;
    if (tag === DT_NEEDED) names.push(value);
    else values.set(tag, value);
  }
  if (names.length === 0) return [];
  const address = values.get(DT_STRTAB);
  const size = values.get(DT_STRSZ);
  if (address === undefined || size === undefined) {
    throw problem("not-found", "names libraries and has no table of strings");
  }
  const segment = segments.find(
    (each) =>
      each.type === PT_LOAD && address >= each.address && address < each.address + each.size,
  );
  if (segment === undefined) throw problem("not-found", "has its table of strings in no segment");
  const table = within(file, segment.offset + (address - segment.address), size, "strings");
  return names.map((offset) => textAt(table, offset));
}

/** The text at an offset, up to its NUL. */
function textAt(bytes: Uint8Array, offset: bigint): string {
  if (offset >= BigInt(bytes.length)) throw problem("truncated", "has a name outside its table");
  const rest = bytes.subarray(Number(offset), Number(offset) + LONGEST_TEXT);
  const end = rest.indexOf(0);
  if (end < 0) throw problem("bad-text", "has a name without end");
  return Buffer.from(rest.subarray(0, end)).toString("utf8");
}

function within(file: Uint8Array, offset: bigint, size: bigint, what: string): Uint8Array {
  if (offset + size > BigInt(file.length)) {
    throw problem("truncated", `has its ${what} beyond its end`);
  }
  return file.subarray(Number(offset), Number(offset + size));
}

function problem(
  code:
    | "bad-length"
    | "bad-text"
    | "constant-mismatch"
    | "not-found"
    | "truncated"
    | "unknown-value",
  reason: string,
  offset?: number,
): LayoutError {
  return new LayoutError({ code, structure: "ELF file", offset, reason, source: "System V ABI" });
}
