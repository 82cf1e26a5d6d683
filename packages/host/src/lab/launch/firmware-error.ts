// SPDX-License-Identifier: Apache-2.0
// How QEMU tells a status of the secure processor's firmware.

import { STATUS, statusText } from "@greenlight/psp/platform";
import type { FailureName } from "@greenlight/psp/platform";

/** What a system call returns that failed in the firmware: -EIO. */
const RETURNED = -5;

/** `ret=-5 fw_error=11 'Bad measurement'`. */
export function firmwareError(status: FailureName, returned = RETURNED): string {
  return `ret=${returned} fw_error=${STATUS[status].code} '${statusText(status)}'`;
}

/** The same as newer commands write it: `ret=-5 fw_err=11 (Bad measurement)`. */
export function firmwareErr(status: FailureName): string {
  return `ret=${RETURNED} fw_err=${STATUS[status].code} (${statusText(status)})`;
}

/** Every failed start ends with this line. */
export const KVM_FAILED = "failed to initialize kvm: Operation not permitted";
