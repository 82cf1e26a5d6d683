// SPDX-License-Identifier: Apache-2.0
// Finds things in DER by hand, so that tests do not lean on the code they test.

/** Bounds of the value at `offset`: where its content begins and ends. */
function bounds(der: Uint8Array, offset: number): { readonly start: number; readonly end: number } {
  const first = der[offset + 1]!;
  if (first < 0x80) return { start: offset + 2, end: offset + 2 + first };
  let length = 0;
  for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + der[offset + 2 + i]!;
  const start = offset + 2 + (first & 0x7f);
  return { start, end: start + length };
}

/** The first component of a signed structure, with its header: what is signed. */
export function signedPartOf(der: Uint8Array): Uint8Array {
  const { start } = bounds(der, 0);
  return der.subarray(start, bounds(der, start).end);
}

/** What the OCTET STRING of the extension with this encoded identifier holds; undefined without one. */
export function extensionValue(der: Uint8Array, identifier: Uint8Array): Uint8Array | undefined {
  const found = Buffer.from(der).indexOf(identifier);
  if (found < 0) return undefined;
  let offset = found + identifier.length;
  // A BOOLEAN that says whether it is critical may stand between.
  if (der[offset] === 0x01) offset += 3;
  const { start, end } = bounds(der, offset);
  return der.subarray(start, end);
}
