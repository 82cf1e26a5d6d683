// SPDX-License-Identifier: Apache-2.0
// The launch digest as the firmware makes it, page by page (AMD 56860 rev. 1.58, section 8.17.2, table
// PAGE_INFO). Written for itself and not taken from @greenlight/core: it is what core is compared with.

import { createHash } from "node:crypto";
import type { PageType } from "@greenlight/core/launch";

/** Bytes of a page. */
export const PAGE = 4096;

/** PAGE_TYPE (table Encodings for the PAGE_TYPE Field). */
const TYPES: Readonly<Record<PageType, number>> = {
  NORMAL: 1,
  VMSA: 2,
  ZERO: 3,
  UNMEASURED: 4,
  SECRETS: 5,
  CPUID: 6,
};

/** One page as it is measured. */
export interface MeasuredPage {
  readonly type: PageType;
  readonly gpa: number;
  /** Only looked at for NORMAL and VMSA. */
  readonly contents?: Uint8Array;
  /** Bits 15:8, 23:16 and 31:24: permissions of VMPL 1, 2, 3. */
  readonly vmplPermissions: number;
  readonly imi: boolean;
}

/** The digest after one more page. */
export function extendDigest(digest: Uint8Array, page: MeasuredPage): Uint8Array {
  const info = new Uint8Array(0x70);
  const view = new DataView(info.buffer);
  info.set(digest);
  if (page.contents !== undefined && (page.type === "NORMAL" || page.type === "VMSA")) {
    info.set(createHash("sha384").update(page.contents).digest(), 0x30);
  }
  view.setUint16(0x60, info.length, true);
  info[0x62] = TYPES[page.type];
  info[0x63] = page.imi ? 1 : 0;
  view.setUint32(0x64, page.vmplPermissions & 0xffff_ff00, true);
  view.setBigUint64(0x68, BigInt(page.gpa), true);
  return Uint8Array.from(createHash("sha384").update(info).digest());
}
