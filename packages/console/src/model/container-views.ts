// SPDX-License-Identifier: Apache-2.0
// What reports come in, as fields beside bytes: certificate tables and HCL reports.

import { annotate } from "@greenlight/core/bytes";
import {
  CERTIFICATE_TABLE_ENTRY,
  HCL_REPORT,
  REPORT_SIZE,
  certificateGuidFacts,
  decodeHclReport,
  parseCertificateTable,
} from "@greenlight/core/evidence";
import { rowOf } from "./byte-view.ts";
import type { ByteView, FieldRow } from "./byte-view.ts";

/** The view of a certificate table, which stands behind the report of an extended report. */
export function tableView(id: string, table: Uint8Array): ByteView {
  const { entries } = parseCertificateTable(table);
  const { size } = CERTIFICATE_TABLE_ENTRY;
  const heads = entries.flatMap(({ guid }, i) =>
    annotate(CERTIFICATE_TABLE_ENTRY, table, i * size).map((annotation) => ({
      ...rowOf(annotation, "form"),
      name: `[${i}] ${annotation.path}`,
      ...(annotation.path === "guid" ? { doc: nameOf(guid) } : {}),
    })),
  );
  const end: FieldRow = {
    offset: entries.length * size,
    size,
    name: "end",
    text: "all zero",
    doc: "ends the table",
    tint: "form",
  };
  const data = entries
    .filter(({ bytes }) => bytes.length > 0)
    .map(({ guid, offset, bytes }, i): FieldRow => ({
      offset,
      size: bytes.length,
      name: `[${i}] data`,
      text: `${nameOf(guid)}, ${bytes.length} bytes`,
      doc: nameOf(guid),
      tint: i % 2 === 0 ? "platform" : "guest",
    }));
  return {
    id,
    title: "Certificate table",
    about: "Filled by the host, signed by nobody: what is in it counts only once it is verified.",
    bytes: table,
    rows: [...heads, end, ...data].toSorted((a, b) => a.offset - b.offset),
    covered: { from: 0, to: 0, by: "nothing" },
  };
}

/** The view of an HCL report: header, report, and the runtime data that the report vouches for. */
export function hclView(id: string, bytes: Uint8Array): ByteView {
  const { runtimeData, padding } = decodeHclReport(bytes);
  const from = HCL_REPORT.size;
  const size = runtimeData.bytes.length;
  const rows: FieldRow[] = annotate(HCL_REPORT, bytes).map((annotation) => ({
    ...rowOf(annotation, annotation.path === "report" ? "platform" : "form"),
    ...(annotation.path === "report" ? { text: `${REPORT_SIZE} bytes` } : {}),
  }));
  rows.push({
    offset: from,
    size,
    name: "runtimeData",
    text: `${size} bytes of JSON`,
    doc: "keys of the vTPM and settings of the VM; REPORT_DATA is their hash",
    tint: "guest",
    details: [new TextDecoder().decode(runtimeData.bytes)],
  });
  if (padding > 0) {
    rows.push({
      offset: from + size,
      size: padding,
      name: "padding",
      text: "zero",
      doc: "the rest of the vTPM's NV index",
      tint: "reserved",
    });
  }
  return {
    id,
    title: "HCL report",
    about:
      "What Azure's paravisor puts around the report. REPORT_DATA is the hash of the runtime data.",
    bytes,
    rows: rows.filter((row) => row.size > 0),
    covered: { from, to: from + size, by: "REPORT_DATA of the report" },
  };
}

function nameOf(guid: Parameters<typeof certificateGuidFacts>[0]): string {
  const facts = certificateGuidFacts(guid);
  return facts === undefined ? `unknown (${guid})` : (facts.title ?? facts.role ?? guid);
}
