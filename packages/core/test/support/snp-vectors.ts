// SPDX-License-Identifier: Apache-2.0
// All SEV-SNP vectors at once, for suites that get them handed in.

import { readVector, readVectorJson } from "./vectors.ts";

/** The vectors' index as text, and every file of it by its path there. */
export function snpVectors(): {
  readonly index: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
} {
  const index = readVectorJson("snp/index.json") as {
    readonly vectors: readonly { readonly file: string }[];
  };
  return {
    index: JSON.stringify(index),
    files: Object.fromEntries(
      index.vectors.map(({ file }) => [file, readVector(`snp/${file}`)] as const),
    ),
  };
}
