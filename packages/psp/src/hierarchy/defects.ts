// SPDX-License-Identifier: Apache-2.0
// Edits of certificates that make the usual defects, for tests of verifiers.

import type { CertificateEdit, Extension } from "./certificate.ts";
import { octetString } from "./der-writer.ts";
import { VEK_OID } from "./vek.ts";

/** All these edits, one after the other. */
export function edits(...all: readonly CertificateEdit[]): CertificateEdit {
  return (fields) => all.reduce((edited, edit) => edit(edited), fields);
}

/** Other extensions in place of those there are. */
export function withExtensions(
  change: (extensions: readonly Extension[]) => readonly Extension[],
): CertificateEdit {
  return (fields) => ({ ...fields, extensions: change(fields.extensions) });
}

/** The extension is left out. */
export function withoutExtension(oid: string): CertificateEdit {
  return withExtensions((all) => all.filter((each) => each.oid !== oid));
}

/** The extension has another value, given as the content of its OCTET STRING. */
export function withExtensionValue(oid: string, value: Uint8Array): CertificateEdit {
  return withExtensions((all) => all.map((each) => (each.oid === oid ? { ...each, value } : each)));
}

/** The extension is there twice. */
export function withDuplicate(oid: string): CertificateEdit {
  return withExtensions((all) => [...all, ...all.filter((each) => each.oid === oid)]);
}

/** Another extension at the end. */
export function withExtra(extension: Extension): CertificateEdit {
  return withExtensions((all) => [...all, extension]);
}

/** The extensions in the opposite order. */
export const reversedExtensions: CertificateEdit = withExtensions((all) => all.toReversed());

/** hwID as an OCTET STRING of its own, as some certificates of August 2023 have it. */
export const wrappedHwId: CertificateEdit = withExtensions((all) =>
  all.map((each) =>
    each.oid === VEK_OID.hwId ? { ...each, value: octetString(each.value) } : each,
  ),
);
