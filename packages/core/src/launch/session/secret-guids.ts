// SPDX-License-Identifier: Apache-2.0
// GUIDs of entries of a launch secret table, and which programs look for them.

import type { Guid } from "../../bytes/index.ts";

/** GUID of the table itself. Source: edk2 OvmfPkg/AmdSev, QEMU docs/specs, Linux efi_secret. */
export const SECRET_TABLE_GUID: Guid = "1e74f542-71dd-4d66-963e-ef4287ff173b";

/** The entry GRUB and initrds unlock the disk with; virt-qemu-sev-validate calls it `luks-key`. */
export const DISK_PASSPHRASE_GUID: Guid = "736869e5-84f0-4973-92ec-06879ce3da0b";

/** What Linux leaves in place of the GUID of an entry it has wiped. */
export const WIPED_GUID: Guid = "00000000-0000-0000-0000-000000000000";

/** An entry whose GUID has a meaning. */
export interface KnownSecret {
  readonly guid: Guid;
  /** Short name, accepted in place of the GUID. */
  readonly alias: string;
  readonly meaning: string;
}

/** Entries that programs look for. */
export const KNOWN_SECRETS: readonly KnownSecret[] = [
  { guid: DISK_PASSPHRASE_GUID, alias: "luks-key", meaning: "passphrase of the guest's disk" },
  {
    guid: "1ee27366-0c87-43a6-af48-28543eaf7cb0",
    alias: "online-sev-kbc",
    meaning: "connection to a key broker",
  },
  {
    guid: "0a46e24d-478c-4eb1-8696-113eeec3aa99",
    alias: "kata-keyset",
    meaning: "set of keys of Kata Containers",
  },
  {
    guid: "e6f5a162-d67f-4750-a67c-5d065f2a9910",
    alias: "offline-sev-kbc",
    meaning: "map of keys of a guest without a broker",
  },
];

/** The entry with a meaning that a GUID or an alias stands for; undefined for others. */
export function knownSecret(name: string): KnownSecret | undefined {
  const lower = name.toLowerCase();
  return KNOWN_SECRETS.find(({ guid, alias }) => guid === lower || alias === lower);
}
