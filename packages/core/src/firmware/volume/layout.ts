// SPDX-License-Identifier: Apache-2.0
// Layouts of firmware volumes: volume, file and section headers. Source: UEFI Platform Initialization
// Specification 1.8, volume 3.

import {
  at,
  bytes,
  guid,
  labelled,
  signature,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "../../bytes/index.ts";
import type { Guid } from "../../bytes/index.ts";

const PI = "UEFI PI Specification 1.8, volume 3";

/** Header of a volume, without its block map. */
export const FIRMWARE_VOLUME_HEADER = struct(
  "EFI_FIRMWARE_VOLUME_HEADER",
  { size: 56, source: `${PI}, section 3.2.1` },
  {
    zeroVector: at(0, bytes(16), "of use to the reset vector only"),
    fileSystem: at(16, guid(), "FileSystemGuid: how the volume is arranged"),
    length: at(32, u64, "FvLength: bytes of the volume with this header"),
    signature: at(40, signature("_FVH")),
    attributes: at(44, u32),
    headerLength: at(48, u16, "with the block map"),
    checksum: at(50, u16, "the 16-bit words of the header sum up to zero"),
    extHeaderOffset: at(52, u16, "zero without an extended header"),
    reserved: at(54, u8),
    revision: at(55, u8),
  },
);

/** Extended header of a volume; entries follow. */
export const FIRMWARE_VOLUME_EXT_HEADER = struct(
  "EFI_FIRMWARE_VOLUME_EXT_HEADER",
  { size: 20, source: `${PI}, section 3.2.1` },
  { name: at(0, guid(), "FvName"), size: at(16, u32, "ExtHeaderSize") },
);

/** Arrangements of volumes. */
export const FILE_SYSTEMS = {
  ffs2: "8c8ce578-8a3d-4f1c-9935-896185c32dd3",
  ffs3: "5473c07a-3dcb-4dca-bd6f-1e9689e7349a",
  nvData: "fff12b8d-7696-4c8b-a985-2747075b4f50",
} as const satisfies Readonly<Record<string, Guid>>;

/** Types of files. */
export const FILE_TYPES = {
  raw: 0x01,
  freeform: 0x02,
  "security core": 0x03,
  "PEI core": 0x04,
  "DXE core": 0x05,
  "PEI module": 0x06,
  "DXE driver": 0x07,
  "combined PEI module and DXE driver": 0x08,
  application: 0x09,
  "MM driver": 0x0a,
  "firmware volume": 0x0b,
  "combined MM and DXE driver": 0x0c,
  "MM core": 0x0d,
  "standalone MM driver": 0x0e,
  "standalone MM core": 0x0f,
  padding: 0xf0,
} as const;

/** Header of a file. */
export const FFS_FILE_HEADER = struct(
  "EFI_FFS_FILE_HEADER",
  { size: 24, source: `${PI}, section 3.2.3` },
  {
    name: at(0, guid()),
    headerChecksum: at(16, u8, "the header's bytes sum up to zero, this file's state left out"),
    fileChecksum: at(17, u8, "0xaa where the content has no checksum"),
    type: at(18, labelled(u8, FILE_TYPES)),
    attributes: at(19, u8, "bit 0: the size is in 64 bits; bit 6: the content has a checksum"),
    size: at(20, bytes(3), "with this header, little-endian"),
    state: at(23, u8),
  },
);

/** Types of sections. */
export const SECTION_TYPES = {
  compression: 0x01,
  "GUID-defined": 0x02,
  PE32: 0x10,
  PIC: 0x11,
  TE: 0x12,
  "DXE dependencies": 0x13,
  version: 0x14,
  "user interface": 0x15,
  "16-bit code": 0x16,
  "firmware volume image": 0x17,
  "freeform subtype GUID": 0x18,
  raw: 0x19,
  "PEI dependencies": 0x1b,
  "MM dependencies": 0x1c,
} as const;

/** Header of a section; where the size is all ones, a 32-bit one follows. */
export const SECTION_HEADER = struct(
  "EFI_COMMON_SECTION_HEADER",
  { size: 4, source: `${PI}, section 3.2.4` },
  {
    size: at(0, bytes(3), "with this header, little-endian"),
    type: at(3, labelled(u8, SECTION_TYPES)),
  },
);

/** What follows the header of a GUID-defined section. */
export const GUID_DEFINED_SECTION = struct(
  "EFI_GUID_DEFINED_SECTION",
  { size: 20, source: `${PI}, section 3.2.5` },
  {
    definition: at(0, guid(), "SectionDefinitionGuid: how the content is encoded"),
    dataOffset: at(16, u16, "from the beginning of the section"),
    attributes: at(18, u16, "bit 0: the content must be decoded"),
  },
);

/** Encodings of GUID-defined sections. */
export const ENCODINGS = {
  lzma: "ee4e5898-3914-4259-9d6e-dc7bd79403cf",
  crc32: "fc1bcdb0-7d31-49aa-936a-a4600d9dd083",
} as const satisfies Readonly<Record<string, Guid>>;
