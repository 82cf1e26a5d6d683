// SPDX-License-Identifier: Apache-2.0
// What a platform says, in every form it comes in. Decoding judges nothing but the layout.

export { EVIDENCE_BUNDLE_SCHEMA, decodeEvidenceBundle, encodeEvidenceBundle } from "./bundle.ts";
export type { EvidenceBundle } from "./bundle.ts";
export {
  CERTIFICATE_GUIDS,
  GOOGLE_PLATFORM_INFO,
  GOOGLE_PLATFORM_INFO_GUID,
  certificateGuidFacts,
  decodeGooglePlatformInfo,
} from "./certificate-guids.ts";
export type { CertificateGuidFacts, GooglePlatformInfo } from "./certificate-guids.ts";
export {
  CERTIFICATE_TABLE_ENTRY,
  encodeCertificateTable,
  parseCertificateTable,
} from "./certificate-table.ts";
export type { CertificateTable, CertificateTableEntry } from "./certificate-table.ts";
export type {
  Evidence,
  EvidenceEncoding,
  EvidenceForm,
  ExtraEntry,
  HclRuntimeData,
  SuppliedCertificate,
  SuppliedRole,
} from "./evidence.ts";
export {
  HCL_REPORT,
  HCL_REPORT_HEADER,
  HCL_RUNTIME_DATA_HEADER,
  decodeHclReport,
  isHclReport,
} from "./hcl-report.ts";
export type { HclReport } from "./hcl-report.ts";
export {
  PLATFORM_INFO_BITS,
  PLATFORM_INFO_KNOWN,
  PLATFORM_INFO_NAMES,
  PLATFORM_INFO_SOURCE,
  formatPlatformInfo,
  platformInfoHas,
} from "./platform-info.ts";
export type { PlatformInfoBit, PlatformInfoBitFacts } from "./platform-info.ts";
export { PRODUCT_LINES, cpuName, productLineNamed, productLineOfCpu } from "./product.ts";
export type { CpuIdentity, ProductLine, ProductLineFacts, TcbLayoutName } from "./product.ts";
export {
  ATTESTATION_REPORT,
  HOST_REQUESTED_VMPL,
  REPORT_SIGNED_SIZE,
  REPORT_SIZE,
  REPORT_SOURCE,
  SIGNATURE_ALGO,
  decodeReport,
  reportCpu,
  reportProductLine,
  reportSignature,
  signedPart,
} from "./report.ts";
export type { Report } from "./report.ts";
export { readEvidence } from "./read.ts";
export { readRuntimeClaims } from "./runtime-claims.ts";
export type { RuntimeClaims, RuntimeKey } from "./runtime-claims.ts";
export { decodeSignerInfo, formatSignerInfo } from "./signer-info.ts";
export type { SignerInfo, SigningKey } from "./signer-info.ts";
export { suppliedCertificates } from "./supplied.ts";
export type { SuppliedOrigin } from "./supplied.ts";
export {
  SVSM_MANIFEST_ENTRY,
  SVSM_MANIFEST_GUID,
  SVSM_MANIFEST_HEADER,
  SVSM_SERVICES,
  decodeSvsmManifest,
  isSvsmManifest,
} from "./svsm-manifest.ts";
export type { SvsmManifest, SvsmService } from "./svsm-manifest.ts";
export {
  TCB_LAYOUTS,
  TCB_PARTS,
  TCB_SOURCE,
  decodeTcb,
  encodeTcb,
  formatTcb,
  tcbPartsBelow,
  tcbPartsDiffering,
} from "./tcb.ts";
export type { DecodedTcb, TcbPart, TcbVersion } from "./tcb.ts";
export { readTrusteeReport } from "./trustee-json.ts";
export type { TrusteeEvidence } from "./trustee-json.ts";
