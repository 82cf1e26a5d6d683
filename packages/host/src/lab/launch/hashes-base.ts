// SPDX-License-Identifier: Apache-2.0
// Where the table of kernel hashes goes, or QEMU's refusal (target/i386/sev.c,
// sev_add_kernel_loader_hashes).

import type { LaunchFirmware } from "@greenlight/core/firmware";
import { KERNEL_HASHES_TABLE } from "@greenlight/core/launch";
import { QemuRefusal } from "../qemu-refusal.ts";

/** Guest physical address of the table. @throws {QemuRefusal} */
export function hashesBase({ hashTable }: LaunchFirmware): number {
  if (hashTable === null) {
    throw new QemuRefusal("SEV: kernel specified but guest firmware has no hashes table GUID");
  }
  const { base, size } = hashTable;
  if (base === 0 || size < KERNEL_HASHES_TABLE.size) {
    const area = `(base=0x${base.toString(16)} size=0x${size.toString(16)})`;
    throw new QemuRefusal(`SEV: guest firmware hashes table area is invalid ${area}`);
  }
  return base;
}
