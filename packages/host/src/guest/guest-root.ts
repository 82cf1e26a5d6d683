// SPDX-License-Identifier: Apache-2.0
// A root file system for the encrypted disk: the smallest that shows that it runs.

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GUEST_PROGRAMS, findProgram } from "./programs.ts";
import { tell } from "./unlock-disk.ts";

const INIT = `#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
exec </dev/null >/dev/ttyS0 2>&1
say() {
  echo "greenlight-guest: $*"
}
${tell("rootRuns")}
${tell("powerOff")}
# Setting the line waits until everything was sent.
/bin/busybox stty -F /dev/ttyS0 -echo
/bin/busybox poweroff -f
`;

/**
 * Fills an empty folder with a root file system: busybox, an init that says that it runs and turns the
 * machine off, and the file `proof`, which the initrd shows.
 * @param proof Lines of text that only the encrypted disk holds; not secret, since they are printed.
 * @param busybox Path on this machine; that of the system unless given. It must need no libraries.
 * @throws {GuestError} `missing-program`.
 */
export function writeGuestRoot(
  folder: string,
  proof: string,
  busybox: string = findProgram(GUEST_PROGRAMS.busybox),
): void {
  for (const name of ["bin", "dev", "proc", "run", "sbin", "sys"]) mkdirSync(join(folder, name));
  copyFileSync(busybox, join(folder, "bin", "busybox"));
  writeFileSync(join(folder, "sbin", "init"), INIT, { mode: 0o755 });
  writeFileSync(join(folder, "proof"), proof);
}
