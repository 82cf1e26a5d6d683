// SPDX-License-Identifier: Apache-2.0
// Errors as node:fs makes them of the kernel's error numbers.

import { constants } from "node:os";

/** Error numbers in use here. */
export type Errno = keyof typeof constants.errno;

/** A failed system call. */
export function systemError(errno: Errno, path = ""): Error {
  const number = constants.errno[errno];
  // libuv has no name for this one and node shows its number.
  const code = errno === "EBADMSG" ? `Unknown system error ${-number}` : errno;
  return Object.assign(new Error(`${code}: ${path}`), { code, errno: -number, path });
}
