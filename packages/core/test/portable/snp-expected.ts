// SPDX-License-Identifier: Apache-2.0
// What every file of the SEV-SNP vectors must come to under the default policy, at an instant at which
// all VCEKs are valid. The index says it in prose; here it is exact.

import type { FindingId } from "../../src/finding/index.ts";

/** What one piece of evidence must come to. */
export type Expected =
  | {
      readonly outcome: "accepted" | "rejected" | "undecided";
      /** Every finding that fails or is unknown, each id once; in any order. */
      readonly blockers?: readonly FindingId[];
      /** Further files the evidence is given together with. */
      readonly with?: readonly string[];
      /** Another instant than {@link AT}. */
      readonly at?: number;
    }
  /** Not read at all: the code of the error. */
  | { readonly refused: string };

/** All VCEKs of the vectors are valid; the one VLEK has expired, and so have all revocation lists. */
export const AT = Date.UTC(2026, 10, 20);
/** Inside the year of the one VLEK. */
const VLEK_VALID = Date.UTC(2025, 5, 1);

const ACCEPTED: Expected = { outcome: "accepted" };
const BAD_SIGNATURE: Expected = { outcome: "rejected", blockers: ["snp.report.signature"] };
const BAD_LAYOUT: Expected = { outcome: "rejected", blockers: ["snp.report.layout"] };
const NO_VEK: Expected = { outcome: "undecided", blockers: ["snp.vek.missing"] };
const OTHER_CHIP: Expected = {
  outcome: "rejected",
  blockers: ["snp.vek.hwid-mismatch", "snp.report.signature"],
};
const DEBUG: Expected = { outcome: "rejected", blockers: ["snp.guest-policy.debug"] };
/** Made at VMPL 1, which the default policy refuses. */
const VLEK: Expected = {
  outcome: "rejected",
  blockers: ["snp.vmpl.refused"],
  at: VLEK_VALID,
};
const VLEK_EXPIRED: Expected = {
  outcome: "rejected",
  blockers: ["snp.vmpl.refused", "snp.vek.validity"],
};
const genoa = (expected: Expected): Expected => ({
  ...expected,
  with: ["veks/genoa-v3-aci.der"],
});

/** Reports by name; `reports/NAME.bin` with its VEK, `extended/NAME.ext.bin`, `hcl/NAME.hcl.bin`. */
const REPORTS: Readonly<Record<string, Expected>> = {
  "azure-genoa-trustee": ACCEPTED,
  "azure-genoa-v3-openpcc": ACCEPTED,
  "azure-live-attestationrs": ACCEPTED,
  "azure-milan-v2-kinvolk": OTHER_CHIP,
  "azure-milan-v2-trustee": ACCEPTED,
  "azure-milan-v3-attestationrs": ACCEPTED,
  "genoa-v3-aci": ACCEPTED,
  "genoa-v3-tinfoil": ACCEPTED,
  "genoa-v3-veraison-tsm": ACCEPTED,
  "milan-v2-debug-google": DEBUG,
  "milan-v2-idblock-azure": ACCEPTED,
  "milan-v2-virtee": ACCEPTED,
  "milan-v3-aci": ACCEPTED,
  "milan-v3-vlek-aws": VLEK,
  "milan-v4-gce": NO_VEK,
  "siena-v5-attestationrs": ACCEPTED,
  "turin-v5-aci": ACCEPTED,
};

/** All other evidence by file. */
const OTHERS: Readonly<Record<string, Expected>> = {
  "derived/all-zero-report.bin": BAD_LAYOUT,
  "derived/chain-asvk-as-ask.ext.bin": ACCEPTED,
  "derived/chain-milan-roots.ext.bin": ACCEPTED,
  "derived/forged-root-genoa.ext.bin": {
    outcome: "rejected",
    blockers: [
      "snp.chain.ark-not-pinned",
      "snp.vek.hwid-mismatch",
      "snp.vek.issuer",
      "snp.vek.signature",
      "snp.vek.tcb-mismatch",
    ],
  },
  "derived/last-signed-byte-flipped.bin": genoa(BAD_LAYOUT),
  "derived/measurement-bit-flipped.bin": genoa(BAD_SIGNATURE),
  "derived/reportdata-bit-flipped.bin": genoa(BAD_SIGNATURE),
  "derived/sig-all-zero.bin": genoa({
    outcome: "rejected",
    blockers: ["snp.report.not-signed"],
  }),
  "derived/sig-r-bit-flipped.bin": genoa(BAD_SIGNATURE),
  "derived/sig-r-is-order.bin": genoa(BAD_SIGNATURE),
  "derived/sig-r-padding-nonzero.bin": genoa(BAD_LAYOUT),
  "derived/sig-reserved-nonzero.bin": genoa(BAD_LAYOUT),
  "derived/sig-s-bit-flipped.bin": genoa(BAD_SIGNATURE),
  // (r, n - s) is a signature too; that is why nothing may take a report's bytes for its identity.
  "derived/sig-s-negated.bin": genoa(ACCEPTED),
  "derived/sigalgo-2.bin": genoa({
    outcome: "rejected",
    blockers: ["snp.report.signature-algorithm"],
  }),
  "derived/table-duplicate-vcek.ext.bin": { refused: "unknown-value" },
  "derived/table-empty.ext.bin": NO_VEK,
  "derived/table-guid-mixed-endian.ext.bin": NO_VEK,
  "derived/table-no-terminator.ext.bin": { refused: "truncated" },
  "derived/table-offset-in-header.ext.bin": { refused: "out-of-range" },
  "derived/table-order-vcek-only.ext.bin": ACCEPTED,
  "derived/table-past-end.ext.bin": { refused: "out-of-range" },
  "derived/table-pem-entries.ext.bin": ACCEPTED,
  "derived/table-u32-wrap.ext.bin": { refused: "out-of-range" },
  "derived/table-unknown-guid.ext.bin": ACCEPTED,
  "derived/table-zero-padded-page.ext.bin": ACCEPTED,
  "derived/trailing-1185.bin": { refused: "truncated" },
  "derived/truncated-1183.bin": { refused: "truncated" },
  "derived/turin-as-v2.bin": { ...BAD_LAYOUT, with: ["veks/turin-v5-aci.der"] },
  "derived/turin-chipid-tail.bin": { ...OTHER_CHIP, with: ["veks/turin-v5-aci.der"] },
  "derived/turin-fms-milan.bin": {
    outcome: "rejected",
    blockers: ["snp.product.mismatch", "snp.report.signature"],
    with: ["veks/turin-v5-aci.der"],
  },
  "derived/v5-mitvector-flipped.bin": {
    ...BAD_SIGNATURE,
    with: ["veks/siena-v5-attestationrs.der"],
  },
  "derived/vcek-of-other-chip.ext.bin": OTHER_CHIP,
  "derived/version-1.bin": genoa(BAD_LAYOUT),
  "derived/version-6.bin": genoa(BAD_LAYOUT),
  "evidence/azure-live-attestationrs.json": ACCEPTED,
  "evidence/azure-milan-v3-attestationrs.json": ACCEPTED,
  // A certificate table alone is no evidence.
  "evidence/genoa-v3-veraison-auxblob.bin": { refused: "unknown-value" },
  "evidence/genoa-v3-veraison-tsm.json": ACCEPTED,
  "evidence/trustee-e2e-siena-v3.json": ACCEPTED,
  // A TPM quote, which says nothing without its event log and key.
  "hcl/azure-milan-v2-trustee.quote.bin": { refused: "unknown-value" },
};

/** The VEK of a report, which HCL reports and bare reports do not bring along. */
function vekOf(name: string): readonly string[] {
  return name === "milan-v4-gce" ? [] : [`veks/${name}.der`];
}

/**
 * What a file of evidence must come to, at each instant that matters.
 * @returns nothing for a file that is not known here: it has to be added.
 */
export function expectedOf(file: string): readonly Expected[] {
  const [, folder, name = ""] =
    /^(reports|extended|hcl)\/([^.]+)\.(?:bin|ext\.bin|hcl\.bin)$/.exec(file) ?? [];
  const expected = folder === undefined ? OTHERS[file] : REPORTS[name];
  if (expected === undefined) return [];
  const all = expected === VLEK ? [VLEK, VLEK_EXPIRED] : [expected];
  if (folder === undefined || folder === "extended") return all;
  return all.map((each) => ({ ...each, with: vekOf(name) }));
}
