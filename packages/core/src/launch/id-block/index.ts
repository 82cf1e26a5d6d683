// SPDX-License-Identifier: Apache-2.0
// ID block and ID authentication: the guest owner's signed word on what the guest must be.

export { checkIdAuth, checkIdBlock, checkMinimumSvn } from "./check.ts";
export type { IdBlockExpectations } from "./expected.ts";
export {
  keyDigest,
  publicKeyFromAmd,
  publicKeyToAmd,
  signatureFromAmd,
  signatureToAmd,
} from "./ecdsa.ts";
export { importPublicKey, importSigningKey } from "./keys.ts";
export type { SigningKey } from "./keys.ts";
export {
  CURVES,
  ECDSA_PUBLIC_KEY,
  ECDSA_SIGNATURE,
  ID_AUTH,
  ID_BLOCK,
  SIGNATURE_ALGORITHMS,
} from "./layout.ts";
export type { EcdsaPublicKey, EcdsaSignature, IdAuth, IdBlock } from "./layout.ts";
export { makeIdBlock, signIdBlock } from "./make.ts";
export type { IdBlockInput } from "./make.ts";
export { verifyIdBlock } from "./verify.ts";
export { KeyError } from "../../crypto/key-error.ts";
export type { KeyErrorCode } from "../../crypto/key-error.ts";
