// SPDX-License-Identifier: Apache-2.0
// Constants copied from the source text of the code under test: numbers and short strings that
// its comparisons are likely to be waiting for.

/** Bytes from a string of hexadecimal digits. */
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** Values to write as integers, and byte strings to insert whole. */
export interface Constants {
  readonly numbers: readonly bigint[];
  readonly tokens: readonly Uint8Array[];
}

const NUMBER = /(?<![\w.])(?:0x[\da-f_]+|\d[\d_]*)(?=n?(?![\w.]))/gi;
const STRING = /(["'`])([!-~]{2,36}?)\1/g;
const GUID = /^([\da-f]{8})-([\da-f]{4})-([\da-f]{4})-([\da-f]{4}-[\da-f]{12})$/i;
const LIMIT = 1n << 64n;

/** Collects what the literals of the sources say. The order is that of first appearance. */
export function constantsOf(sources: readonly string[]): Constants {
  const numbers = new Set<bigint>();
  const strings = new Set<string>();
  for (const source of sources) {
    const code = source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$|^import .*$/gm, "");
    for (const [literal] of code.replace(STRING, '""').matchAll(NUMBER)) {
      const value = BigInt(literal.replaceAll("_", ""));
      if (value < LIMIT) numbers.add(value);
    }
    for (const [, , text] of code.matchAll(STRING)) if (text !== undefined) strings.add(text);
  }
  return { numbers: [...numbers], tokens: [...strings].flatMap(tokensOf) };
}

/** A GUID stands for its text and for its 16 bytes in both orders; other strings for themselves. */
function tokensOf(text: string): Uint8Array[] {
  const plain = new TextEncoder().encode(text);
  const guid = GUID.exec(text);
  if (guid === null) return [plain];
  const swap = (hex = ""): string => hex.match(/../g)?.toReversed().join("") ?? "";
  const mixed = swap(guid[1]) + swap(guid[2]) + swap(guid[3]) + guid[4]?.replace("-", "");
  return [plain, fromHex(mixed), fromHex(text.replaceAll("-", ""))];
}
