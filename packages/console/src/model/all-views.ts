// SPDX-License-Identifier: Apache-2.0
// Every view of the bytes there are: of the evidence that is looked at first, then of the other files.

import { LayoutError } from "@greenlight/core/bytes";
import { parseCertificate, parseRevocationList } from "@greenlight/core/endorsement";
import { REPORT_SIZE, decodeReport, reportProductLine } from "@greenlight/core/evidence";
import type { ProductLine, SuppliedCertificate } from "@greenlight/core/evidence";
import type { ByteView } from "./byte-view.ts";
import type { GivenFile } from "./content.ts";
import { hclView, tableView } from "./container-views.ts";
import { certificateView, revocationListView } from "./endorsement-view.ts";
import { firmwareView } from "./firmware-view.ts";
import { reportView } from "./report-view.ts";
import type { EvidenceFile } from "./session.ts";

/**
 * Every view there is to offer.
 * @param current The evidence that is looked at.
 * @param line Its product line as far as verification found it.
 */
export function allViews(
  files: readonly GivenFile[],
  current: EvidenceFile | undefined,
  line: ProductLine | undefined,
): readonly ByteView[] {
  const own = current === undefined ? [] : evidenceViews(current, line);
  const others = files.filter(({ content }) => content.kind !== "evidence").flatMap(fileViews);
  return [...own, ...others];
}

function evidenceViews(
  { file, evidence }: EvidenceFile,
  line: ProductLine | undefined,
): ByteView[] {
  const views = [reportView(`${file.id}-report`, evidence.report, line ?? lineOf(evidence.report))];
  const { form, encodings, certificates } = evidence;
  if (encodings.length === 0) {
    if (form === "extended-report") {
      views.push(...safely(() => tableView(`${file.id}-table`, file.bytes.subarray(REPORT_SIZE))));
    }
    if (form === "azure-hcl-report")
      views.push(...safely(() => hclView(`${file.id}-hcl`, file.bytes)));
  }
  return [...views, ...certificates.flatMap((each, i) => suppliedViews(`${file.id}-${i}`, each))];
}

function fileViews({ id, name, bytes, content }: GivenFile): readonly ByteView[] {
  switch (content.kind) {
    case "firmware":
      return [firmwareView(id, content.image)];
    case "certificates":
      return content.parts.flatMap((part, i) => suppliedViews(`${id}-${i}`, part));
    case "unreadable":
      return bytes.length === 0
        ? []
        : [{ id, title: name, about: "Not read: bytes without fields.", bytes, rows: [] }];
    case "policy":
    case "evidence":
      return [];
  }
}

function suppliedViews(id: string, { role, der, from }: SuppliedCertificate): readonly ByteView[] {
  const [view] = safely(() =>
    role === "CRL"
      ? revocationListView(id, parseRevocationList(der))
      : certificateView(id, parseCertificate(der)),
  );
  if (view !== undefined) return [view];
  const [list] = safely(() => revocationListView(id, parseRevocationList(der)));
  if (list !== undefined) return [list];
  const about = `Neither a certificate nor a revocation list that can be read (${from}).`;
  return [{ id, title: role ?? "Unreadable certificate", about, bytes: der, rows: [] }];
}

/** The line a report names itself; undefined when it does not, or cannot be read. */
function lineOf(report: Uint8Array): ProductLine | undefined {
  return safely(() => reportProductLine(decodeReport(report)))[0];
}

/** One value, or none when the bytes break their layout: findings say so, a picture need not. */
function safely<T>(make: () => T): readonly T[] {
  try {
    return [make()];
  } catch (error) {
    if (error instanceof LayoutError) return [];
    throw error;
  }
}
