// SPDX-License-Identifier: Apache-2.0
// The firmware descriptor of an image, for tests.

import { sha256 } from "#crypto";
import { hexEncode } from "../../src/bytes/index.ts";
import type { FirmwareDescriptor, FirmwareImage } from "../../src/firmware/index.ts";
import { snpOvmfHash } from "../../src/launch/index.ts";

/** What stands in for the image. */
export function descriptorOf(image: FirmwareImage): FirmwareDescriptor {
  const { bytes, size, sections, resetEip, hashTable, secret } = image;
  return {
    sha256: hexEncode(sha256(bytes)),
    ovmfHash: hexEncode(snpOvmfHash(image)),
    size,
    sections,
    resetEip,
    hashTable,
    secret,
  };
}
