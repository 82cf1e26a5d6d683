// SPDX-License-Identifier: Apache-2.0
// Findings about whether a disk image is encrypted as it should be.

/** What each finding checks, by id. */
export const IMAGE_FINDINGS = {
  "disk.qcow2.unreadable": "the disk can be read out of the image file alone",
  "disk.qcow2.backing-file": "no other file shows through where the image has nothing",
  "disk.qcow2.external-data": "the data lies in the image, not in another file",
  "disk.qcow2.snapshots": "the image holds no earlier states of the disk",
  "disk.qcow2.marked": "the image is not marked as being in use or damaged",
  "disk.qcow2.leftovers": "nothing in clear lies in parts of the file that the disk does not use",

  "disk.gpt.primary": "the partition table at the beginning of the disk is whole",
  "disk.gpt.backup": "the partition table at the end of the disk is whole and the same",
  "disk.partition.no-root": "there is one encrypted partition",
  "disk.partition.in-clear": "every partition but the EFI system partition is encrypted",

  "disk.luks.version": "the partition is encrypted with LUKS2",
  "disk.luks.header": "both copies of the LUKS2 header are whole and the same",
  "disk.luks.metadata": "the LUKS2 header says only what is understood here",
  "disk.luks.null-cipher": "no cipher is the one that leaves everything in clear",
  "disk.luks.cipher": "the data is encrypted with AES-XTS",
  "disk.luks.keyslot-cipher": "the volume key is encrypted with AES-XTS",
  "disk.luks.segment": "one encrypted segment reaches from the header to the end of the partition",
  "disk.luks.digest": "one digest ties all keyslots and the segment to one volume key",
  "disk.luks.keyslots": "one passphrase opens the disk",
  "disk.luks.tokens": "nothing but a passphrase opens the disk",
  "disk.luks.requirements": "no re-encryption or other unfinished work is noted",
  "disk.luks.kdf-weak": "guessing the passphrase is made slow",
  "disk.luks.kdf-costly": "opening the disk takes no more memory and time than a guest may have",
  "disk.luks.other-header": "the LUKS2 header is the one expected",

  "disk.content.in-clear":
    "nothing beside tables, headers and the EFI system partition is in clear",
  "disk.content.never-written": "no part of the encrypted data was never written",
  "disk.passphrase.wrong": "the passphrase opens the disk",
  "disk.content.other-key":
    "what the passphrase opens is a file system: header and data belong together",
} as const satisfies Readonly<Record<string, string>>;
