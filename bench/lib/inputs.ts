// SPDX-License-Identifier: Apache-2.0
// The files that are measured: a real OVMF image, a kernel of 8 MiB and an initrd of 64 MiB. The
// latter two are AES-CTR key streams, so that they are the same everywhere and do not compress.

import { createCipheriv } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixtureFirmware } from "../../fixtures/load.ts";

const MIB = 1024 * 1024;

/** A folder with the inputs. */
export interface Inputs {
  readonly folder: string;
  readonly firmware: Uint8Array;
  readonly ovmf: string;
  readonly kernel: string;
  readonly initrd: string;
  remove(): void;
}

/** Makes the folder. */
export function makeInputs(): Inputs {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-bench-"));
  const path = (name: string): string => join(folder, name);
  const firmware = fixtureFirmware("OVMF.amdsev-2026.08.fd");
  writeFileSync(path("OVMF.fd"), firmware);
  writeFileSync(path("vmlinuz"), keyStream(8 * MIB, 1));
  writeFileSync(path("initrd.img"), keyStream(64 * MIB, 2));
  return {
    folder,
    firmware,
    ovmf: path("OVMF.fd"),
    kernel: path("vmlinuz"),
    initrd: path("initrd.img"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Bytes that never repeat. */
export function keyStream(length: number, key: number): Uint8Array {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, key), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}
