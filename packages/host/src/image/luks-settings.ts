// SPDX-License-Identifier: Apache-2.0
// How slow guessing the passphrase of an image is made, as arguments of cryptsetup.

import { ImageError } from "./error.ts";

/**
 * Key derivation of the LUKS2 header. `default` is what cryptsetup chooses by measuring this machine:
 * up to 1 GiB of memory, which the guest must have as well.
 */
export type LuksSettings =
  | { readonly kdf: "default" }
  | {
      readonly kdf: "argon2id";
      readonly memoryKib: number;
      readonly passes: number;
      readonly threads?: number;
    }
  | { readonly kdf: "pbkdf2"; readonly iterations: number };

/** Opens in a moment, in 32 MiB: for demonstrations, tests, and passphrases that are random. */
export const FAST_LUKS: LuksSettings = {
  kdf: "argon2id",
  memoryKib: 32 * 1024,
  passes: 4,
  threads: 1,
};

/** Sector size of what is encrypted here; fewer, larger sectors are faster than 512 bytes. */
export const SECTOR_SIZE = 4096;
/** Where the encrypted data begins, which is cryptsetup's own choice for large disks. */
export const DATA_OFFSET = 16 * 1024 * 1024;
/** AES-256 in XTS mode takes two keys. */
export const VOLUME_KEY_SIZE = 64;

/**
 * Arguments of `cryptsetup luksFormat`, without files.
 * @throws {ImageError} `bad-parameter` for costs that cryptsetup does not take.
 */
export function luksFormatArguments(settings: LuksSettings): readonly string[] {
  return [
    "--type=luks2",
    "--cipher=aes-xts-plain64",
    "--hash=sha256",
    `--key-size=${VOLUME_KEY_SIZE * 8}`,
    `--sector-size=${SECTOR_SIZE}`,
    `--offset=${DATA_OFFSET / 512}`,
    ...kdfArguments(settings),
  ];
}

function kdfArguments(settings: LuksSettings): readonly string[] {
  switch (settings.kdf) {
    case "default":
      return [];
    case "argon2id": {
      const { memoryKib, passes, threads = 1 } = settings;
      return [
        "--pbkdf=argon2id",
        `--pbkdf-memory=${whole(memoryKib, "memory in KiB", 32, 4 * 1024 * 1024)}`,
        `--pbkdf-force-iterations=${whole(passes, "passes", 4, 1000)}`,
        `--pbkdf-parallel=${whole(threads, "threads", 1, 4)}`,
      ];
    }
    case "pbkdf2": {
      const iterations = whole(settings.iterations, "iterations", 1000, 100_000_000);
      return ["--pbkdf=pbkdf2", `--pbkdf-force-iterations=${iterations}`];
    }
  }
}

function whole(value: number, what: string, least: number, most: number): string {
  if (Number.isInteger(value) && value >= least && value <= most) return String(value);
  throw new ImageError("bad-parameter", `${what} ${value} is not between ${least} and ${most}`);
}
