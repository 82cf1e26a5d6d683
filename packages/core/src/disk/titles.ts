// SPDX-License-Identifier: Apache-2.0
// What is said when a check of a disk holds, and when it does not.

import type { FindingId } from "../finding/index.ts";

/** Ids of this folder. */
export type DiskFindingId = Extract<FindingId, `disk.${string}`>;

interface Titles {
  readonly holds: string;
  readonly broken: string;
}

const t = (holds: string, broken: string): Titles => ({ holds, broken });

/** A sentence for each way a check can end. */
const TITLES: Readonly<Record<DiskFindingId, Titles>> = {
  "disk.qcow2.unreadable": t(
    "The disk can be read out of the image file alone",
    "The disk cannot be read out of the image file alone",
  ),
  "disk.qcow2.backing-file": t(
    "The image has no backing file",
    "Another file shows through where the image has nothing",
  ),
  "disk.qcow2.external-data": t(
    "The data lies in the image",
    "The data lies in another file than the image",
  ),
  "disk.qcow2.snapshots": t(
    "The image holds no snapshots",
    "The image holds earlier states of the disk, which are not checked",
  ),
  "disk.qcow2.marked": t(
    "The image is not marked as damaged or in use",
    "The image is marked as damaged or in use",
  ),
  "disk.qcow2.leftovers": t(
    "Parts of the file that the disk does not use are empty",
    "Parts of the file that the disk does not use hold something",
  ),
  "disk.gpt.primary": t(
    "The partition table at the beginning of the disk is whole",
    "The partition table at the beginning of the disk is not whole",
  ),
  "disk.gpt.backup": t(
    "The partition table at the end of the disk is whole and the same",
    "The partition table at the end of the disk is not whole or not the same",
  ),
  "disk.partition.no-root": t(
    "There is one encrypted partition",
    "There is not exactly one encrypted partition that is sound",
  ),
  "disk.partition.in-clear": t("The partition is encrypted", "The partition is not encrypted"),
  "disk.luks.version": t(
    "The partition is encrypted with LUKS2",
    "The partition is encrypted with something older than LUKS2",
  ),
  "disk.luks.header": t(
    "Both copies of the LUKS2 header are whole and the same",
    "The two copies of the LUKS2 header are not whole or not the same",
  ),
  "disk.luks.metadata": t(
    "The LUKS2 header says only what is understood here",
    "The LUKS2 header says something that is not understood here",
  ),
  "disk.luks.null-cipher": t(
    "No cipher leaves anything in clear",
    "A cipher of the LUKS2 header leaves everything in clear",
  ),
  "disk.luks.cipher": t(
    "The data is encrypted with AES-XTS",
    "The data is not encrypted with AES-XTS",
  ),
  "disk.luks.keyslot-cipher": t(
    "The volume key is encrypted with AES-XTS",
    "The volume key is not encrypted with AES-XTS",
  ),
  "disk.luks.segment": t(
    "One encrypted segment reaches from the header to the end of the partition",
    "The encrypted data is not one segment from the header to the end of the partition",
  ),
  "disk.luks.digest": t(
    "One digest ties all keyslots and the segment to one volume key",
    "No single digest ties all keyslots and the segment to one volume key",
  ),
  "disk.luks.keyslots": t(
    "One passphrase opens the disk",
    "Not just one passphrase opens the disk",
  ),
  "disk.luks.tokens": t(
    "Nothing but a passphrase opens the disk",
    "Something else than a passphrase may open the disk",
  ),
  "disk.luks.requirements": t(
    "No unfinished work is noted in the LUKS2 header",
    "Re-encryption or other unfinished work is noted in the LUKS2 header",
  ),
  "disk.luks.kdf-weak": t(
    "Guessing the passphrase is made slow",
    "Guessing the passphrase is not made slow",
  ),
  "disk.luks.kdf-costly": t(
    "Opening the disk takes no more memory and time than a guest may have",
    "Opening the disk takes more memory or time than a guest may have",
  ),
  "disk.luks.other-header": t(
    "The LUKS2 header is the one expected",
    "The LUKS2 header is not the one expected",
  ),
  "disk.content.in-clear": t(
    "Nothing beside tables, headers and the EFI system partition is in clear",
    "More than tables, headers and the EFI system partition is in clear",
  ),
  "disk.content.never-written": t(
    "All of the encrypted data was written",
    "Parts of the encrypted data were never written",
  ),
  "disk.passphrase.wrong": t(
    "The passphrase opens the disk",
    "The passphrase does not open the disk",
  ),
  "disk.content.other-key": t(
    "What the passphrase opens is a file system",
    "What the passphrase opens is no file system",
  ),
};

/** The sentence of a check that holds, or does not. */
export function titleOf(id: DiskFindingId, holds: boolean): string {
  return TITLES[id][holds ? "holds" : "broken"];
}
