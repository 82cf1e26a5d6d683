// SPDX-License-Identifier: Apache-2.0
// The parts of the init scripts that every guest has: the beginning, opening the encrypted disk with
// a passphrase in /run/passphrase, and the end.

import { GUEST_STATES } from "./console.ts";
import type { GuestState } from "./console.ts";

/** Parts of busybox that {@link BEGIN} and {@link UNLOCK} use. */
export const COMMON_APPLETS = [
  "cat",
  "dd",
  "grep",
  "head",
  "hexdump",
  "mkdir",
  "mount",
  "poweroff",
  "rm",
  "sed",
  "sh",
  "sort",
  "stty",
  "switch_root",
  "tr",
  "umount",
] as const;

/** Shell words that print the fixed words of a state. */
export const tell = (state: GuestState): string => `say '${GUEST_STATES[state]}'`;

/** Mounts what is needed, and makes sure that the guest ends however the script does. */
export const BEGIN = `#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
PATH=/bin
export PATH
umask 077
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t securityfs securityfs /sys/kernel/security
mkdir -p /run/cryptsetup /run/lock
exec </dev/null >/dev/ttyS0 2>&1

say() {
  echo "greenlight-guest: $*"
}

wipe() {
  # Files here are pages of memory, which are overwritten before they are given back.
  [ -f "$1" ] || return 0
  dd if=/dev/zero of="$1" bs=4096 count=1 conv=notrunc 2>/dev/null
  rm -f "$1"
}

finish() {
  trap - EXIT
  wipe /run/passphrase
  ${tell("powerOff")}
  # Setting the line waits until everything was sent.
  stty -F /dev/ttyS0 -echo
  poweroff -f
}
trap finish EXIT

${tell("started")}
`;

/**
 * Opens the encrypted disk with the passphrase in /run/passphrase, wipes the passphrase, shows the
 * file \`proof\`, and goes on with the system on the disk when there is one.
 *
 * The host can write to the disk at any time, so the LUKS2 header is copied into memory first; it is
 * the copy that is checked and used. A header that would have the disk opened without its passphrase
 * or written in clear (CVE-2025-59054, CVE-2025-58356) is refused.
 */
export const UNLOCK = `
# The first virtio disk, or its first partition, that begins as LUKS does.
device=
for each in /dev/vda /dev/vda[0-9]*; do
  [ -b "$each" ] || continue
  magic=$(head -c 6 "$each" | hexdump -ve '1/1 "%02x"')
  if [ "$magic" = 4c554b53babe ]; then
    device=$each
    break
  fi
done
if [ -z "$device" ]; then
  ${tell("noDisk")}
  exit
fi

dd if="$device" of=/run/header bs=1048576 count=16 2>/dev/null
if ! cryptsetup luksDump --dump-json-metadata /run/header >/run/metadata 2>/run/error; then
  ${tell("noDisk")}
  exit
fi
# cryptsetup prints what it has read, so that every name and value stands there in one form.
tr -d ' \\n\\t' </run/metadata >/run/flat
ciphers=$(grep -o '"encryption":"[^"]*"' /run/flat | sort -u)
if [ "$ciphers" != '"encryption":"aes-xts-plain64"' ] ||
  grep -q -e '"type":"linear"' -e '"requirements"' -e '"integrity"' -e 'cipher_null' /run/flat; then
  ${tell("unsafeHeader")}
  exit
fi

read_only=--readonly
mode=ro,noload
if grep -qw rw /proc/cmdline; then
  read_only=
  mode=rw
fi
DM_DISABLE_UDEV=1 cryptsetup open --type luks2 $read_only \\
  --disable-external-tokens --disable-keyring --disable-locks \\
  --header /run/header --key-file - "$device" root </run/passphrase 2>/run/error
status=$?
wipe /run/passphrase
if [ $status = 2 ]; then
  ${tell("wrongPassphrase")}
  exit
elif [ $status != 0 ]; then
  ${tell("cannotUnlock")}
  sed 's/^/greenlight-guest: cryptsetup: /' /run/error
  exit
fi
${tell("unlocked")}

if ! mount -t ext4 -o $mode /dev/mapper/root /root 2>/run/error; then
  ${tell("cannotMount")}
  sed 's/^/greenlight-guest: mount: /' /run/error
  exit
fi
if [ -f /root/proof ]; then
  head -c 4096 /root/proof | sed 's/^/greenlight-guest: proof: /'
fi
if [ -x /root/sbin/init ]; then
  trap - EXIT
  umount /sys/kernel/security
  for each in dev proc sys run; do mount --move /$each /root/$each; done
  exec switch_root /root /sbin/init
fi
exit
`;
