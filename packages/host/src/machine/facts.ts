// SPDX-License-Identifier: Apache-2.0
// What QEMU can do by version, as rows: where a running QEMU cannot be asked.

import type { QemuVersion } from "./plan.ts";

/** Options that came later than 7.0, and with which version. */
const SINCE = {
  /** `-shim` and the named blobs below etc/boot. */
  shim: { major: 10, minor: 0 },
  "sev-snp-guest": { major: 9, minor: 1 },
  "legacy-vm-type": { major: 9, minor: 1 },
  /** A confidential guest may be reset, and is launched again with the same session. */
  "confidential-guest-reset": { major: 11, minor: 0 },
} as const satisfies Readonly<Record<string, QemuVersion>>;

/** A capability of {@link SINCE}. */
type Fact = keyof typeof SINCE;

/** Whether a version has it. */
export function sevGuestHas({ major, minor }: QemuVersion, fact: Fact): boolean {
  const since = SINCE[fact];
  return major > since.major || (major === since.major && minor >= since.minor);
}
