// SPDX-License-Identifier: Apache-2.0
// Status codes: AMD's numbers, QEMU's texts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { STATUS, statusText } from "@greenlight/psp/platform";
import type { StatusName } from "@greenlight/psp/platform";

/** Linux, include/uapi/linux/psp-sev.h, sev_ret_code, in order; gaps are numbers without a name. */
const NAMES = [
  "SUCCESS INVALID_PLATFORM_STATE INVALID_GUEST_STATE INVALID_CONFIG INVALID_LENGTH ALREADY_OWNED",
  "INVALID_CERTIFICATE POLICY_FAILURE INACTIVE INVALID_ADDRESS BAD_SIGNATURE BAD_MEASUREMENT",
  "ASID_OWNED INVALID_ASID WBINVD_REQUIRED DFFLUSH_REQUIRED INVALID_GUEST INVALID_COMMAND ACTIVE",
  "HWERROR_PLATFORM HWERROR_UNSAFE UNSUPPORTED INVALID_PARAM RESOURCE_LIMIT SECURE_DATA_INVALID",
  "INVALID_PAGE_SIZE INVALID_PAGE_STATE INVALID_MDATA_ENTRY INVALID_PAGE_OWNER AEAD_OFLOW -",
  "RB_MODE_EXITED RMP_INIT_REQUIRED BAD_SVN BAD_VERSION SHUTDOWN_REQUIRED UPDATE_FAILED",
  "RESTORE_REQUIRED RMP_INIT_FAILED INVALID_KEY",
].flatMap((line) => line.split(" "));

test("every status has the number that Linux knows it by", () => {
  const numbered = Object.entries(STATUS).map(([name, { code }]) => [code, name]);
  const expected = NAMES.map((name, code) => [code, name]).filter(([, name]) => name !== "-");
  assert.deepEqual(numbered, expected);
});

test("texts are those that QEMU prints", () => {
  const texts: Partial<Record<StatusName, string>> = {
    INVALID_LENGTH: "Buffer too small",
    BAD_MEASUREMENT: "Bad measurement",
    POLICY_FAILURE: "Policy is not allowed",
    SECURE_DATA_INVALID: "Part-specific integrity check failure",
    INVALID_KEY: "unknown error",
  };
  for (const name of Object.keys(STATUS) as StatusName[]) {
    const text = texts[name];
    if (text !== undefined) assert.equal(statusText(name), text);
  }
});
