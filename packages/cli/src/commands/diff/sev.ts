// SPDX-License-Identifier: Apache-2.0
// Comparing SEV certificates by what is said of them, and tables of secrets without showing any.

import { timingSafeEqual } from "node:crypto";
import type { Artefact } from "../../input/artefact.ts";
import { exportedGuestRows } from "../inspect/exported-guest.ts";
import { sevCertificateRows } from "../inspect/sev-certificates.ts";
import { compareProperties } from "./certificate.ts";
import { rowsBlock } from "./comparison.ts";
import type { Comparison, ComparisonOptions, Row } from "./comparison.ts";

type Certificates = Extract<Artefact, { readonly kind: "sev-certificates" }>;
type ExportedGuest = Extract<Artefact, { readonly kind: "exported-guest" }>;
type SecretTable = Extract<Artefact, { readonly kind: "sev-secret-table" }>;

/** Compares what two files of certificates say. The fingerprints are part of that. */
export function compareSevCertificates(
  a: Certificates,
  b: Certificates,
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  return compareProperties(sevCertificateRows(a), sevCertificateRows(b), summaries, options);
}

/** Compares what two exported guests say, and digests of what they hold encrypted. */
export function compareExportedGuests(
  a: ExportedGuest,
  b: ExportedGuest,
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  return compareProperties(exportedGuestRows(a), exportedGuestRows(b), summaries, options);
}

/** Compares two tables of secrets: which there are, how long, and whether they are the same. */
export function compareSecretTables(
  a: SecretTable,
  b: SecretTable,
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  const guids = [...a.table.entries, ...b.table.entries].map(({ guid }) => guid);
  const all = [...new Set(guids)].map((guid) => compared(guid, a, b));
  const changed = all.filter(({ differs }) => differs);
  const sameOrder = a.table.entries.every(({ guid }, i) => b.table.entries[i]?.guid === guid);
  const shown = (options.verbose ? all : changed).map(({ row }) => row);
  const order = "The secrets are the same and stand in another order.";
  const isReordered = changed.length === 0 && !sameOrder;
  return {
    equal: changed.length === 0 && sameOrder,
    extent: isReordered ? "their order" : `${changed.length} of ${all.length} secrets`,
    summaries,
    blocks: [
      ...(shown.length === 0 ? [] : [rowsBlock(shown, "secret", options)]),
      ...(isReordered ? [order] : []),
    ],
    json: { secrets: shown, sameOrder },
  };
}

function compared(
  guid: string,
  a: SecretTable,
  b: SecretTable,
): { readonly row: Row; readonly differs: boolean } {
  const left = dataOf(guid, a);
  const right = dataOf(guid, b);
  const sameSize = left !== undefined && left.length === right?.length;
  const differs = !sameSize || right === undefined || !timingSafeEqual(left, right);
  // Never the data itself, nor a digest of it: passphrases can be found by trying.
  const what = differs && sameSize ? ", other content" : "";
  const text = (data: Uint8Array | undefined): string =>
    data === undefined ? "(none)" : `${data.length} bytes`;
  return { row: { name: guid, a: text(left), b: `${text(right)}${what}` }, differs };
}

/** All data under a GUID; an entry that was wiped has the GUID of zeros, as others may have. */
function dataOf(guid: string, { table }: SecretTable): Uint8Array | undefined {
  const found = table.entries.filter((entry) => entry.guid === guid);
  return found.length === 0 ? undefined : Buffer.concat(found.map(({ data }) => data));
}
