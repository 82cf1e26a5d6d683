// SPDX-License-Identifier: Apache-2.0
// The SEV-SNP launch digest once more, slowly and independently of src/launch: node:crypto over a
// PAGE_INFO written field by field (AMD 56860, SNP_LAUNCH_UPDATE).

import { createHash } from "node:crypto";

/** A run of pages, as a launch measures them. */
export interface SlowStep {
  readonly pageType: string;
  readonly gpa: number;
  readonly size: number;
  readonly data?: Uint8Array;
  readonly repeat: number;
}

const TYPES: Readonly<Record<string, number>> = {
  NORMAL: 1,
  VMSA: 2,
  ZERO: 3,
  UNMEASURED: 4,
  SECRETS: 5,
  CPUID: 6,
};

const sha384 = (data: Uint8Array): Buffer => createHash("sha384").update(data).digest();

/** One PAGE_INFO, 112 bytes. */
export function slowPageInfo(
  digest: Uint8Array,
  contents: Uint8Array,
  pageType: string,
  gpa: number,
): Uint8Array {
  const info = Buffer.alloc(0x70);
  info.set(digest, 0);
  info.set(contents, 0x30);
  info.writeUInt16LE(0x70, 0x60);
  info.writeUInt8(TYPES[pageType]!, 0x62);
  info.writeBigUInt64LE(BigInt(gpa), 0x68);
  return info;
}

/** Digest after these steps, as hexadecimal. */
export function slowDigest(steps: readonly SlowStep[], seed?: Uint8Array): string {
  let digest: Buffer = seed === undefined ? Buffer.alloc(48) : Buffer.from(seed);
  for (const { pageType, gpa, size, data, repeat } of steps) {
    for (let again = 0; again < repeat; again++) {
      for (let offset = 0; offset < size; offset += 4096) {
        const contents =
          data === undefined ? Buffer.alloc(48) : sha384(data.slice(offset, offset + 4096));
        digest = sha384(slowPageInfo(digest, contents, pageType, gpa + offset));
      }
    }
  }
  return digest.toString("hex");
}
