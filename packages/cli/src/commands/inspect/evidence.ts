// SPDX-License-Identifier: Apache-2.0
// The view of evidence: the report in words, and what came with it. Nothing is verified here.

import { LayoutError, annotate } from "@greenlight/core/bytes";
import {
  ATTESTATION_REPORT,
  HCL_REPORT_HEADER,
  HCL_RUNTIME_DATA_HEADER,
  REPORT_SIZE,
  decodeReport,
  isHclReport,
  readRuntimeClaims,
} from "@greenlight/core/evidence";
import type { Evidence, EvidenceForm, Report } from "@greenlight/core/evidence";
import type { Finding } from "@greenlight/core/finding";
import type { DumpPart } from "../../output/hexdump.ts";
import { hang } from "../../output/style.ts";
import { table } from "../../output/table.ts";
import {
  certificatesBlock,
  certificatesJson,
  extrasBlocks,
  manifestBlocks,
  runtimeBlocks,
} from "./carried.ts";
import { reportBlocks, reportJson, reportSummary } from "./report-words.ts";
import { fieldsToJson } from "./view.ts";
import type { ArtefactOf, View, ViewOptions } from "./view.ts";

const FORMS: Readonly<Record<EvidenceForm, string>> = {
  report: "report",
  "extended-report": "extended report",
  "azure-hcl-report": "Azure HCL report",
  "azure-snp-json": "Azure evidence in JSON",
  "tsm-json": "configfs-tsm in JSON",
  "trustee-json": "Trustee's JSON",
  "go-sev-guest-proto": "go-sev-guest protobuf",
  "go-sev-guest-textproto": "go-sev-guest textproto",
  "greenlight-json": "Greenlight bundle",
};

/** The view of a report or of evidence around one, broken reports too. */
export function evidenceView(
  { kind, evidence, bytes }: ArtefactOf<"report" | "evidence">,
  { verbose }: ViewOptions,
): View {
  const { report: raw, certificates, extras, runtimeData, manifest, notes } = evidence;
  const decoded = reportOf(raw);
  const form = kind === "report" ? [] : [FORMS[evidence.form]];
  const what = decoded.report === undefined ? "broken" : reportSummary(decoded.report);
  const fields = raw.length === REPORT_SIZE ? annotate(ATTESTATION_REPORT, raw) : [];
  const carries = kind === "evidence" || certificates.length > 0;
  const claims = runtimeData === undefined ? undefined : readRuntimeClaims(runtimeData.bytes);
  return {
    summary: [...form, what].join(", "),
    blocks: [
      ...(decoded.report === undefined
        ? brokenBlocks(fields)
        : reportBlocks(decoded.report, verbose)),
      ...(carries ? [certificatesBlock(certificates)] : []),
      ...extrasBlocks(extras),
      ...runtimeBlocks(runtimeData),
      ...manifestBlocks(manifest),
      ...notes.map((note) => hang("Note: ", `${note}.`)),
      "Nothing here is verified; `greenlight verify` does that.",
    ],
    findings: [decoded.finding],
    json: {
      form: evidence.form,
      encodings: evidence.encodings,
      report: decoded.report === undefined ? null : reportJson(decoded.report),
      reportBytes: raw,
      certificates: certificatesJson(certificates),
      extras,
      runtimeData:
        runtimeData === undefined
          ? null
          : { hashType: runtimeData.hashType, bytes: runtimeData.bytes, claims: claims ?? null },
      manifest: manifest ?? null,
      notes,
      fields: fieldsToJson(fields),
    },
    dump: dumpOf(evidence, bytes),
  };
}

function reportOf(raw: Uint8Array): { readonly report?: Report; readonly finding: Finding } {
  const id = "snp.report.layout";
  const where = { artefact: "report" };
  const { source } = ATTESTATION_REPORT;
  try {
    const report = decodeReport(raw);
    const title = `The report follows the layout of version ${report.version}`;
    return { report, finding: { id, outcome: "pass", title, where, source } };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const title = `The report breaks its layout: ${error.message}`;
    const place = error.offset === undefined ? where : { ...where, offset: error.offset };
    return { finding: { id, outcome: "fail", title, where: place, source } };
  }
}

/** A report that cannot be decoded is shown as the fields it would have. */
function brokenBlocks(fields: ReturnType<typeof annotate>): readonly string[] {
  if (fields.length === 0) return [];
  const shown = fields.filter(({ type }) => !type.startsWith("mbz"));
  const rows = shown.map(({ offset, path, text }) => [
    `0x${offset.toString(16).padStart(3, "0")}`,
    path,
    text.length > 44 ? `${text.slice(0, 40)}..` : text,
  ]);
  const columns = [{ title: "offset" }, { title: "field" }, { title: "value" }] as const;
  return [`Fields as the layout has them\n${table(columns, rows)}`];
}

function dumpOf({ report, form }: Evidence, bytes: Uint8Array): readonly DumpPart[] {
  const part: DumpPart = {
    title: ATTESTATION_REPORT.name,
    bytes: report,
    fields: annotate(ATTESTATION_REPORT, report),
  };
  if (form !== "azure-hcl-report" || !isHclReport(bytes)) return [part];
  const at = HCL_REPORT_HEADER.size + REPORT_SIZE;
  return [
    { title: HCL_REPORT_HEADER.name, bytes, fields: annotate(HCL_REPORT_HEADER, bytes) },
    part,
    {
      title: HCL_RUNTIME_DATA_HEADER.name,
      bytes,
      fields: annotate(HCL_RUNTIME_DATA_HEADER, bytes, at),
    },
  ];
}
