// SPDX-License-Identifier: Apache-2.0
// A machine in software, in QEMU's place, where there is no QEMU.

import { fileURLToPath } from "node:url";

export { SOFTWARE_DISK_MAGIC, makeSoftwareDisk } from "./disk.ts";

/** The program that stands in for `qemu-system-x86_64`, and its first argument. */
export const SOFTWARE_MACHINE: readonly [string, ...string[]] = [
  process.execPath,
  fileURLToPath(new URL("main.ts", import.meta.url)),
];
