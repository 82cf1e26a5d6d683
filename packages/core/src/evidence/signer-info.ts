// SPDX-License-Identifier: Apache-2.0
// KEY_INFO (SIGNER_INFO in newer revisions) of a report: which key signed it, whether the host hid that
// key, and whether an author key takes part.

/** Which key a report says it is signed with. */
export type SigningKey = "VCEK" | "VLEK" | "none" | "reserved";

/** KEY_INFO in words. */
export interface SignerInfo {
  /** AUTHOR_KEY_EN: AUTHOR_KEY_DIGEST is meaningful. */
  readonly authorKeyEnabled: boolean;
  /** MASK_CHIP_KEY: the host switched the VCEK off; such a report is not signed. */
  readonly chipKeyMasked: boolean;
  readonly signingKey: SigningKey;
  /** SIGNING_KEY as the number it is. */
  readonly signingKeyValue: number;
  /** Bits 31:5, which must be zero. */
  readonly reserved: number;
}

/** Reads KEY_INFO. Source: AMD 56860 (SEV-SNP Firmware ABI), table ATTESTATION_REPORT, 0x048. */
export function decodeSignerInfo(keyInfo: number): SignerInfo {
  const value = (keyInfo >>> 2) & 7;
  return {
    authorKeyEnabled: (keyInfo & 1) !== 0,
    chipKeyMasked: (keyInfo & 2) !== 0,
    signingKey: value === 0 ? "VCEK" : value === 1 ? "VLEK" : value === 7 ? "none" : "reserved",
    signingKeyValue: value,
    reserved: (keyInfo & ~0x1f) >>> 0,
  };
}

/** on one line: `0x4 (signed by VLEK)`. */
export function formatSignerInfo(keyInfo: number): string {
  const { authorKeyEnabled, chipKeyMasked, signingKey, signingKeyValue, reserved } =
    decodeSignerInfo(keyInfo);
  const words = [
    signingKey === "reserved"
      ? `reserved signing key ${signingKeyValue}`
      : `signed by ${signingKey}`,
    ...(authorKeyEnabled ? ["author key"] : []),
    ...(chipKeyMasked ? ["chip key masked"] : []),
    ...(reserved === 0 ? [] : [`reserved bits 0x${reserved.toString(16)}`]),
  ];
  return `0x${keyInfo.toString(16)} (${words.join(", ")})`;
}
