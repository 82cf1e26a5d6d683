// SPDX-License-Identifier: Apache-2.0
// An attestation report in words: what was launched, who signed, TCB versions, platform, policy.

import { hexEncode } from "@greenlight/core/bytes";
import {
  HOST_REQUESTED_VMPL,
  PLATFORM_INFO_BITS,
  PLATFORM_INFO_NAMES,
  PRODUCT_LINES,
  SIGNATURE_ALGO,
  TCB_PARTS,
  cpuName,
  decodeSignerInfo,
  decodeTcb,
  formatPlatformInfo,
  formatSignerInfo,
  platformInfoHas,
  reportCpu,
  reportProductLine,
} from "@greenlight/core/evidence";
import type { DecodedTcb, ProductLine, Report } from "@greenlight/core/evidence";
import { describeGuestPolicy, formatGuestPolicy } from "@greenlight/core/launch";
import { hang } from "../../output/style.ts";
import { pairs, table } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { idText, policyBlock } from "./policy-words.ts";
import { hex } from "./view.ts";

/** Fields that hold a TCB version, in the order they are shown in. */
const TCB_FIELDS = ["reportedTcb", "committedTcb", "currentTcb", "launchTcb"] as const;
type TcbField = (typeof TCB_FIELDS)[number];

/** The line a report is read by, and whether the report names it. */
export interface ReadBy {
  readonly line: ProductLine;
  readonly isNamed: boolean;
}

/**
 * The product line whose layout TCB versions are read by. A report that names no known CPU is read like
 * one of Milan, whose layout Genoa shares, unless its CHIP_ID has the eight bytes of Turin's.
 */
export function readBy(report: Report): ReadBy {
  const line = reportProductLine(report);
  if (line !== undefined) return { line, isNamed: true };
  const tail = report.chipId.subarray(PRODUCT_LINES.Turin.hwIdLength);
  const isShort = isZero(tail) && !isZero(report.chipId);
  return { line: isShort ? "Turin" : "Milan", isNamed: false };
}

/** The four TCB versions of a report. */
export function tcbsOf(report: Report, line: ProductLine): Readonly<Record<TcbField, DecodedTcb>> {
  return {
    reportedTcb: decodeTcb(report.reportedTcb, line),
    committedTcb: decodeTcb(report.committedTcb, line),
    currentTcb: decodeTcb(report.currentTcb, line),
    launchTcb: decodeTcb(report.launchTcb, line),
  };
}

/** What a report is, in a few words: `version 5, Genoa (Bergamo / Siena)`. */
export function reportSummary(report: Report): string {
  const cpu = reportCpu(report);
  const name = cpu === undefined ? undefined : cpuName(cpu);
  const line = reportProductLine(report);
  if (line === undefined) return `version ${report.version}`;
  return `version ${report.version}, ${line}${name === line ? "" : ` (${name})`}`;
}

/** The paragraphs of a report. */
export function reportBlocks(report: Report, verbose: boolean): readonly string[] {
  const { line, isNamed } = readBy(report);
  return [
    pairs(identityRows(report)),
    tcbBlock(report, line, isNamed),
    `${hang("", `Guest policy ${formatGuestPolicy(report.policy)}`)}\n` +
      policyBlock(describeGuestPolicy(report.policy), verbose),
    platformBlock(report, verbose),
    `ID block\n${pairs(idBlockRows(report))}`,
  ];
}

function identityRows(report: Report): readonly Pair[] {
  const { vmpl, signerInfo, reportIdMa, chipId } = report;
  const noAgent = reportIdMa.every((byte) => byte === 0xff);
  return [
    ["measurement", hexEncode(report.measurement)],
    ["report data", zeroOr(report.reportData)],
    ["host data", zeroOr(report.hostData)],
    ["CPU", cpuText(report)],
    ["chip id", isZero(chipId) ? "zero: masked by the host" : chipIdText(report)],
    ["asked for by", vmpl === HOST_REQUESTED_VMPL ? "the host, not the guest" : `VMPL ${vmpl}`],
    ["signed by", signerText(report)],
    ["key info", formatSignerInfo(signerInfo)],
    ["firmware", firmwareText(report)],
    ["report id", hexEncode(report.reportId)],
    ["migration agent", noAgent ? "none" : hexEncode(reportIdMa)],
    ...mitigationRows(report),
  ];
}

function cpuText(report: Report): string {
  const cpu = reportCpu(report);
  if (cpu === undefined) return "not named by this report";
  const { family, model, stepping } = cpu;
  const name = cpuName(cpu) ?? "not a known one with SEV-SNP";
  return `${name} (family ${hex(family)}, model ${hex(model)}, stepping ${stepping})`;
}

/** On lines with a short hardware id the rest of the field is zero and left out. */
function chipIdText(report: Report): string {
  const { hwIdLength } = PRODUCT_LINES[readBy(report).line];
  const isShort = isZero(report.chipId.subarray(hwIdLength));
  const shown = isShort ? report.chipId.subarray(0, hwIdLength) : report.chipId;
  return hexEncode(shown) + (isShort && hwIdLength < 64 ? " (8 bytes; the rest is zero)" : "");
}

function signerText({ signerInfo, signatureAlgo, signatureR, signatureS }: Report): string {
  const { signingKey, chipKeyMasked } = decodeSignerInfo(signerInfo);
  const algorithm =
    Object.entries(SIGNATURE_ALGO).find(([, value]) => value === signatureAlgo)?.[0] ?? "unknown";
  const isUnsigned = isZero(signatureR) && isZero(signatureS);
  const masked = chipKeyMasked ? "; the host switched the chip's key off" : "";
  if (isUnsigned) return `nobody: the signature is zero${masked}`;
  const by = signingKey === "none" || signingKey === "reserved" ? `${signingKey} key` : signingKey;
  return `${by}, algorithm ${signatureAlgo} (${algorithm})${masked}`;
}

function firmwareText(report: Report): string {
  const text = (kind: "current" | "committed"): string =>
    `${report[`${kind}Major`]}.${report[`${kind}Minor`]} build ${report[`${kind}Build`]}`;
  const current = text("current");
  const committed = text("committed");
  return current === committed ? `${current}, committed` : `${current}, committed ${committed}`;
}

function mitigationRows({ launchMitVector, currentMitVector }: Report): readonly Pair[] {
  if (launchMitVector === undefined || currentMitVector === undefined) return [];
  return [["mitigations", `${hex(launchMitVector)} at launch, ${hex(currentMitVector)} now`]];
}

function tcbBlock(report: Report, line: ProductLine, isNamed: boolean): string {
  const tcbs = tcbsOf(report, line);
  const rows = TCB_PARTS.flatMap((part) => {
    const values = TCB_FIELDS.map((field) => tcbs[field].tcb[part]);
    return values.includes(undefined) ? [] : [[part, ...values.map(String)]];
  });
  const titles = ["reported", "committed", "current", "launch"] as const;
  const columns = [
    { title: "part" },
    ...titles.map((title) => ({ title, align: "right" as const })),
  ];
  const layout = line === "Milan" || line === "Genoa" ? "Milan and Genoa" : "Turin and later";
  const by = isNamed ? `as ${line} has them` : `read by the layout of ${layout}: no CPU is named`;
  const odd = TCB_FIELDS.filter((field) => tcbs[field].reserved.length > 0);
  const notes = odd.map((field) => {
    const at = tcbs[field].reserved.join(", ");
    return `\n  ${field} has reserved bytes that are not zero (byte ${at}).`;
  });
  return `TCB versions, ${by}\n${table(columns, rows)}${notes.join("")}`;
}

function platformBlock({ platformInfo }: Report, verbose: boolean): string {
  const rows = PLATFORM_INFO_NAMES.flatMap((name): readonly Pair[] => {
    const isSet = platformInfoHas(platformInfo, name);
    const { bit, amdName, set, clear } = PLATFORM_INFO_BITS[name];
    if (!isSet && !verbose) return [];
    return [[`${bit}  ${amdName}`, isSet ? set : clear]];
  });
  const clear = PLATFORM_INFO_NAMES.length - rows.length;
  const rest = clear === 0 ? "" : `\n  The other ${clear} bits are clear; -v shows them.`;
  const title = hang("", `Platform ${formatPlatformInfo(platformInfo)}`);
  return `${title}${rows.length === 0 ? "" : `\n${pairs(rows)}`}${rest}`;
}

function idBlockRows(report: Report): readonly Pair[] {
  const { authorKeyEnabled } = decodeSignerInfo(report.signerInfo);
  const author = authorKeyEnabled ? hexEncode(report.authorKeyDigest) : "none";
  return [
    [
      "ID key digest",
      isZero(report.idKeyDigest) ? "none: no ID block" : hexEncode(report.idKeyDigest),
    ],
    ["author key digest", author],
    ["family id", idText(report.familyId)],
    ["image id", idText(report.imageId)],
    ["guest SVN", String(report.guestSvn)],
  ];
}

/** A report as JSON. */
export function reportJson(report: Report): object {
  const { line, isNamed } = readBy(report);
  const tcbs = tcbsOf(report, line);
  const described = describeGuestPolicy(report.policy);
  const cpu = reportCpu(report);
  return {
    ...report,
    productLine: reportProductLine(report) ?? null,
    cpu: cpu === undefined ? null : { ...cpu, name: cpuName(cpu) ?? null },
    tcb: {
      layout: PRODUCT_LINES[line].tcbLayout,
      layoutIsNamed: isNamed,
      reported: tcbs.reportedTcb.tcb,
      committed: tcbs.committedTcb.tcb,
      current: tcbs.currentTcb.tcb,
      launch: tcbs.launchTcb.tcb,
    },
    signer: decodeSignerInfo(report.signerInfo),
    guestPolicy: {
      minimumAbi: described.minimumAbi,
      bits: described.bits,
      unknownBits: described.unknownBits,
    },
    platform: PLATFORM_INFO_NAMES.map((name) => ({
      name,
      set: platformInfoHas(report.platformInfo, name),
    })),
  };
}

function zeroOr(bytes: Uint8Array): string {
  return isZero(bytes) ? `zero (${bytes.length} bytes)` : hexEncode(bytes);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
