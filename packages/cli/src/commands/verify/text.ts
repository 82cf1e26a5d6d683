// SPDX-License-Identifier: Apache-2.0
// A verification as people read it: the verdict, the findings that decided it, what is known of the
// report, and what to do next.

import { hexEncode } from "@greenlight/core/bytes";
import type { Verdict, VerdictOutcome } from "@greenlight/core/appraisal";
import { KDS_BASE, kdsPath } from "@greenlight/core/endorsement";
import type { Endorsement } from "@greenlight/core/endorsement";
import {
  cpuName,
  decodeTcb,
  formatPlatformInfo,
  formatTcb,
  reportCpu,
} from "@greenlight/core/evidence";
import type { ProductLine, Report } from "@greenlight/core/evidence";
import type { Finding } from "@greenlight/core/finding";
import { formatGuestPolicy } from "@greenlight/core/launch";
import { addressOfNeed, titleOfNeed } from "./needs.ts";
import { formatInstant } from "../../input/instant.ts";
import { countFindings, formatFindings } from "../../output/findings.ts";
import { shownName } from "../../output/name.ts";
import { hang, paint } from "../../output/style.ts";
import { pairs } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { describeForm } from "./form.ts";
import type { Result, Tally } from "./result.ts";

/** How results are printed. */
export interface TextStyle {
  readonly colour: boolean;
  readonly verbose: boolean;
}

/** One result in full. Ends with a newline. */
export function formatResult(result: Result, style: TextStyle): string {
  if (result.kind !== "appraised") {
    const { message, hint } = result.error;
    const word = paint("red", "unreadable", style.colour);
    return `${shownName(result.name)}: ${word}\n${hang("  ", message)}\n${hint === undefined ? "" : `${hang("  hint: ", hint)}\n`}`;
  }
  const { name, evidence, verdict, problems } = result;
  const { findings } = verdict;
  const shown = style.verbose ? findings : findings.filter(isDeciding(verdict.outcome));
  const blocks = [
    headline(name, verdict, style.colour),
    ...(shown.length === 0 ? [] : [formatFindings(shown, style)]),
    ...(problems.length === 0 ? [] : [problems.map((text) => hang("  ", text)).join("\n")]),
    pairs([
      ["evidence", describeForm(evidence)],
      ...evidence.notes.map((note): Pair => ["", note]),
      ...facts(verdict, style.verbose),
    ]),
    closing(verdict, style.verbose),
  ];
  return `${blocks.join("\n\n")}\n`;
}

/** What stands in the way; of an accepted report, what is worth a look. */
function isDeciding(verdict: VerdictOutcome): (finding: Finding) => boolean {
  return ({ outcome }) =>
    verdict === "accepted" ? outcome === "warn" : outcome === "fail" || outcome === "unknown";
}

const WORDS: Readonly<Record<VerdictOutcome, "green" | "red">> = {
  accepted: "green",
  rejected: "red",
  undecided: "red",
};

function headline(name: string, verdict: Verdict, colour: boolean): string {
  const { outcome, endorsement, line, report } = verdict;
  const word = paint(WORDS[outcome], outcome, colour);
  return `${shownName(name)}: ${word}\n${hang("  ", sentence(outcome, endorsement, report, line, verdict.findings))}`;
}

/** The answer in words: is it genuine, is it what was demanded. */
function sentence(
  outcome: VerdictOutcome,
  endorsement: Endorsement | undefined,
  report: Report | undefined,
  line: ProductLine | undefined,
  findings: readonly Finding[],
): string {
  const count = (of: Finding["outcome"]): number =>
    findings.filter((finding) => finding.outcome === of).length;
  if (report === undefined) return "These bytes are no attestation report that can be trusted.";
  const amd = endorsement?.root.origin === "AMD";
  const genuine =
    endorsement === undefined
      ? `It is not proved that a secure processor of AMD made this report${line === undefined ? "" : ` (line ${line})`}.`
      : amd
        ? `A genuine report of AMD's secure processor (${endorsement.line}, ${endorsement.kind}).`
        : `A report of a simulator (${endorsement.line}, ${endorsement.kind}), which proves nothing.`;
  const warned = count("warn");
  const wanted = {
    accepted:
      warned === 0
        ? "It is what the policy demands."
        : `Nothing demanded speaks against it; ${number(warned, "thing is", "things are")} worth a look.`,
    rejected: `${number(count("fail"), "check", "checks")} failed.`,
    undecided: `${number(count("unknown"), "check", "checks")} could not be made.`,
  };
  return `${genuine} ${wanted[outcome]}`;
}

function number(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function facts(verdict: Verdict, verbose: boolean): readonly Pair[] {
  const { report, endorsement } = verdict;
  if (report === undefined) return [];
  const line = verdict.line ?? endorsement?.line;
  const cpu = reportCpu(report);
  const chip = cpu === undefined ? undefined : cpuName(cpu);
  const version = `${report.currentMajor}.${report.currentMinor}.${report.currentBuild}`;
  const tcb = (bytes: Uint8Array): string =>
    line === undefined ? hexEncode(bytes) : formatTcb(decodeTcb(bytes, line).tcb);
  const rows: Pair[] = [
    ["report", `version ${report.version}, VMPL ${vmplText(report.vmpl)}`],
    ["chip", chipText(report, chip ?? line)],
    ...(endorsement === undefined ? [] : [["signed by", ...signerText(endorsement)] as const]),
    ["firmware", version],
    ["TCB", tcb(report.reportedTcb)],
    ["guest policy", formatGuestPolicy(report.policy)],
    ["measurement", hexEncode(report.measurement)],
    ["report data", hexEncode(report.reportData)],
  ];
  if (!verbose) return rows;
  return [
    ...rows,
    ["platform", formatPlatformInfo(report.platformInfo)],
    ["current TCB", tcb(report.currentTcb)],
    ["committed", tcb(report.committedTcb)],
    ["launch TCB", tcb(report.launchTcb)],
    ["guest SVN", String(report.guestSvn)],
    ["family id", hexEncode(report.familyId)],
    ["image id", hexEncode(report.imageId)],
    ["host data", hexEncode(report.hostData)],
    ["ID key", hexEncode(report.idKeyDigest)],
    ["author key", hexEncode(report.authorKeyDigest)],
    ["report id", hexEncode(report.reportId)],
    ["chip id", hexEncode(report.chipId)],
  ];
}

function vmplText(vmpl: number): string {
  return vmpl === 0xffff_ffff ? "none: requested by the host" : String(vmpl);
}

function chipText(report: Report, name: string | undefined): string {
  const masked = report.chipId.every((byte) => byte === 0);
  const id = masked ? "not named" : `${hexEncode(report.chipId.subarray(0, 8))}...`;
  return `${name ?? "unknown"}, ${id}`;
}

function signerText({ kind, chain, vek, extensions, root }: Endorsement): [string, ...string[]] {
  const above = chain.slice(1).map(({ subject }) => subject.commonName ?? subject.text);
  const until = formatInstant(vek.notAfter).slice(0, 10);
  const csp = extensions.cspId === undefined ? "" : ` of ${extensions.cspId}`;
  const owner = root.origin === "AMD" ? "pinned root of AMD" : "root of a simulator";
  return [`${kind}${csp}, valid until ${until}`, `under ${above.join(", ")} (${owner})`];
}

function closing({ outcome, findings, needs }: Verdict, verbose: boolean): string {
  const counts = `Checks: ${countFindings(findings)}${verbose ? "." : "; -v shows all of them."}`;
  if (outcome !== "undecided" || needs.length === 0) return counts;
  const missing = needs.map(
    (need) => `${hang("  ", titleOfNeed(need))}\n    ${KDS_BASE}${kdsPath(addressOfNeed(need))}`,
  );
  const what = "What is missing; give it with --certs, or leave out --offline:";
  return `${counts}\n${what}\n${missing.join("\n")}`;
}

/** One result on one line, for batches. Ends with a newline. */
export function formatLine(result: Result, { colour }: TextStyle): string {
  if (result.kind !== "appraised") {
    const word = paint("red", "unreadable", colour);
    return `${word}  ${shownName(result.name)}: ${result.error.message}\n`;
  }
  const { outcome, findings, line } = result.verdict;
  const word = paint(WORDS[outcome], outcome.padEnd(10), colour);
  const wanted = outcome === "rejected" ? "fail" : "unknown";
  const deciding = findings.filter((finding) => finding.outcome === wanted);
  const [first] = deciding;
  const more = deciding.length > 1 ? ` (and ${deciding.length - 1} more)` : "";
  const why = first === undefined ? (line ?? "") : `${first.title} [${first.id}]${more}`;
  return `${word}  ${shownName(result.name)}${why === "" ? "" : `: ${why}`}\n`;
}

/** What a batch came to, as the last line. Ends with a newline. */
export function formatTally(tally: Tally, seconds: number): string {
  const { accepted, rejected, undecided, unreadable } = tally;
  const all = accepted + rejected + undecided + unreadable;
  const parts = [
    `${accepted} accepted`,
    ...(rejected === 0 ? [] : [`${rejected} rejected`]),
    ...(undecided === 0 ? [] : [`${undecided} undecided`]),
    ...(unreadable === 0 ? [] : [`${unreadable} unreadable`]),
  ];
  const passed = tally["passed-over"];
  const rest = passed === 0 ? "" : `; ${number(passed, "other file", "other files")} passed over`;
  const head = number(all, "report", "reports");
  return `${head}: ${parts.join(", ")}${rest}, in ${seconds.toFixed(2)} s\n`;
}
