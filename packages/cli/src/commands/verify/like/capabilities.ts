// SPDX-License-Identifier: Apache-2.0
// What verifiers of SEV-SNP evidence can do, tool by tool, and where the same stands here: the first
// table of the conformance page. What is said of others is of the versions named in peers' own files;
// "ran" means that it was tried, everything else was read in their sources.

import type { FindingId } from "@greenlight/core/finding";

/** The tools that are compared, in the order of the columns. */
export const COMPARED = ["go-sev-guest", "snpguest", "Trustee", "tinfoil-js"] as const;

/** One capability. */
export interface Capability {
  readonly what: string;
  /** One cell for each of {@link COMPARED}. */
  readonly theirs: readonly [string, string, string, string];
  readonly ours: string;
  readonly options?: readonly string[];
  readonly fields?: readonly string[];
  readonly findings?: readonly FindingId[];
}

export const CAPABILITIES: readonly Capability[] = [
  {
    what: "report version 2",
    theirs: ["yes", "yes; error when the chip id is masked", "no (from 3)", "as Genoa"],
    ours: "yes; the line comes from the verified certificate",
    fields: ["evidence.reportVersions"],
  },
  {
    what: "report versions 3, 4, 5",
    theirs: ["yes", "yes", "yes", "yes"],
    ours: "yes; any other version is refused by name",
    fields: ["evidence.reportVersions"],
    findings: ["snp.report.layout"],
  },
  {
    what: "mitigation vectors",
    theirs: ["library only", "shown", "no", "no"],
    ours: "demanded bits for launch and now",
    fields: ["platform.mitigations.launch", "platform.mitigations.current"],
  },
  {
    what: "Milan, VCEK",
    theirs: ["yes; refuses version 2 without -product_name (ran)", "yes", "yes", "no (ran)"],
    ours: "yes; steppings do not matter",
    findings: ["snp.vek.product-name"],
  },
  { what: "Genoa, VCEK", theirs: ["yes (ran)", "yes", "yes", "yes (ran)"], ours: "yes" },
  {
    what: "Bergamo and Siena",
    theirs: ["no (ran)", "yes", "yes", "no (ran)"],
    ours: "yes, endorsed as Genoa",
    findings: ["snp.product.unknown", "snp.product.mismatch"],
  },
  {
    what: "Turin",
    theirs: ["no (ran)", "yes, without a working chip check", "yes", "no (ran)"],
    ours: "yes: FMC, chip ids of 8 bytes, structVersion 1",
    findings: ["snp.vek.struct-version", "snp.vek.hwid-mismatch"],
  },
  {
    what: "Venice",
    theirs: ["no", "layout in the library", "no", "no"],
    ours: "layout; there is no root of AMD's yet, so nothing of it is accepted",
    findings: ["snp.chain.ark-not-pinned"],
  },
  {
    what: "VLEK under an ASVK",
    theirs: ["only with roots given (ran)", "yes", "yes", "no (ran)"],
    ours: "yes; Milan's ASVK is built in, others come with the evidence; provider by cspID",
    fields: ["evidence.csp.allow", "evidence.signingKeys"],
    findings: ["snp.vek.csp-id", "snp.chain.ask-missing"],
  },
  {
    what: "root pinned",
    theirs: ["since 0.15 (ran)", "no: the ARK of the folder", "yes", "yes"],
    ours: "always, by the whole certificate",
    findings: ["snp.chain.ark-not-pinned"],
  },
  {
    what: "validity at a chosen instant",
    theirs: ["library", "no", "no", "now"],
    ours: "--at TIME",
    options: ["at"],
    findings: ["snp.vek.validity", "snp.chain.ask-validity", "snp.chain.ark-validity"],
  },
  {
    what: "parameters of RSASSA-PSS",
    theirs: ["by algorithm name", "OpenSSL's", "OpenSSL's", "the library's"],
    ours: "exactly SHA-384, MGF1 with SHA-384, salt 48",
    findings: ["snp.vek.signature-parameters", "snp.chain.ask-signature-parameters"],
  },
  {
    what: "revocation",
    theirs: ["ASK only, no freshness, VLEK panics (ran)", "fetched, not checked", "no", "no"],
    ours: "ARK, ASK and ASVK, freshness, three modes, offline",
    options: ["crl"],
    fields: ["evidence.revocation.mode", "evidence.revocation.maxAge"],
    findings: [
      "snp.revocation.unknown",
      "snp.revocation.stale",
      "snp.revocation.ask-revoked",
      "snp.revocation.ark-revoked",
    ],
  },
  {
    what: "certified TCB is the reported one",
    theirs: ["yes", "yes; panics on odd ones", "yes", "yes"],
    ours: "yes, part by part",
    findings: ["snp.vek.tcb-mismatch"],
  },
  {
    what: "certified chip is the reported one",
    theirs: ["yes", "never runs", "never runs", "yes"],
    ours: "yes, both lengths; a masked chip is refused unless allowed",
    fields: ["evidence.chips.masked"],
    findings: ["snp.vek.hwid-mismatch", "snp.report.chip-id-masked"],
  },
  {
    what: "least TCB, least TCB at launch",
    theirs: ["yes, one layout", "no", "in a policy", "fixed"],
    ours: "for each product line, part by part",
    fields: ["platform.tcb", "platform.launchTcb"],
  },
  {
    what: "guest policy and platform information",
    theirs: ["yes", "no", "in a policy", "fixed"],
    ours: "each bit 0, 1 or any; bits without a name refused",
    fields: ["guest.policy.debug", "platform.info.aliasCheckComplete", "platform.info.unknown"],
  },
  {
    what: "ID key and author key",
    theirs: ["yes", "digests compared", "no", "not implemented"],
    ours: "lists of trusted keys, with labels",
    fields: ["guest.idBlock.idKeys", "guest.idBlock.authorKeys"],
  },
  {
    what: "measurement, report data, host data, ids",
    theirs: ["yes, one value each", "yes, one value each", "in a policy", "yes"],
    ours: "lists with labels; report data also bound to keys and nonces",
    options: ["measurement", "report-data", "nonce", "key", "tls-key", "svsm", "host-data"],
    fields: ["guest.measurements", "guest.reportData", "guest.binding.mode"],
  },
  {
    what: "chips and providers by list",
    theirs: ["one chip", "no", "in a policy", "no"],
    ours: "allowed and denied chips, allowed providers",
    fields: ["evidence.chips.allow", "evidence.chips.deny", "evidence.csp.allow"],
  },
  {
    what: "offline",
    theirs: ["yes", "files", "a store", "a bundle"],
    ours: "--offline, --certs, exports of the cache; reads Trustee's store",
    options: ["offline", "certs"],
  },
  {
    what: "extended report, certificate table",
    theirs: ["yes, but not all (ran)", "Linux only", "as JSON", "no"],
    ours: "yes, DER and PEM, extras kept",
    fields: ["evidence.certificateTable"],
  },
  {
    what: "many reports at a time",
    theirs: ["no", "no", "a service", "no"],
    ours: "files, folders, lines of standard input; all processors",
    options: ["jobs", "ndjson"],
  },
  {
    what: "in a browser",
    theirs: ["no", "no", "no", "yes"],
    ours: "yes: the explorer, and the library",
  },
  {
    what: "what comes out",
    theirs: ["the first error, exit codes", "text", "EAR", "an exception"],
    ours: "every check by a permanent id, as text, JSON or EAR",
    options: ["json", "ear"],
  },
];
