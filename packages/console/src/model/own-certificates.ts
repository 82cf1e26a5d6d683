// SPDX-License-Identifier: Apache-2.0
// Which of the certificates on the page a report is verified with. Several reports may lie beside one
// another, each with its VCEK; more than one VCEK for a report would be ambiguous.

import { LayoutError, hexEncode } from "@greenlight/core/bytes";
import { parseCertificate, readVekExtensions, tcbOfLevels } from "@greenlight/core/endorsement";
import { decodeReport, encodeTcb } from "@greenlight/core/evidence";
import type { SuppliedCertificate } from "@greenlight/core/evidence";

/**
 * The certificates without the VCEKs that are of other chips or another TCB. When none is the report's
 * own, all stay: then verification says what is wrong with them.
 */
export function ownCertificates(
  report: Uint8Array,
  supplied: readonly SuppliedCertificate[],
): readonly SuppliedCertificate[] {
  const wanted = keyOfReport(report);
  if (wanted === undefined) return supplied;
  const keys = supplied.map(keyOfVcek);
  if (!keys.includes(wanted)) return supplied;
  return supplied.filter((_, i) => keys[i] === undefined || keys[i] === wanted);
}

/** Chip and TCB of a report as text; undefined when it cannot be read. */
function keyOfReport(bytes: Uint8Array): string | undefined {
  return readable(() => {
    const { chipId, reportedTcb } = decodeReport(bytes);
    return `${hexEncode(chipId)} ${hexEncode(reportedTcb)}`;
  });
}

/** The same of a VCEK; undefined for anything else. */
function keyOfVcek({ der }: SuppliedCertificate): string | undefined {
  return readable(() => {
    const certificate = parseCertificate(der);
    if (certificate.subject.commonName !== "SEV-VCEK") return undefined;
    const { hwId, spl, structVersion } = readVekExtensions(certificate);
    if (hwId === undefined) return undefined;
    const tcb = encodeTcb(tcbOfLevels(spl), structVersion === 1 ? "Turin" : "Milan");
    return `${hexEncode(hwId).padEnd(128, "0")} ${hexEncode(tcb)}`;
  });
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
