// SPDX-License-Identifier: Apache-2.0
// The init script of SEV and SEV-ES guests: the passphrase is a launch secret, which the host puts
// into guest memory before the guest runs and the kernel shows as a file.

import type { InitScript } from "./initrd.ts";
import { BEGIN, COMMON_APPLETS, UNLOCK, tell } from "./unlock-disk.ts";

/** Entry of the secret table that holds the passphrase of the disk (the GUID GRUB looks for). */
export const DISK_PASSPHRASE_GUID = "736869e5-84f0-4973-92ec-06879ce3da0b";

/**
 * Reads the passphrase out of the launch secret, wipes it there, and opens the disk. A NUL at the end
 * of the entry, which GRUB wants, is not part of the passphrase.
 * Needs a kernel with CONFIG_EFI_COCO_SECRET and CONFIG_EFI_SECRET.
 */
export const unlockInit: InitScript = {
  programs: ["cryptsetup"],
  applets: [...COMMON_APPLETS, "tail", "wc"],
  text: `${BEGIN}
secret=/sys/kernel/security/secrets/coco/${DISK_PASSPHRASE_GUID}
if [ ! -f "$secret" ]; then
  ${tell("noSecret")}
  exit
fi
cat "$secret" >/run/passphrase
size=$(wc -c </run/passphrase)
if [ "$(tail -c 1 /run/passphrase | hexdump -ve '1/1 "%02x"')" = 00 ]; then
  head -c $((size - 1)) /run/passphrase >/run/shorter
  cat /run/shorter >/run/passphrase
  wipe /run/shorter
fi
# Removing the file has the kernel overwrite the entry.
rm -f "$secret"
if [ -e "$secret" ]; then
  ${tell("notWiped")}
else
  ${tell("wiped")}
fi
${UNLOCK}`,
};
