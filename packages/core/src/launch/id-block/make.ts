// SPDX-License-Identifier: Apache-2.0
// Making an ID block and the ID authentication information that vouches for it.

import { DEFAULT_GUEST_POLICY, requireGuestPolicy } from "../guest-policy.ts";
import { P384_SIGNATURE, requireLength, signatureToAmd } from "./ecdsa.ts";
import type { SigningKey } from "./keys.ts";
import {
  ECDSA_P384_SHA384,
  ECDSA_PUBLIC_KEY,
  ECDSA_SIGNATURE,
  ID_AUTH,
  ID_BLOCK,
  ID_BLOCK_VERSION,
  SIGNATURE_ALGORITHMS,
} from "./layout.ts";

/** What goes into an ID block. */
export interface IdBlockInput {
  /** Launch digest the guest must have, 48 bytes. */
  readonly launchDigest: Uint8Array;
  /** 16 bytes; zero when absent. */
  readonly familyId?: Uint8Array;
  /** 16 bytes; zero when absent. */
  readonly imageId?: Uint8Array;
  /** Security version of the guest, 32 bits; 0 when absent. */
  readonly guestSvn?: number;
  /** Guest policy, 64 bits; {@link DEFAULT_GUEST_POLICY} when absent. */
  readonly policy?: bigint;
}

/**
 * An ID block, 96 bytes. AMD 56860 rev. 1.58, section 8.18, Table 73.
 * @throws {LayoutError} `bad-length` or `out-of-range` for a value that does not fit, or for a
 * policy that firmware refuses because bit 17 is not one.
 */
export function makeIdBlock(input: IdBlockInput): Uint8Array {
  return ID_BLOCK.encode({
    launchDigest: input.launchDigest,
    familyId: input.familyId ?? new Uint8Array(16),
    imageId: input.imageId ?? new Uint8Array(16),
    version: ID_BLOCK_VERSION,
    guestSvn: input.guestSvn ?? 0,
    policy: requireGuestPolicy(input.policy ?? DEFAULT_GUEST_POLICY),
  });
}

/**
 * ID authentication information for an ID block, 4096 bytes. AMD 56860 rev. 1.58, section 8.18,
 * Table 74. Without an author key its fields stay zero; firmware of 2022 refused to launch such a
 * guest (INVALID_PARAM), so one is worth having.
 * @param idBlock The 96 bytes; all of them are signed by the ID key.
 * @param authorKey Signs all 1028 bytes of the ID key.
 * @throws {LayoutError} `bad-length` when the ID block does not have 96 bytes.
 */
export async function signIdBlock(
  idBlock: Uint8Array,
  idKey: SigningKey,
  authorKey?: SigningKey,
): Promise<Uint8Array> {
  requireLength(idBlock, ID_BLOCK.size, ID_BLOCK.name);
  const none = SIGNATURE_ALGORITHMS.none;
  return ID_AUTH.encode({
    idKeyAlgo: ECDSA_P384_SHA384,
    authKeyAlgo: authorKey === undefined ? none : ECDSA_P384_SHA384,
    idBlockSig: ECDSA_SIGNATURE.decode(await sign(idKey, idBlock)),
    idKey: ECDSA_PUBLIC_KEY.decode(idKey.publicKey),
    idKeySig:
      authorKey === undefined
        ? NO_SIGNATURE
        : ECDSA_SIGNATURE.decode(await sign(authorKey, idKey.publicKey)),
    authorKey: authorKey === undefined ? NO_KEY : ECDSA_PUBLIC_KEY.decode(authorKey.publicKey),
  });
}

const NO_SIGNATURE = ECDSA_SIGNATURE.decode(new Uint8Array(ECDSA_SIGNATURE.size));
const NO_KEY = ECDSA_PUBLIC_KEY.decode(new Uint8Array(ECDSA_PUBLIC_KEY.size));

/** AMD's 512-byte signature: ECDSA P-384 over the SHA-384 of the data. */
async function sign(key: SigningKey, data: Uint8Array): Promise<Uint8Array> {
  const signed = await crypto.subtle.sign(P384_SIGNATURE, key.privateKey, new Uint8Array(data));
  return signatureToAmd(new Uint8Array(signed));
}
