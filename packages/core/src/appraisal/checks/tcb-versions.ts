// SPDX-License-Identifier: Apache-2.0
// The four TCB versions of a report, read by the layout of its product line.

import { decodeTcb, formatTcb } from "../../evidence/index.ts";
import type { DecodedTcb, ProductLine, Report } from "../../evidence/index.ts";
import { sameBytes } from "./byte-values.ts";

/** A TCB version, and how findings show it. */
export interface ReportTcb extends DecodedTcb {
  readonly text: string;
}

/** The TCB versions of a report. */
export interface ReportTcbs {
  readonly line: ProductLine;
  readonly reported: ReportTcb;
  readonly current: ReportTcb;
  readonly committed: ReportTcb;
  readonly launch: ReportTcb;
}

/** Reads them. Mostly all four are the same, and then read once. */
export function readTcbs(report: Report, line: ProductLine): ReportTcbs {
  const { currentTcb } = report;
  const current = readTcb(currentTcb, line);
  const read = (bytes: Uint8Array): ReportTcb =>
    sameBytes(bytes, currentTcb) ? current : readTcb(bytes, line);
  return {
    line,
    reported: read(report.reportedTcb),
    current,
    committed: read(report.committedTcb),
    launch: read(report.launchTcb),
  };
}

function readTcb(bytes: Uint8Array, line: ProductLine): ReportTcb {
  const { tcb, reserved } = decodeTcb(bytes, line);
  return { tcb, reserved, text: formatTcb(tcb) };
}
