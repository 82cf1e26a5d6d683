// SPDX-License-Identifier: Apache-2.0
// Evidence to verify: reports of many chips, signed under a test hierarchy, with their certificates.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  USUAL_NOT_BEFORE,
  certificateTable,
  chipId,
  createHierarchy,
} from "@greenlight/psp/hierarchy";
import type { Hierarchy } from "@greenlight/psp/hierarchy";

/** An instant at which all of it is valid. */
export const AT = USUAL_NOT_BEFORE + 100 * 86_400_000;

/** The hierarchy that signed it. */
export function benchHierarchy(): Hierarchy {
  return createHierarchy({ line: "Genoa" });
}

/** `count` reports of `chips` different chips, each with a certificate table that holds its VCEK. */
export function extendedReports(
  hierarchy: Hierarchy,
  count: number,
  chips: number,
): readonly Uint8Array[] {
  const keys = Array.from({ length: chips }, (_, i) =>
    hierarchy.vcek({ chipId: chipId(hierarchy.line, String(i)) }),
  );
  return Array.from({ length: count }, (_, i) => {
    const key = keys[i % chips]!;
    const table = certificateTable([{ guid: "VCEK", bytes: key.der }]);
    return Uint8Array.from(Buffer.concat([key.report(3, { guestSvn: i }), table]));
  });
}

/** Files for the command: a folder of reports, the chain that they hang on and its revocation list. */
export interface EvidenceFiles {
  readonly reports: string;
  readonly first: string;
  readonly chain: string;
  readonly list: string;
}

/** Writes reports, chain and list into a folder. */
export function writeEvidence(
  folder: string,
  hierarchy: Hierarchy,
  reports: readonly Uint8Array[],
): EvidenceFiles {
  const place = join(folder, "reports");
  mkdirSync(place);
  for (const [i, report] of reports.entries()) {
    writeFileSync(join(place, `${String(i).padStart(4, "0")}.bin`), report);
  }
  const chain = join(folder, "chain.pem");
  const authorities = [hierarchy.ask, hierarchy.ark].map(({ der }) => pem(der));
  writeFileSync(chain, authorities.join(""));
  const list = join(folder, "list.crl");
  writeFileSync(list, hierarchy.crl());
  return { reports: place, first: join(place, "0000.bin"), chain, list };
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
