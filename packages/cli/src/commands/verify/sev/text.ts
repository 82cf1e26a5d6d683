// SPDX-License-Identifier: Apache-2.0
// A verified platform as people read it: the verdict, what decided it, what is known, what to do next.

import { hexEncode } from "@greenlight/core/bytes";
import { outcomeOf } from "@greenlight/core/appraisal";
import { formatSevPolicy } from "@greenlight/core/session";
import type { Finding } from "@greenlight/core/finding";
import type { SevCertificate } from "@greenlight/core/sev-endorsement";
import { countFindings, formatFindings } from "../../../output/findings.ts";
import type { FindingStyle } from "../../../output/findings.ts";
import { hang, paint } from "../../../output/style.ts";
import { pairs } from "../../../output/table.ts";
import type { Pair } from "../../../output/table.ts";
import type { VerifySevResult } from "./result.ts";

/** The result in full. Ends with a newline. */
export function formatResult(result: VerifySevResult, style: FindingStyle): string {
  const { verdict, findings, notes } = result;
  const shown = style.verbose ? findings : findings.filter(isDeciding(verdict));
  const word = paint(verdict === "accepted" ? "green" : "red", verdict, style.colour);
  const facts = factsOf(result);
  const blocks = [
    `SEV platform ${word}\n${hang("  ", sentence(result))}`,
    ...(shown.length === 0 ? [] : [formatFindings(shown, style)]),
    ...(notes.length === 0 ? [] : [notes.map((note) => hang("  ", note)).join("\n")]),
    ...(facts.length === 0 ? [] : [pairs(facts)]),
    closing(result, style.verbose),
  ];
  return `${blocks.join("\n\n")}\n`;
}

/** What stands in the way; of an accepted platform, what is worth a look. */
function isDeciding(verdict: VerifySevResult["verdict"]): (finding: Finding) => boolean {
  return ({ outcome }) =>
    verdict === "accepted" ? outcome === "warn" : outcome === "fail" || outcome === "unknown";
}

/** Checks of a chain that say what its owner wants, and not whether it is genuine. */
const RULES = /^sev\.(platform\.|oca\.not-allowed$)/;

function sentence({ verdict, chainVerdict, findings }: VerifySevResult): string {
  const count = (of: Finding["outcome"]): number =>
    findings.filter(({ outcome }) => outcome === of).length;
  const proof = chainVerdict.findings.filter(({ id }) => !RULES.test(id));
  const isGenuine = outcomeOf(proof) === "accepted";
  const isSimulated = proof.some(
    ({ id, outcome }) => id === "sev.ark.not-amd" && outcome === "warn",
  );
  const genuine = isGenuine
    ? isSimulated
      ? "A simulator's platform, which proves nothing."
      : `A genuine platform of AMD's (${chainVerdict.product}).`
    : "It is not proved that this is a platform of AMD's.";
  const warned = count("warn");
  const counts = {
    accepted: warned === 0 ? "" : ` ${number(warned, "thing is", "things are")} worth a look.`,
    rejected: ` ${number(count("fail"), "check", "checks")} failed.`,
    undecided: ` ${number(count("unknown"), "check", "checks")} could not be made.`,
  };
  return genuine + counts[verdict];
}

function factsOf({ chain, chainVerdict, owner, report }: VerifySevResult): readonly Pair[] {
  const { pdh, pek, cek } = chain;
  const rows: Pair[] = [];
  if (chainVerdict.product !== undefined) rows.push(["product line", chainVerdict.product]);
  for (const [name, certificate] of [
    ["PDH", pdh],
    ["PEK", pek],
    ["CEK", cek],
  ] as const) {
    if (certificate !== undefined) rows.push([name, madeBy(certificate)]);
  }
  if (owner !== undefined) rows.push(["owner (OCA)", owner]);
  if (pdh !== undefined) rows.push(["chain digest", hexEncode(chainVerdict.chainDigest)]);
  if (report === undefined) return rows;
  return [
    ...rows,
    ["report", "legacy attestation report"],
    ["mnonce", hexEncode(report.mnonce)],
    ["launch digest", hexEncode(report.launchDigest)],
    ["guest policy", formatSevPolicy(report.policy)],
  ];
}

function madeBy({ apiMajor, apiMinor }: SevCertificate): string {
  return `made by firmware ${apiMajor}.${apiMinor}`;
}

function closing({ findings, cekUrl }: VerifySevResult, verbose: boolean): string {
  const counts = `Checks: ${countFindings(findings)}${verbose ? "." : "; -v shows all of them."}`;
  if (cekUrl === undefined) return counts;
  return `${counts}\nThe signed CEK; give it as another file:\n  ${cekUrl}`;
}

function number(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
