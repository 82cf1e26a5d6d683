// SPDX-License-Identifier: Apache-2.0
// The kernel-hashes table: how QEMU puts the hashes of kernel, initrd and command line into measured
// memory (kernel-hashes=on). Source: QEMU target/i386/sev.c, SevHashTable; edk2 BlobVerifierSevHashes.

import { sha256 } from "#crypto";
import {
  LayoutError,
  at,
  bytes,
  constant,
  guid,
  hexNumber,
  mbz,
  struct,
  u16,
} from "../bytes/index.ts";
import type { Guid } from "../bytes/index.ts";
import { LaunchError } from "./error.ts";

const SOURCE = "QEMU target/i386/sev.c, SevHashTable";

/** GUIDs of the table and its entries. */
export const KERNEL_HASHES_GUIDS = {
  table: "9438d606-4f22-4cc9-b479-a793d411fd21",
  cmdline: "97d02dd8-bd20-4c94-aa78-e7714d36ab2a",
  initrd: "44baf731-3a2f-4bd7-9af1-41e29169781d",
  kernel: "4de79437-abd2-427f-b835-d5b172d2045b",
} as const;

/** The table with its padding to a multiple of 16 bytes, as it is placed and measured. */
export const KERNEL_HASHES_TABLE = struct(
  "kernel-hashes table",
  { size: 176, source: SOURCE },
  {
    guid: at(0x00, constant(guid(), KERNEL_HASHES_GUIDS.table as Guid)),
    length: at(0x10, constant(u16, 168)),
    cmdlineGuid: at(0x12, constant(guid(), KERNEL_HASHES_GUIDS.cmdline as Guid)),
    cmdlineLength: at(0x22, constant(u16, 50)),
    cmdline: at(0x24, bytes(32)),
    initrdGuid: at(0x44, constant(guid(), KERNEL_HASHES_GUIDS.initrd as Guid)),
    initrdLength: at(0x54, constant(u16, 50)),
    initrd: at(0x56, bytes(32)),
    kernelGuid: at(0x76, constant(guid(), KERNEL_HASHES_GUIDS.kernel as Guid)),
    kernelLength: at(0x86, constant(u16, 50)),
    kernel: at(0x88, bytes(32)),
    padding: at(0xa8, mbz(8)),
  },
);

/** SHA-256 hashes of what a measured direct boot loads, 32 bytes each. */
export interface KernelHashes {
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly cmdline: Uint8Array;
}

/** Hash of the initrd when there is none: SHA-256 of no bytes. */
export function noInitrdHash(): Uint8Array {
  return sha256(new Uint8Array(0));
}

/**
 * Hash of a command line: SHA-256 of its bytes (UTF-8 for text) and exactly one NUL, nothing trimmed.
 * @throws {LaunchError} `cmdline-contains-nul`: QEMU takes a C string, so it cannot contain one.
 */
export function cmdlineHash(cmdline: string | Uint8Array): Uint8Array {
  const raw = typeof cmdline === "string" ? new TextEncoder().encode(cmdline) : cmdline;
  if (raw.includes(0)) {
    throw new LaunchError("cmdline-contains-nul", "the command line contains a NUL character", {
      hint: "the terminating NUL is added here; leave it out",
    });
  }
  const terminated = new Uint8Array(raw.length + 1);
  terminated.set(raw);
  return sha256(terminated);
}

/** The 176-byte table. */
export function kernelHashesTable(hashes: KernelHashes): Uint8Array {
  return KERNEL_HASHES_TABLE.encode(hashes);
}

/**
 * The 4 KiB page that holds the table at `base`, zero elsewhere.
 * @param base Guest physical address of the table, from the firmware.
 * @throws {LayoutError} `out-of-range` when the table would cross the end of its page.
 */
export function kernelHashesPage(hashes: KernelHashes, base: number): Uint8Array {
  const offset = base & 0xfff;
  if (offset + KERNEL_HASHES_TABLE.size > 4096) {
    throw new LayoutError({
      code: "out-of-range",
      structure: KERNEL_HASHES_TABLE.name,
      offset,
      reason: `at ${hexNumber(base)} it crosses the end of its page`,
      source: SOURCE,
    });
  }
  const page = new Uint8Array(4096);
  page.set(kernelHashesTable(hashes), offset);
  return page;
}
