// SPDX-License-Identifier: Apache-2.0
// What several targets need: declared errors, properties, text, and bytes that lie inside others.

/** Accepts the errors of these classes, which must carry a code, and nothing else. */
export function declared(
  ...classes: readonly (abstract new (...words: never[]) => Error & { readonly code: string })[]
): (error: unknown) => boolean {
  return (error) =>
    classes.some((known) => error instanceof known && error.code !== "" && error.message !== "");
}

/** Reports a broken property as a crash. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`property broken: ${what}`);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The input as text; bytes that are not UTF-8 become U+FFFD, as when a file is read as text. */
export function textOf(data: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(data);
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function concat(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The same bytes as a view into a larger buffer: a decoder that forgets byteOffset is found out. */
export function shifted(data: Uint8Array): Uint8Array {
  const larger = new Uint8Array(data.length + 8).fill(0xa5);
  larger.set(data, 5);
  return larger.subarray(5, 5 + data.length);
}
