// SPDX-License-Identifier: Apache-2.0
// An EFI application around machine code that runs wherever it is loaded: a PE32+ file with a single
// section. Sources: Microsoft PE format; UEFI 2.11, section 2.1.1.

import { at, constant, mbz, signature, struct, u16, u32, u64 } from "@greenlight/core/bytes";

const SECTION_ALIGNMENT = 0x1000;
const FILE_ALIGNMENT = 0x200;
const SOURCE = "Microsoft PE format";

const AMD64 = 0x8664;
/** EXECUTABLE_IMAGE and LARGE_ADDRESS_AWARE; relocations are not stripped, there just are none. */
const FILE_CHARACTERISTICS = 0x0022;
const PE32_PLUS = 0x20b;
const EFI_APPLICATION = 10;
/** NX_COMPAT: the code does not write to itself, nor run from data. */
const DLL_CHARACTERISTICS = 0x0100;
/** CODE, MEM_EXECUTE, MEM_READ. */
const SECTION_CHARACTERISTICS = 0x6000_0020;

/** From the beginning of the file to the end of the section table. */
const HEADERS = struct(
  "EFI application headers",
  { size: 0x170, source: SOURCE },
  {
    dosSignature: at(0x00, signature("MZ")),
    dosStub: at(0x02, mbz(58)),
    peOffset: at(0x3c, constant(u32, 0x40)),
    peSignature: at(0x40, signature("PE\0\0")),
    machine: at(0x44, constant(u16, AMD64)),
    sectionCount: at(0x46, constant(u16, 1)),
    timeStamp: at(0x48, constant(u32, 0)),
    symbols: at(0x4c, mbz(8)),
    optionalHeaderSize: at(0x54, constant(u16, 240)),
    characteristics: at(0x56, constant(u16, FILE_CHARACTERISTICS)),
    magic: at(0x58, constant(u16, PE32_PLUS)),
    linkerVersion: at(0x5a, mbz(2)),
    codeSize: at(0x5c, u32),
    dataSizes: at(0x60, mbz(8)),
    entryPoint: at(0x68, u32),
    codeBase: at(0x6c, u32),
    imageBase: at(0x70, constant(u64, 0n)),
    sectionAlignment: at(0x78, constant(u32, SECTION_ALIGNMENT)),
    fileAlignment: at(0x7c, constant(u32, FILE_ALIGNMENT)),
    versions: at(0x80, mbz(16)),
    imageSize: at(0x90, u32),
    headersSize: at(0x94, constant(u32, FILE_ALIGNMENT)),
    checkSum: at(0x98, constant(u32, 0)),
    subsystem: at(0x9c, constant(u16, EFI_APPLICATION)),
    dllCharacteristics: at(0x9e, constant(u16, DLL_CHARACTERISTICS)),
    stackAndHeap: at(0xa0, mbz(36)),
    directoryCount: at(0xc4, constant(u32, 16)),
    directories: at(0xc8, mbz(128)),
    sectionName: at(0x148, signature(".text\0\0\0")),
    virtualSize: at(0x150, u32),
    virtualAddress: at(0x154, u32),
    rawSize: at(0x158, u32),
    rawOffset: at(0x15c, constant(u32, FILE_ALIGNMENT)),
    relocations: at(0x160, mbz(12)),
    sectionCharacteristics: at(0x16c, constant(u32, SECTION_CHARACTERISTICS)),
  },
);

/** A PE file whose entry point is the first byte of the code. */
export function efiApplication(code: Uint8Array): Uint8Array {
  const rawSize = roundUp(code.length, FILE_ALIGNMENT);
  const file = new Uint8Array(FILE_ALIGNMENT + rawSize);
  file.set(
    HEADERS.encode({
      codeSize: rawSize,
      entryPoint: SECTION_ALIGNMENT,
      codeBase: SECTION_ALIGNMENT,
      imageSize: SECTION_ALIGNMENT + roundUp(code.length, SECTION_ALIGNMENT),
      virtualSize: code.length,
      virtualAddress: SECTION_ALIGNMENT,
      rawSize,
    }),
  );
  file.set(code, FILE_ALIGNMENT);
  return file;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
