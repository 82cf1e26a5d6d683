// SPDX-License-Identifier: Apache-2.0
// Who vouches for a report: AMD's certificates and revocation lists.

export { CERTIFICATE_LIMIT, parseCertificate } from "./certificate.ts";
export type { Certificate } from "./certificate.ts";
export { REVOCATION_LIST_LIMIT, parseRevocationList } from "./crl.ts";
export type { RevocationList, RevokedCertificate } from "./crl.ts";
export type {
  EndorseInput,
  EndorseResult,
  Endorsement,
  Need,
  RevocationRule,
  VekKind,
} from "./endorsement.ts";
export { Endorser } from "./endorser.ts";
export type { EndorserOptions } from "./endorser.ts";
export type { BasicConstraints, Extension, KeyUsage } from "./extension.ts";
export { identifyCertificate } from "./identify.ts";
export type { CertificateIdentity, CertificateRole } from "./identify.ts";
export {
  KDS_BASE,
  certChainPath,
  crlPath,
  kdsPath,
  parseKdsUrl,
  possibleLines,
  vcekOfReport,
  vcekPath,
} from "./kds.ts";
export type { EndorserKind, KdsAddress, KdsUrl, NoVcekReason, VcekFacts, VcekNeed } from "./kds.ts";
export { parseStorePath, storePath, vcekStorePaths } from "./kds-store.ts";
export type { StoreName } from "./kds-store.ts";
export { pemDecode } from "../crypto/pem.ts";
export type { Name } from "./name.ts";
export { AMD_ROOTS, PINS, pinOf } from "./roots.ts";
export type { AuthorityRole, Pin, TrustRoot } from "./roots.ts";
export type { SignatureAlgorithm } from "./signature-algorithm.ts";
export { readVekExtensions, tcbOfLevels } from "./vek-extensions.ts";
export type { SecurityPatchLevels, VekExtensions } from "./vek-extensions.ts";
