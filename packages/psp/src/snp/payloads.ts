// SPDX-License-Identifier: Apache-2.0
// What is inside guest messages: requests for reports and derived keys, and the answers (AMD 56860
// rev. 1.58, tables MSG_REPORT_REQ, MSG_REPORT_RSP, MSG_KEY_REQ, MSG_KEY_RSP).

import { at, bytes, mbz, struct, u32, u64 } from "@greenlight/core/bytes";
import type { Infer } from "@greenlight/core/bytes";

const ABI = "AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58";

/** STATUS in answers. */
export const MESSAGE_STATUS = { SUCCESS: 0, INVALID_PARAM: 0x16, INVALID_KEY: 0x27 } as const;

/** Name of a STATUS in an answer. */
export type MessageStatus = keyof typeof MESSAGE_STATUS;

/** Asks for a report. */
export const REPORT_REQUEST = struct(
  "MSG_REPORT_REQ",
  { size: 0x60, source: `${ABI}, table MSG_REPORT_REQ` },
  {
    reportData: at(0x00, bytes(64), "REPORT_DATA"),
    vmpl: at(0x40, u32, "VMPL to put into the report: at least that of the key"),
    keySelection: at(0x44, u32, "KEY_SEL in bits 1:0: 0 VLEK if loaded, else VCEK; 1 VCEK; 2 VLEK"),
    reserved48: at(0x48, mbz(24)),
  },
);

/** Head of the answer to it; the report follows. */
export const REPORT_RESPONSE = struct(
  "MSG_REPORT_RSP",
  { size: 0x20, source: `${ABI}, table MSG_REPORT_RSP` },
  {
    status: at(0x00, u32, "STATUS: 0, 16h invalid parameters, 27h invalid key selection"),
    reportSize: at(0x04, u32, "REPORT_SIZE"),
    reserved08: at(0x08, mbz(24)),
  },
);

/** Asks for a key derived from the chip or the guest. Message version 2 adds the last field. */
export const KEY_REQUEST = struct(
  "MSG_KEY_REQ",
  { size: 0x28, source: `${ABI}, table MSG_KEY_REQ` },
  {
    rootKeySelection: at(0x00, u32, "bit 0: 0 VCEK, 1 VMRK; bits 2:1: KEY_SEL as for reports"),
    reserved04: at(0x04, mbz(4)),
    fieldSelection: at(0x08, u64, "GUEST_FIELD_SELECT: what is mixed into the key"),
    vmpl: at(0x10, u32, "VMPL to mix in: at least that of the message key"),
    guestSvn: at(0x14, u32, "GUEST_SVN to mix in: at most the guest's"),
    tcbVersion: at(0x18, bytes(8), "TCB_VERSION to mix in: at most COMMITTED_TCB"),
    launchMitVector: at(0x20, u64, "LAUNCH_MIT_VECTOR to mix in; message version 2"),
  },
);

/** Size of a MSG_KEY_REQ of message version 1. */
export const KEY_REQUEST_V1_SIZE = 0x20;

/** A decoded request for a key. */
export type KeyRequest = Infer<typeof KEY_REQUEST>;

/** Bits of GUEST_FIELD_SELECT. */
export const KEY_FIELDS = {
  policy: 0,
  imageId: 1,
  familyId: 2,
  measurement: 3,
  guestSvn: 4,
  tcbVersion: 5,
  launchMitVector: 6,
} as const;

/** What can be mixed into a derived key. */
export type KeyField = keyof typeof KEY_FIELDS;

/** The answer to it. */
export const KEY_RESPONSE = struct(
  "MSG_KEY_RSP",
  { size: 0x40, source: `${ABI}, table MSG_KEY_RSP` },
  {
    status: at(0x00, u32, "STATUS, as for reports"),
    reserved04: at(0x04, mbz(28)),
    derivedKey: at(0x20, bytes(32), "DERIVED_KEY"),
  },
);
