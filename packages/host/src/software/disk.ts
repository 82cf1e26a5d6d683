// SPDX-License-Identifier: Apache-2.0
// The disk of the software guest: one file, encrypted with a key from the passphrase. It stands in for
// LUKS2 where there is no guest to open one; it is no format for anything else.

import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";

/** What such a disk begins with. */
export const SOFTWARE_DISK_MAGIC = "greenlight software disk 1\n";

/** scrypt with little memory: the demonstration's passphrase is random. */
const COST = { N: 1024, r: 8, p: 1 } as const;

const SALT = 16;
const IV = 12;
const TAG = 16;

/** A disk that holds the text of a proof. */
export function makeSoftwareDisk(passphrase: Uint8Array, proof: string): Uint8Array {
  const salt = randomBytes(SALT);
  const iv = randomBytes(IV);
  const cipher = createCipheriv("aes-256-gcm", scryptSync(passphrase, salt, 32, COST), iv);
  const sealed = Buffer.concat([cipher.update(proof, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.from(SOFTWARE_DISK_MAGIC), salt, iv, cipher.getAuthTag(), sealed]);
}

/** What came of opening a disk. */
export type OpenedDisk =
  | { readonly outcome: "open"; readonly proof: string }
  | { readonly outcome: "no-disk" | "wrong-passphrase" };

/** Opens a disk. */
export function openSoftwareDisk(disk: Uint8Array, passphrase: Uint8Array): OpenedDisk {
  const bytes = Buffer.from(disk);
  const magic = SOFTWARE_DISK_MAGIC.length;
  if (
    bytes.toString("latin1", 0, magic) !== SOFTWARE_DISK_MAGIC ||
    bytes.length < magic + SALT + IV + TAG
  ) {
    return { outcome: "no-disk" };
  }
  let at = magic;
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  const [salt, iv, tag] = [take(SALT), take(IV), take(TAG)];
  const decipher = createDecipheriv("aes-256-gcm", scryptSync(passphrase, salt, 32, COST), iv);
  decipher.setAuthTag(tag);
  try {
    const proof = Buffer.concat([decipher.update(bytes.subarray(at)), decipher.final()]);
    return { outcome: "open", proof: proof.toString("utf8") };
  } catch {
    // The tag is the only thing that can be wrong here.
    return { outcome: "wrong-passphrase" };
  }
}
