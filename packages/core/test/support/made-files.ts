// SPDX-License-Identifier: Apache-2.0
// Kernels and initrds of the digest cases that are made by recipe instead of being kept: keystreams
// of AES-128-CTR with a zero counter.

import { createCipheriv } from "node:crypto";

interface Recipe {
  /** Last byte of the otherwise zero key. */
  readonly key: number;
  readonly size: number;
}

const RECIPES: Readonly<Record<string, Recipe>> = {
  "empty.bin": { key: 0, size: 0 },
  "kernel-small.bin": { key: 1, size: 20_001 },
  "initrd-small.bin": { key: 2, size: 1_000_003 },
};

/** The bytes of a made file; undefined for a name without recipe. */
export function madeFile(name: string): Uint8Array | undefined {
  const recipe = RECIPES[name];
  return recipe === undefined ? undefined : new Uint8Array(Buffer.concat([...keystream(recipe)]));
}

/** A keystream in pieces of at most 1 MiB. */
export function* keystream({ key, size }: Recipe): Generator<Buffer> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16).fill(key, 15), Buffer.alloc(16));
  for (let left = size; left > 0; left -= 1 << 20) {
    yield cipher.update(Buffer.alloc(Math.min(left, 1 << 20)));
  }
}
