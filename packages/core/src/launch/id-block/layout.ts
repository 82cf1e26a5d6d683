// SPDX-License-Identifier: Apache-2.0
// The ID block and the ID authentication information structure, as SNP_LAUNCH_FINISH takes them.
// Layouts only: which algorithm, curve and version numbers are right is for verify.ts to say.

import { at, bytes, labelled, mbz, struct, u32, u64 } from "../../bytes/index.ts";
import type { Infer } from "../../bytes/index.ts";

const ABI = "AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58";

/** Signature algorithms: AMD 56860 rev. 1.58, chapter 10, Table 139. */
export const SIGNATURE_ALGORITHMS = { none: 0, "ECDSA P-384 with SHA-384": 1 } as const;

/** The one algorithm that ID keys and author keys have. */
export const ECDSA_P384_SHA384 = SIGNATURE_ALGORITHMS["ECDSA P-384 with SHA-384"];

/** Curve numbers of public keys: AMD 56860 rev. 1.58, chapter 10. */
export const CURVES = { none: 0, "P-256": 1, "P-384": 2 } as const;

/** Version of the ID block format. */
export const ID_BLOCK_VERSION = 1;

/** What the guest owner says the guest must be. All of it is signed by the ID key. */
export const ID_BLOCK = struct(
  "ID_BLOCK",
  { size: 0x60, source: `${ABI}, section 8.18, Table 73` },
  {
    launchDigest: at(0x00, bytes(48), "LD: launch digest the guest must have"),
    familyId: at(0x30, bytes(16), "FAMILY_ID: free for the guest owner"),
    imageId: at(0x40, bytes(16), "IMAGE_ID: free for the guest owner"),
    version: at(0x50, u32, "VERSION of this structure: 1"),
    guestSvn: at(0x54, u32, "GUEST_SVN: security version of the guest"),
    policy: at(0x58, u64, "POLICY: guest policy the guest must have been started with"),
  },
);

/** Decoded ID block; `policy` is raw, see guest-policy.ts. */
export type IdBlock = Infer<typeof ID_BLOCK>;

/** Coordinates are little-endian in 72 bytes, of which P-384 uses the first 48. */
export const ECDSA_PUBLIC_KEY = struct(
  "ECDSA_PUBLIC_KEY",
  { size: 0x404, source: `${ABI}, chapter 10, ECDSA P-384 public key` },
  {
    curve: at(0x000, labelled(u32, CURVES), "CURVE: 2 is P-384"),
    qx: at(0x004, bytes(48), "QX, little-endian"),
    qxHigh: at(0x034, mbz(24), "QX: zero extension"),
    qy: at(0x04c, bytes(48), "QY, little-endian"),
    qyHigh: at(0x07c, mbz(24), "QY: zero extension"),
    reserved: at(0x094, mbz(880)),
  },
);

/** Decoded public key. */
export type EcdsaPublicKey = Infer<typeof ECDSA_PUBLIC_KEY>;

/** R and S are little-endian in 72 bytes, of which P-384 uses the first 48. */
export const ECDSA_SIGNATURE = struct(
  "ECDSA_SIGNATURE",
  { size: 0x200, source: `${ABI}, chapter 10, Table 141` },
  {
    r: at(0x000, bytes(48), "R, little-endian"),
    rHigh: at(0x030, mbz(24), "R: zero extension"),
    s: at(0x048, bytes(48), "S, little-endian"),
    sHigh: at(0x078, mbz(24), "S: zero extension"),
    reserved: at(0x090, mbz(368)),
  },
);

/** Decoded signature. */
export type EcdsaSignature = Infer<typeof ECDSA_SIGNATURE>;

/** The keys and signatures that vouch for an ID block. */
export const ID_AUTH = struct(
  "ID_AUTH",
  { size: 0x1000, source: `${ABI}, section 8.18, Table 74` },
  {
    idKeyAlgo: at(0x000, labelled(u32, SIGNATURE_ALGORITHMS), "ID_KEY_ALGO: 1"),
    authKeyAlgo: at(0x004, labelled(u32, SIGNATURE_ALGORITHMS), "AUTH_KEY_ALGO: 1, 0 without one"),
    reserved0: at(0x008, mbz(56)),
    idBlockSig: at(0x040, ECDSA_SIGNATURE, "ID_BLOCK_SIG: by the ID key over the ID block"),
    idKey: at(0x240, ECDSA_PUBLIC_KEY, "ID_KEY"),
    reserved1: at(0x644, mbz(60)),
    idKeySig: at(0x680, ECDSA_SIGNATURE, "ID_KEY_SIG: by the author key over the ID key"),
    authorKey: at(0x880, ECDSA_PUBLIC_KEY, "AUTHOR_KEY; zero without one"),
    reserved2: at(0xc84, mbz(892)),
  },
);

/** Decoded ID authentication information. */
export type IdAuth = Infer<typeof ID_AUTH>;
