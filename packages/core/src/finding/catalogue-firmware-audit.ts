// SPDX-License-Identifier: Apache-2.0
// Findings about code that a firmware takes from the host without measuring it, and about firmware
// that is taken by its owner's statement.

/** What each finding checks, by id. */
export const FIRMWARE_AUDIT_FINDINGS = {
  "firmware.volumes.unreadable": "the programs in the firmware can be unpacked and looked at",
  "firmware.host-blobs.unverified":
    "the firmware takes no files under names of the host's choice (fw_cfg etc/boot/) without a check",
  "firmware.host-shim.started":
    "the firmware starts no program that the host calls shim in place of the measured kernel",
  "firmware.kernel-hashes.not-enforced":
    "where kernel hashes are measured, the firmware verifies the kernel against them",
  "firmware.grub.empty": "the firmware holds the boot loader that unlocks an encrypted disk",
  "firmware.statement.signature": "the statement about the firmware is signed by the owner",
  "firmware.statement.name": "the statement is about the firmware asked for",
  "firmware.statement.version-below-minimum": "the firmware is not older than demanded",
  "firmware.statement.digest": "the firmware has the hash its statement says",
} as const satisfies Readonly<Record<string, string>>;
