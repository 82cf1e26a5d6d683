// SPDX-License-Identifier: Apache-2.0
// Comparison of digests and keys whose time does not depend on where they differ.

/** Whether two byte strings are equal; every byte is looked at. Lengths are not secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  // The same array is no secret, and comparing kept certificates with themselves costs a microsecond.
  if (a === b) return true;
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
