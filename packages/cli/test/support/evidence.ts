// SPDX-License-Identifier: Apache-2.0
// Evidence of every kind, made of carried reports and certificates.

import { guidEncode } from "@greenlight/core/bytes";
import {
  CERTIFICATE_GUIDS,
  SVSM_MANIFEST_GUID,
  SVSM_SERVICES,
  encodeCertificateTable,
  encodeEvidenceBundle,
} from "@greenlight/core/evidence";
import { fixtureSnp } from "../../../../fixtures/load.ts";

/** A real report of version 2, of a guest that could be debugged. */
export function debugReport(): Uint8Array {
  return fixtureSnp("milan-debug.report.bin");
}

/** A certificate table with the VCEK of that report, and Google's platform info. */
export function certificateTable(): Uint8Array {
  const guidOf = (title: string): string =>
    CERTIFICATE_GUIDS.find((known) => known.title === title)!.guid;
  return encodeCertificateTable([
    { guid: guidOf("VCEK"), bytes: fixtureSnp("milan-debug.vcek.der") },
    {
      guid: guidOf("Google's extra platform info"),
      bytes: Uint8Array.of(8, 0, 0, 0, 0x10, 0x0f, 0xa0, 0),
    },
  ]);
}

/** The manifest of an SVSM with a vTPM. */
export function svsmManifest(): Uint8Array {
  const bytes = new Uint8Array(52);
  const view = new DataView(bytes.buffer);
  bytes.set(guidEncode(SVSM_MANIFEST_GUID));
  view.setUint32(16, bytes.length, true);
  view.setUint32(20, 1, true);
  bytes.set(guidEncode(Object.keys(SVSM_SERVICES)[0]!), 24);
  view.setUint32(40, 48, true);
  view.setUint32(44, 4, true);
  return bytes;
}

/** Our own bundle of all that. */
export function evidenceBundle(): string {
  return encodeEvidenceBundle({
    provider: "sev_guest",
    report: debugReport(),
    certificateTable: certificateTable(),
    manifest: svsmManifest(),
    generation: 2,
  });
}

/** An HCL report around the report. */
export function hclReport(): Uint8Array {
  const claims = new TextEncoder().encode(
    '{"keys":[{"kid":"HCLAkPub","kty":"RSA","n":"v5q34gAA","key_ops":["sign"]}],' +
      '"vm-configuration":{"secure-boot":true},"user-data":"00"}',
  );
  const bytes = new Uint8Array(2600);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("HCLA"));
  view.setUint32(0x04, 2, true);
  view.setUint32(0x08, 0x4d4 + claims.length, true);
  view.setUint32(0x0c, 2, true);
  bytes.set(debugReport(), 0x20);
  const header = [claims.length + 20, 1, 2, 1, claims.length];
  for (const [i, value] of header.entries()) view.setUint32(0x4c0 + 4 * i, value, true);
  bytes.set(claims, 0x4d4);
  return bytes;
}
