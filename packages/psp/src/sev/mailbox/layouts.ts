// SPDX-License-Identifier: Apache-2.0
// Numbers of the legacy commands and the layouts of their buffers.
// Source: AMD SEV API 55766 rev. 3.24, chapters 5 and 6; the same in Linux, include/linux/psp-sev.h.

import { at, bytes, struct, u8, u16, u32, u64 } from "@greenlight/core/bytes";

/** Command ids, as the host writes them into the mailbox. */
export const COMMANDS = {
  INIT: 0x01,
  SHUTDOWN: 0x02,
  PLATFORM_RESET: 0x03,
  PLATFORM_STATUS: 0x04,
  PEK_GEN: 0x05,
  PEK_CSR: 0x06,
  PEK_CERT_IMPORT: 0x07,
  PDH_CERT_EXPORT: 0x08,
  PDH_GEN: 0x09,
  DF_FLUSH: 0x0a,
  DOWNLOAD_FIRMWARE: 0x0b,
  GET_ID: 0x0c,
  INIT_EX: 0x0d,
  NOP: 0x0e,
  DECOMMISSION: 0x20,
  ACTIVATE: 0x21,
  DEACTIVATE: 0x22,
  GUEST_STATUS: 0x23,
  COPY: 0x24,
  LAUNCH_START: 0x30,
  LAUNCH_UPDATE_DATA: 0x31,
  LAUNCH_UPDATE_VMSA: 0x32,
  LAUNCH_MEASURE: 0x33,
  LAUNCH_SECRET: 0x34,
  LAUNCH_FINISH: 0x35,
  ATTESTATION: 0x36,
  SEND_START: 0x40,
  SEND_UPDATE_DATA: 0x41,
  SEND_UPDATE_VMSA: 0x42,
  SEND_FINISH: 0x43,
  SEND_CANCEL: 0x44,
  RECEIVE_START: 0x50,
  RECEIVE_UPDATE_DATA: 0x51,
  RECEIVE_UPDATE_VMSA: 0x52,
  RECEIVE_FINISH: 0x53,
  DBG_DECRYPT: 0x60,
  DBG_ENCRYPT: 0x61,
  SWAP_OUT: 0x70,
  SWAP_IN: 0x71,
} as const;

/** Name of a command. */
export type CommandName = keyof typeof COMMANDS;

const source = "AMD SEV API 55766 rev. 3.24, command buffers";

export const INIT_BUFFER = struct(
  "INIT",
  { size: 20, source },
  {
    options: at(0, u32, "OPTIONS: bit 0 is SEV-ES"),
    reserved: at(4, u32),
    tmrPaddr: at(8, u64, "TMR_PADDR: trusted memory for SEV-ES"),
    tmrLength: at(16, u32, "TMR_LENGTH"),
  },
);

export const INIT_EX_BUFFER = struct(
  "INIT_EX",
  { size: 36, source },
  {
    length: at(0, u32, "LENGTH of this buffer"),
    options: at(4, u32, "OPTIONS: bit 0 is SEV-ES"),
    tmrPaddr: at(8, u64, "TMR_PADDR"),
    tmrLength: at(16, u32, "TMR_LENGTH"),
    reserved: at(20, u32),
    nvPaddr: at(24, u64, "NV_PADDR: the store; 0 for none"),
    nvLength: at(32, u32, "NV_LENGTH: 32 KiB"),
  },
);

export const PLATFORM_STATUS_BUFFER = struct(
  "PLATFORM_STATUS",
  { size: 12, source },
  {
    apiMajor: at(0, u8, "API_MAJOR"),
    apiMinor: at(1, u8, "API_MINOR"),
    state: at(2, u8, "STATE"),
    owner: at(3, u8, "OWNER: bit 0 is set with an owner from outside"),
    config: at(4, u16, "CONFIG: bit 0 is SEV-ES"),
    reserved: at(6, u8),
    build: at(7, u8, "BUILD"),
    guestCount: at(8, u32, "GUEST_COUNT"),
  },
);

/** PEK_CSR, GET_ID, DOWNLOAD_FIRMWARE: one buffer. */
export const REGION_BUFFER = struct(
  "PEK_CSR",
  { size: 12, source },
  { paddr: at(0, u64, "PADDR"), length: at(8, u32, "LENGTH") },
);

/** PEK_CERT_IMPORT (PEK, OCA) and PDH_CERT_EXPORT (PDH, certificates): two buffers. */
export const TWO_REGIONS_BUFFER = struct(
  "PDH_CERT_EXPORT",
  { size: 28, source },
  {
    first: at(0, u64, "address of the first"),
    firstLength: at(8, u32, "its length"),
    reserved: at(12, u32),
    second: at(16, u64, "address of the second"),
    secondLength: at(24, u32, "its length"),
  },
);

/** Commands of which a handle is all. */
export const HANDLE_BUFFER = struct(
  "FINISH",
  { size: 4, source },
  { handle: at(0, u32, "HANDLE") },
);

export const ACTIVATE_BUFFER = struct(
  "ACTIVATE",
  { size: 8, source },
  { handle: at(0, u32, "HANDLE"), asid: at(4, u32, "ASID") },
);

export const GUEST_STATUS_BUFFER = struct(
  "GUEST_STATUS",
  { size: 13, source },
  {
    handle: at(0, u32, "HANDLE"),
    policy: at(4, u32, "POLICY"),
    asid: at(8, u32, "ASID"),
    state: at(12, u8, "STATE"),
  },
);

/** LAUNCH_START and RECEIVE_START. */
export const START_BUFFER = struct(
  "LAUNCH_START",
  { size: 36, source },
  {
    handle: at(0, u32, "HANDLE: of a guest to share the key of, or 0; then the new guest's"),
    policy: at(4, u32, "POLICY"),
    godh: at(8, u64, "address of the other side's certificate; 0 for none"),
    godhLength: at(16, u32),
    reserved: at(20, u32),
    session: at(24, u64, "address of the session"),
    sessionLength: at(32, u32),
  },
);

/** LAUNCH_UPDATE_DATA, LAUNCH_UPDATE_VMSA and LAUNCH_MEASURE. */
export const UPDATE_BUFFER = struct(
  "LAUNCH_UPDATE",
  { size: 20, source },
  {
    handle: at(0, u32, "HANDLE"),
    reserved: at(4, u32),
    paddr: at(8, u64, "PADDR"),
    length: at(16, u32, "LENGTH"),
  },
);

/** LAUNCH_SECRET, SEND_UPDATE and RECEIVE_UPDATE. */
export const PACKET_BUFFER = struct(
  "LAUNCH_SECRET",
  { size: 52, source },
  {
    handle: at(0, u32, "HANDLE"),
    reserved: at(4, u32),
    header: at(8, u64, "HDR_PADDR"),
    headerLength: at(16, u32, "HDR_LENGTH"),
    reserved2: at(20, u32),
    guest: at(24, u64, "GUEST_PADDR"),
    guestLength: at(32, u32, "GUEST_LENGTH"),
    reserved3: at(36, u32),
    trans: at(40, u64, "TRANS_PADDR"),
    transLength: at(48, u32, "TRANS_LENGTH"),
  },
);

export const ATTESTATION_BUFFER = struct(
  "ATTESTATION",
  { size: 36, source },
  {
    handle: at(0, u32, "HANDLE"),
    reserved: at(4, u32),
    paddr: at(8, u64, "PADDR of the report"),
    mnonce: at(16, bytes(16), "MNONCE"),
    length: at(32, u32, "LENGTH"),
  },
);

export const SEND_START_BUFFER = struct(
  "SEND_START",
  { size: 68, source },
  {
    handle: at(0, u32, "HANDLE"),
    policy: at(4, u32, "POLICY: an output"),
    pdh: at(8, u64, "address of the target's PDH"),
    pdhLength: at(16, u32),
    reserved: at(20, u32),
    platformCerts: at(24, u64, "address of its PEK, OCA and CEK"),
    platformCertsLength: at(32, u32),
    reserved2: at(36, u32),
    amdCerts: at(40, u64, "address of ASK and ARK"),
    amdCertsLength: at(48, u32),
    reserved3: at(52, u32),
    session: at(56, u64, "address that the session is written to"),
    sessionLength: at(64, u32),
  },
);

/** DBG_DECRYPT and DBG_ENCRYPT. */
export const DEBUG_BUFFER = struct(
  "DBG_DECRYPT",
  { size: 28, source },
  {
    handle: at(0, u32, "HANDLE"),
    reserved: at(4, u32),
    source: at(8, u64, "SRC_PADDR"),
    destination: at(16, u64, "DST_PADDR"),
    length: at(24, u32, "LENGTH"),
  },
);
