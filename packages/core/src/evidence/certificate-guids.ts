// SPDX-License-Identifier: Apache-2.0
// The GUIDs of certificate tables and what stands under them.

import { LayoutError, struct, at, u32 } from "../bytes/index.ts";
import type { Guid, Infer } from "../bytes/index.ts";
import type { SuppliedRole } from "./evidence.ts";

/** Where the table is defined. */
export const CERTIFICATE_TABLE_SOURCE =
  "AMD 56421 (GHCB) section 4.1.8, SNP Extended Guest Request; Linux include/uapi/linux/sev-guest.h";

/** What is known about a GUID of a certificate table. */
export interface CertificateGuidFacts {
  readonly guid: Guid;
  readonly title: string;
  /** What the entry is taken for; absent for what is no certificate. */
  readonly role?: SuppliedRole;
}

/** The known GUIDs. The GUID of the ASK stands for the ASVK too. */
export const CERTIFICATE_GUIDS: readonly CertificateGuidFacts[] = [
  { guid: "c0b406a4-a803-4952-9743-3fb6014cd0ae", title: "ARK", role: "ARK" },
  { guid: "4ab7b379-bbac-4fe4-a02f-05aef327c782", title: "ASK or ASVK", role: "ASK" },
  { guid: "63da758d-e664-4564-adc5-f4b93be8accd", title: "VCEK", role: "VCEK" },
  { guid: "a8074bc2-a25a-483e-aae6-39c045a0b8a1", title: "VLEK", role: "VLEK" },
  { guid: "92f81bc3-5811-4d3d-97ff-d19f88dc67ea", title: "revocation list", role: "CRL" },
  { guid: "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6", title: "Google's extra platform info" },
];

/** GUID of {@link GOOGLE_PLATFORM_INFO}. */
export const GOOGLE_PLATFORM_INFO_GUID: Guid = "ecae0c0f-9502-43b1-afa2-0ae2e0d565b6";

/** What is known about a GUID of a certificate table; undefined for an unknown one. */
export function certificateGuidFacts(guid: Guid): CertificateGuidFacts | undefined {
  return CERTIFICATE_GUIDS.find((known) => known.guid === guid);
}

/** What Google's hosts add: the CPU, from before reports named it. Nothing vouches for it. */
export const GOOGLE_PLATFORM_INFO = struct(
  "GOOGLE_EXTRA_PLATFORM_INFO",
  { size: 8, source: "go-sev-guest 0.15.0, abi.ExtraPlatformInfo" },
  {
    size: at(0, u32, "bytes of the structure, 8"),
    cpuid1Eax: at(4, u32, "CPUID Fn0000_0001_EAX, masked with 0x0fff0fff"),
  },
);

/** Google's extra platform info. */
export type GooglePlatformInfo = Infer<typeof GOOGLE_PLATFORM_INFO>;

/**
 * Decodes Google's extra platform info, for display.
 * @throws {LayoutError} for other sizes than 8, outside and inside.
 */
export function decodeGooglePlatformInfo(bytes: Uint8Array): GooglePlatformInfo {
  const info = GOOGLE_PLATFORM_INFO.decode(bytes);
  if (info.size !== 8) {
    throw new LayoutError({
      code: "bad-length",
      structure: GOOGLE_PLATFORM_INFO.name,
      field: "size",
      offset: 0,
      reason: `is ${info.size}, must be 8`,
      source: GOOGLE_PLATFORM_INFO.source,
    });
  }
  return info;
}
