// SPDX-License-Identifier: Apache-2.0
// The certificate chain as a picture shows it: what signs what, and what was found about each.

import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { AMD_ROOTS, parseCertificate } from "@greenlight/core/endorsement";
import type { Certificate } from "@greenlight/core/endorsement";
import { LayoutError } from "@greenlight/core/bytes";
import type { ProductLine, SuppliedCertificate } from "@greenlight/core/evidence";
import type { Verdict } from "@greenlight/core/appraisal";
import type { Finding, Outcome } from "@greenlight/core/finding";
import { formatDay } from "./instant.ts";

/** A link of the chain. */
export interface ChainNode {
  readonly id: "ark" | "ask" | "vek" | "report" | "crl";
  /** `ARK`. */
  readonly role: string;
  /** What it is, in words. */
  readonly about: string;
  /** Common name, or what is known instead. */
  readonly name: string;
  readonly outcome: Outcome;
  /** The worst finding about it, unless all passed. */
  readonly finding?: Finding;
  /** Facts, for the text beside the picture. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** The chain of a verdict. */
export interface ChainModel {
  /** Root first, the report last. */
  readonly links: readonly ChainNode[];
  readonly crl: ChainNode;
}

const WORST: readonly Outcome[] = ["fail", "unknown", "warn", "pass", "skipped"];

/**
 * The chain of a verdict. Without an endorsement, certificates that came along are named, which says
 * nothing about whether they are genuine; the findings do.
 */
export function chainModel(verdict: Verdict, supplied: readonly SuppliedCertificate[]): ChainModel {
  const { endorsement, findings, report } = verdict;
  const [vek, ask, ark] = endorsement?.chain ?? likelyChain(supplied, verdict.line);
  const isVlek = (vek?.subject.commonName ?? "").includes("VLEK");
  const node = (
    id: ChainNode["id"],
    words: Pick<ChainNode, "role" | "about">,
    prefixes: readonly string[],
    certificate: Certificate | undefined,
    name = certificate?.subject.commonName ?? certificate?.subject.text ?? "not there",
  ): ChainNode => ({
    id,
    ...words,
    ...worst(findings, prefixes),
    name,
    facts: certificate === undefined ? [] : certificateFacts(certificate),
  });
  const wordsOfVek = isVlek
    ? { role: "VLEK", about: "the key that signs reports of a provider" }
    : { role: "VCEK", about: "the key of this chip at this firmware, which signs reports" };
  const wordsOfAsk = isVlek
    ? { role: "ASVK", about: "signs the VLEK of each provider" }
    : { role: "ASK", about: "signs the VCEK of each chip" };
  const line = verdict.line ?? "line not known";
  return {
    links: [
      node("ark", { role: "ARK", about: "AMD's root key" }, ["snp.chain.ark-"], ark),
      node("ask", wordsOfAsk, ["snp.chain.ask-"], ask),
      node("vek", wordsOfVek, ["snp.vek."], vek),
      {
        ...node(
          "report",
          { role: "Report", about: "what the secure processor says about the guest" },
          ["snp.report.", "snp.product."],
          undefined,
        ),
        name: report === undefined ? "not readable" : `version ${report.version}, ${line}`,
        facts: report === undefined ? [] : [["measurement", hexEncode(report.measurement)]],
      },
    ],
    crl: {
      ...node(
        "crl",
        { role: "CRL", about: "AMD's list of revoked certificates" },
        ["snp.revocation."],
        undefined,
      ),
      name: nameOfRevocation(findings),
    },
  };
}

function nameOfRevocation(findings: readonly Finding[]): string {
  const about = findings.filter(({ id }) => id.startsWith("snp.revocation."));
  if (about.every(({ outcome }) => outcome === "skipped")) return "not consulted";
  return about.some(({ id, outcome }) => id === "snp.revocation.unknown" && outcome !== "pass")
    ? "not there"
    : "there";
}

function worst(
  findings: readonly Finding[],
  prefixes: readonly string[],
): Pick<ChainNode, "outcome" | "finding"> {
  const about = findings.filter(({ id }) => prefixes.some((prefix) => id.startsWith(prefix)));
  for (const outcome of WORST) {
    const finding = about.find((each) => each.outcome === outcome);
    if (finding === undefined) continue;
    return outcome === "pass" || outcome === "skipped" ? { outcome } : { outcome, finding };
  }
  return { outcome: "skipped" };
}

/**
 * VEK, ASK, ARK of a report that could not be endorsed: the VEK that came along, and above it what is
 * pinned for the product line, because that is what was looked at. Otherwise what came along.
 */
function likelyChain(
  supplied: readonly SuppliedCertificate[],
  line: ProductLine | undefined,
): readonly (Certificate | undefined)[] {
  const all = supplied.filter(({ role }) => role !== "CRL").flatMap(({ der }) => readable(der));
  const named = (pattern: RegExp): Certificate | undefined =>
    all.find(({ subject }) => pattern.test(subject.commonName ?? ""));
  const vek = named(/^SEV-V[CL]EK$/);
  const isVlek = vek?.subject.commonName === "SEV-VLEK";
  const root = AMD_ROOTS.find((each) => each.line === line);
  return [
    vek,
    (isVlek ? root?.asvk : root?.ask) ?? named(/^SEV-(?!V[CL]EK$)/),
    root?.ark ?? named(/^ARK-/),
  ];
}

function readable(der: Uint8Array): readonly Certificate[] {
  try {
    return [parseCertificate(der)];
  } catch (error) {
    // There is a finding about it; here it is not drawn.
    if (error instanceof LayoutError) return [];
    throw error;
  }
}

/** What a person compares about a certificate. */
export function certificateFacts(
  certificate: Certificate,
): readonly (readonly [name: string, value: string])[] {
  const { subject, issuer, serial, notBefore, notAfter, key, der } = certificate;
  const keyText =
    key.kind === "RSA"
      ? `RSA, ${key.bits} bits`
      : key.kind === "P-384"
        ? "P-384"
        : `unknown (${key.oid})`;
  return [
    ["subject", subject.text],
    ["issuer", issuer.text],
    ["serial", `0x${serial.toString(16)}`],
    ["valid", `${formatDay(notBefore)} to ${formatDay(notAfter)}`],
    ["key", keyText],
    ["SHA-256", hexEncode(sha256(der))],
  ];
}
