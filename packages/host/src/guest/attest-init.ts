// SPDX-License-Identifier: Apache-2.0
// The init script of SEV-SNP guests: they ask for their passphrase while they run. The guest makes a
// key, has the processor report it, sends both to its owner, and gets the passphrase encrypted to it.

import { OWNER_HELLO, OWNER_PORT, REPORT_PORT } from "./channels.ts";
import type { InitScript } from "./initrd.ts";
import { BEGIN, COMMON_APPLETS, UNLOCK, tell } from "./unlock-disk.ts";

/**
 * Speaks the protocols of channels.ts, then opens the disk. The private key exists only in guest
 * memory and is wiped when it has been used.
 */
export const attestInit: InitScript = {
  programs: ["cryptsetup", "openssl"],
  applets: [...COMMON_APPLETS, "base64", "sleep"],
  text: `${BEGIN}
# The device of a virtio-serial port, by the port's name. Ports appear a moment after the driver.
port() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    for each in /sys/class/virtio-ports/*; do
      if [ "$(cat "$each/name" 2>/dev/null)" = "$1" ]; then
        echo "/dev/\${each##*/}"
        return 0
      fi
    done
    sleep 0.2
  done
  return 1
}

fail() {
  ${tell("noEvidence")}
  say "reason: $*"
  exit
}

# One operation on the report port; what was read goes to the file named first.
report_port() {
  target=$1
  shift
  echo "$*" >&3
  read -r status value <&3 || fail "the report port was closed"
  [ "$status" = ok ] || fail "the host answered $status $value"
  echo "$value" | base64 -d >"$target" || fail "the host answered something else"
}

# Base64 of a file on one line, - for an empty one.
line() {
  if [ -s "$1" ]; then
    base64 "$1" | tr -d '\\n'
  else
    echo -
  fi
}

owner=$(port ${OWNER_PORT}) || fail "there is no port ${OWNER_PORT}"
report=$(port ${REPORT_PORT}) || fail "there is no port ${REPORT_PORT}"
exec 3<>"$report" 4<>"$owner"

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -outform DER \\
  -out /run/private 2>/run/error || fail "no key could be made"
openssl pkey -inform DER -in /run/private -pubout -outform DER -out /run/public 2>/run/error ||
  fail "no key could be made"

echo '${OWNER_HELLO}' >&4
read -r word value <&4 || fail "the owner port was closed"
[ "$word" = nonce ] || fail "the owner said something else"
echo "$value" | base64 -d >/run/nonce || fail "the owner said something else"
cat /run/nonce /run/public | openssl dgst -sha512 -binary >/run/inblob

report_port /run/empty mkdir guest
report_port /run/empty write guest/inblob "$(line /run/inblob)"
report_port /run/outblob read guest/outblob
report_port /run/auxblob read guest/auxblob
report_port /run/empty rmdir guest

echo "evidence $(line /run/public) $(line /run/outblob) $(line /run/auxblob)" >&4
${tell("askedForSecret")}
read -r word value <&4 || fail "the owner port was closed"
if [ "$word" != secret ]; then
  ${tell("refused")}
  wipe /run/private
  exit
fi
echo "$value" | base64 -d >/run/sealed
openssl pkeyutl -decrypt -keyform DER -inkey /run/private -in /run/sealed -out /run/passphrase \\
  -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 \\
  2>/run/error || fail "the secret is not for this key"
wipe /run/private
${tell("wiped")}
exec 3>&- 4>&-
${UNLOCK}`,
};
