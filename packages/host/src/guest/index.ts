// SPDX-License-Identifier: Apache-2.0
// What guests of the demonstration and the tests boot: initrd, init scripts, and an EFI application.

export { GUEST_STATES, readGuestConsole, stateLine } from "./console.ts";
export type { GuestConsole, GuestState } from "./console.ts";
export { writeCpio } from "./cpio.ts";
export type { CpioEntry } from "./cpio.ts";
export { readElfNeeds } from "./elf.ts";
export type { ElfNeeds } from "./elf.ts";
export { GuestError } from "./error.ts";
export type { GuestErrorCode } from "./error.ts";
export { writeGuestRoot } from "./guest-root.ts";
export { buildInitrd } from "./initrd.ts";
export type { InitScript, InitrdParameters } from "./initrd.ts";
export { DISK_PASSPHRASE_GUID, unlockInit } from "./unlock-init.ts";
export { attestInit } from "./attest-init.ts";
export { MAX_CHANNEL_LINE, OWNER_HELLO, OWNER_PORT, REPORT_PORT } from "./channels.ts";
export { sealForGuest } from "./seal.ts";
export { SHIM_LINES, assembleShim, shimApplication } from "./efi/shim-application.ts";
export type { ShimParameters } from "./efi/shim-application.ts";
