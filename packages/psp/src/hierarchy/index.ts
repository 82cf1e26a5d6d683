// SPDX-License-Identifier: Apache-2.0
// A key hierarchy like AMD's for tests and labs. Its keys follow from public seeds and are worthless.

export { authorityKeyId, keyUsage } from "./authority.ts";
export type { Authority } from "./authority.ts";
export { pssAlgorithm } from "./certificate.ts";
export type { CertificateEdit, CertificateFields, Extension, TrailerField } from "./certificate.ts";
export { TABLE_GUIDS, certificateTable } from "./certificate-table.ts";
export type { TableEntry, TableOptions } from "./certificate-table.ts";
export {
  edits,
  reversedExtensions,
  withDuplicate,
  withExtensionValue,
  withExtensions,
  withExtra,
  withoutExtension,
  wrappedHwId,
} from "./defects.ts";
export * as derWriter from "./der-writer.ts";
export { USUAL_NOT_BEFORE, chipId, createHierarchy } from "./hierarchy.ts";
export type {
  Hierarchy,
  HierarchyOptions,
  ListRequest,
  Vek,
  VcekRequest,
  VlekRequest,
} from "./hierarchy.ts";
export { commonName, distinguishedName } from "./name.ts";
export type { CertificateRole, NameStyle } from "./name.ts";
export { P384_ORDER, p384Key, signEcdsa } from "./p384-key.ts";
export type { P384Key } from "./p384-key.ts";
export { USUAL_TCB, encodeReport, reportFields, signReport } from "./report.ts";
export type { ReportFields, ReportSubject } from "./report.ts";
export type {
  RevocationListEdit,
  RevocationListFields,
  RevokedCertificate,
} from "./revocation-list.ts";
export { AMD_PSS, rsaKey } from "./rsa-key.ts";
export type { PssParameters, RsaKey } from "./rsa-key.ts";
export { VEK_OID } from "./vek.ts";
