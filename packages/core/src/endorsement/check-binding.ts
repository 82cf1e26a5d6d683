// SPDX-License-Identifier: Apache-2.0
// Whether a VCEK or VLEK is the one of a report: product line, chip and TCB. This runs for each report,
// also when the key is known; what passes therefore costs no text.

import { hexEncode } from "../bytes/index.ts";
import { cpuName, PRODUCT_LINES } from "../evidence/product.ts";
import type { CpuIdentity, ProductLine } from "../evidence/product.ts";
import { ATTESTATION_REPORT, REPORT_SOURCE } from "../evidence/report.ts";
import type { Report } from "../evidence/report.ts";
import {
  decodeTcb,
  encodeTcb,
  formatTcb,
  tcbPartsBelow,
  tcbPartsDiffering,
} from "../evidence/tcb.ts";
import type { TcbVersion } from "../evidence/tcb.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import type { VekKind } from "./endorsement.ts";
import { skipped } from "./skipped.ts";
import { tcbOfLevels } from "./vek-extensions.ts";
import type { VekExtensions } from "./vek-extensions.ts";

/** Ids of the checks of {@link checkBinding}. */
export const BINDING_CHECKS: readonly FindingId[] = [
  "snp.vek.hwid-mismatch",
  "snp.vek.tcb-mismatch",
  "snp.vek.tcb-above-current",
];

/** What a VCEK or VLEK is of. */
export interface VekSubject {
  readonly kind: VekKind;
  readonly line: ProductLine;
  readonly tcb: TcbVersion;
  /** TCB_VERSION with all eight bytes, the reserved ones too. */
  readonly tcbBytes: Uint8Array;
  readonly hwId?: Uint8Array;
}

/**
 * The subject of a certificate; undefined when its extensions are not those of the line, so that they
 * cannot be compared.
 */
export function vekSubject(
  kind: VekKind,
  line: ProductLine,
  { structVersion, spl, hwId }: VekExtensions,
): VekSubject | undefined {
  if (structVersion !== PRODUCT_LINES[line].structVersion) return undefined;
  const tcb = tcbOfLevels(spl);
  const tcbBytes = encodeTcb(tcb, line);
  // The reserved bytes of TCB_VERSION have extensions of their own.
  if (PRODUCT_LINES[line].tcbLayout === "milan") tcbBytes[2] = spl.spl4 ?? 0;
  tcbBytes.set([spl.spl5, spl.spl6, spl.spl7], PRODUCT_LINES[line].tcbLayout === "milan" ? 3 : 4);
  return { kind, line, tcb, tcbBytes, ...(hwId === undefined ? {} : { hwId }) };
}

const place = (field: "chipId" | "reportedTcb" | "currentTcb" | "cpuFamily", size: number) => ({
  artefact: "report",
  offset: ATTESTATION_REPORT.offsetOf(field),
  size,
});

const pass = (id: FindingId, title: string): Finding =>
  Object.freeze({ id, outcome: "pass", title });

const SAME_CHIP = pass("snp.vek.hwid-mismatch", "The VCEK is of the chip that the report names");
const SAME_TCB = {
  VCEK: pass("snp.vek.tcb-mismatch", "The VCEK is of the TCB that the report states"),
  VLEK: pass("snp.vek.tcb-mismatch", "The VLEK is of the TCB that the report states"),
};
const NOT_ABOVE = pass(
  "snp.vek.tcb-above-current",
  "No part of the certified TCB is above the running one",
);
const NO_CHIP = {
  VLEK: skipped(["snp.vek.hwid-mismatch"], "a VLEK is not of a chip"),
  VCEK: skipped(["snp.vek.hwid-mismatch"], "the report does not name its chip"),
};

/** Whether the key is of this report's chip and TCB. */
export function checkBinding(
  subject: VekSubject,
  report: Report,
  chipIdMasked: boolean,
): readonly Finding[] {
  const { kind } = subject;
  return [
    ...(kind === "VLEK" || chipIdMasked ? NO_CHIP[kind] : [checkChip(subject, report)]),
    checkTcb(subject, report),
    checkCurrent(subject, report),
  ];
}

function checkChip({ line, hwId }: VekSubject, { chipId }: Report): Finding {
  const length = PRODUCT_LINES[line].hwIdLength;
  if (hwId?.length === length && isZeroExtended(hwId, chipId)) return SAME_CHIP;
  return {
    id: "snp.vek.hwid-mismatch",
    outcome: "fail",
    title: "The VCEK is of another chip than the one that the report names",
    expected: hexEncode(chipId),
    actual: hwId === undefined ? "no hwID" : hexEncode(hwId),
    where: place("chipId", 64),
    source: "AMD 57230 (VCEK Certificate and KDS Interface), section 3",
    hint: "fetch the VCEK of this chip",
  };
}

/** Whether `long` is `short` with zeros behind it. A plain loop: it runs for each report. */
function isZeroExtended(short: Uint8Array, long: Uint8Array): boolean {
  for (let i = 0; i < long.length; i++) if (long[i] !== (short[i] ?? 0)) return false;
  return true;
}

function checkTcb({ kind, line, tcb, tcbBytes }: VekSubject, { reportedTcb }: Report): Finding {
  if (isZeroExtended(tcbBytes, reportedTcb)) return SAME_TCB[kind];
  const reported = decodeTcb(reportedTcb, line).tcb;
  const differing = tcbPartsDiffering(tcb, reported);
  return {
    id: "snp.vek.tcb-mismatch",
    outcome: "fail",
    title:
      differing.length === 0
        ? `The ${kind} is of another TCB than the report states, in bytes that are reserved on ${line}`
        : `The ${kind} is of another TCB than the report states: ${differing.join(", ")}`,
    expected:
      differing.length === 0 ? `REPORTED_TCB ${hexEncode(reportedTcb)}` : formatTcb(reported),
    actual: differing.length === 0 ? hexEncode(tcbBytes) : formatTcb(tcb),
    where: place("reportedTcb", 8),
    source: REPORT_SOURCE,
    hint: `the host may set REPORTED_TCB below CURRENT_TCB; the ${kind} has to be of REPORTED_TCB`,
  };
}

function checkCurrent({ kind, line, tcb }: VekSubject, { currentTcb }: Report): Finding {
  const current = decodeTcb(currentTcb, line).tcb;
  const above = tcbPartsBelow(current, tcb);
  if (above.length === 0) return NOT_ABOVE;
  return {
    id: "snp.vek.tcb-above-current",
    outcome: "fail",
    title: `The ${kind} is of a TCB above the running one: ${above.join(", ")}`,
    expected: `at most ${formatTcb(current)}`,
    actual: formatTcb(tcb),
    where: place("currentTcb", 8),
    source: REPORT_SOURCE,
    hint: "firmware does not make such reports",
  };
}

/** Whether the CPU that a report names is known. Before version 3 a report names none. */
export function checkProduct(report: Report, line: ProductLine | undefined): Finding {
  const id = "snp.product.unknown";
  if (report.version < 3) {
    return skipped([id], "reports before version 3 do not name a CPU")[0]!;
  }
  if (line !== undefined) {
    return { id, outcome: "pass", title: `The report is of a CPU of the line ${line}` };
  }
  const { cpuFamily = 0, cpuModel = 0, cpuStepping = 0 } = report;
  const none = cpuFamily === 0 && cpuModel === 0 && cpuStepping === 0;
  return {
    id,
    outcome: "fail",
    title: none
      ? "The report does not name its CPU, as it must from version 3 on"
      : "The report names a CPU that is not known here",
    actual: `family 0x${cpuFamily.toString(16)}, model 0x${cpuModel.toString(16)}`,
    where: place("cpuFamily", 3),
    source: REPORT_SOURCE,
    ...(none ? {} : { hint: "is there a newer version of this program?" }),
  };
}

/** Whether the CPU is of the line whose authority issued the key. */
export function checkProductLine(
  kind: VekKind,
  issued: ProductLine,
  cpu: CpuIdentity | undefined,
  line: ProductLine | undefined,
): Finding {
  const id = "snp.product.mismatch";
  if (cpu === undefined || line === undefined) {
    return skipped([id], "the report does not say of which line its CPU is")[0]!;
  }
  if (line === issued) {
    return {
      id,
      outcome: "pass",
      title: `The ${kind} was issued for ${issued}, as the CPU demands`,
    };
  }
  return {
    id,
    outcome: "fail",
    title: `The ${kind} was issued for ${issued}, but the report is of a CPU of the line ${line}`,
    expected: line,
    actual: issued,
    where: place("cpuFamily", 3),
    source: REPORT_SOURCE,
    hint: `the CPU is ${cpuName(cpu) ?? "unknown"}; fetch the ${kind} of the line ${line}`,
  };
}
