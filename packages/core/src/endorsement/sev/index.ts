// SPDX-License-Identifier: Apache-2.0
// Who vouches for a SEV or SEV-ES platform: its own certificates, and AMD's roots above them.

export {
  AMD_CERTIFICATE_SIZES,
  encodeAmdCertificate,
  parseAmdCertificate,
} from "./amd-certificate.ts";
export type { AmdCertificate, AmdCertificateContent } from "./amd-certificate.ts";
export {
  SEV_CHAIN_FILE_LIMIT,
  readSevChain,
  sevCertificateBytes,
  sevCertificateSize,
  splitSevCertificates,
} from "./bundle.ts";
export type { FoundSevCertificate, SevChain, SevChainFiles } from "./bundle.ts";
export {
  encodeSevCertificate,
  p384PublicKey,
  parseSevCertificate,
  sevSignature,
} from "./certificate.ts";
export type {
  SevCertificate,
  SevCertificateContent,
  SevPublicKey,
  SevSignature,
} from "./certificate.ts";
export { ownerFingerprint } from "./check-rules.ts";
export type { SevChainPolicy, SevFirmwareVersion } from "./check-rules.ts";
export {
  AMD_CERTIFICATE_2048,
  AMD_CERTIFICATE_4096,
  SEV_ALGORITHM,
  SEV_CERTIFICATE,
  SEV_RSA_PUBLIC_KEY,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
} from "./layout.ts";
export type { AmdKeyBits, SevUsageName } from "./layout.ts";
export { AMD_SEV_ROOTS, SEV_PRODUCT_LINES } from "./roots.ts";
export type { SevProductLine, SevTrustRoot } from "./roots.ts";
export { verifySevChain } from "./verify-chain.ts";
export type { SevChainInput, SevChainVerdict } from "./verify-chain.ts";
export { verifySevAttestationReport } from "./verify-report.ts";
export type { SevReportInput } from "./verify-report.ts";
