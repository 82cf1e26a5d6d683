// SPDX-License-Identifier: Apache-2.0
// An HCL report as evidence.

import type { Evidence } from "./evidence.ts";
import { HCL_REPORT, decodeHclReport } from "./hcl-report.ts";

/** Evidence out of an HCL report. @throws {LayoutError} as {@link decodeHclReport}. */
export function hclEvidence(bytes: Uint8Array): Omit<Evidence, "encodings"> {
  const { report, runtimeData, reportSize } = decodeHclReport(bytes);
  const size = HCL_REPORT.size + runtimeData.bytes.length;
  const note = `the HCL report says it has ${reportSize} bytes, it has ${size}`;
  return {
    form: "azure-hcl-report",
    report,
    certificates: [],
    extras: [],
    runtimeData,
    notes: reportSize === size ? [] : [note],
  };
}
