// SPDX-License-Identifier: Apache-2.0
// Checks of whose chip and key a report is from: chip ids, cloud providers, what came along.

import { sha256 } from "#crypto";
import { CERTIFICATE_GUIDS, decodeSignerInfo } from "../../evidence/index.ts";
import type { Evidence } from "../../evidence/index.ts";
import type { Finding } from "../../finding/index.ts";
import type { TableEntryDemand } from "../policy/types.ts";
import { allBytes, digits, sameBytes } from "./byte-values.ts";
import { ANSWER_OUTCOMES, found, reportRow } from "./check.ts";
import type { Check, Row, Subject } from "./check.ts";

const MASKED = reportRow("snp.chip-id.masked", "chipId");
const ALLOWED = reportRow("snp.chip-id.not-allowed", "chipId");
const DENIED = reportRow("snp.chip-id.denied", "chipId");
const VEK_SOURCE = "AMD 57230 (KDS), VCEK and VLEK certificates";
const VEK = { artefact: "VCEK or VLEK" };
const CSP: Row = { id: "snp.csp.not-allowed", where: VEK, source: VEK_SOURCE };
const EXTENSIONS: Row = { id: "snp.vek.extensions-refused", where: VEK, source: VEK_SOURCE };
const TABLE = {
  where: { artefact: "certificate table" },
  source: "AMD 56421 (GHCB), section 4.1.8",
} as const;
const ENTRY: Row = { id: "snp.certificate-table.entry-missing", ...TABLE };
const CONTENT: Row = { id: "snp.certificate-table.entry-content", ...TABLE };

// MASK_CHIP_ID has no bit in the report (MASK_CHIP_KEY in KEY_INFO is another thing): a masked chip id
// is seen by its zeros.
const isMasked = ({ report }: Subject): boolean => allBytes(report.chipId, 0);

const isVlek = ({ report }: Subject): boolean =>
  decodeSignerInfo(report.signerInfo).signingKey === "VLEK";

const masked: Check = (subject) => {
  if (!isMasked(subject)) return found(MASKED, "pass", "The report names its chip");
  if (isVlek(subject)) {
    const title = "The report names no chip, which one signed by a VLEK need not";
    return found(MASKED, "pass", title, "zeros");
  }
  return found(
    MASKED,
    ANSWER_OUTCOMES[subject.policy.evidence.chips.masked],
    "The host masked the chip id, so the report cannot be tied to the chip of its certificate",
    "zeros",
    "the chip's id",
    "evidence.chips.masked in the policy says whether that is taken",
  );
};

const allowed: Check = (subject) => {
  const wanted = subject.compiled.chipsAllowed;
  const { chipId } = subject.report;
  const actual = digits(chipId);
  if (wanted === undefined) return found(ALLOWED, "skipped", "The policy names no chips", actual);
  const match = wanted.each.find(({ bytes }) => sameBytes(bytes, chipId));
  const name = match?.label;
  return found(
    ALLOWED,
    match === undefined ? "fail" : "pass",
    match === undefined
      ? "The chip is none of those the policy names"
      : `The chip is one that the policy names${name === undefined ? "" : `: ${name}`}`,
    actual,
    wanted.text,
    "evidence.chips.allow in the policy lists the chips that are taken",
  );
};

const denied: Check = (subject) => {
  const wanted = subject.compiled.chipsDenied;
  const { chipId } = subject.report;
  if (wanted === undefined) return found(DENIED, "skipped", "The policy refuses no chips by name");
  const actual = digits(chipId);
  if (isMasked(subject)) {
    const title = "The policy refuses some chips, and the report does not name its own";
    const hint = "without a chip id, nobody can tell; take evidence.chips.deny out of the policy";
    return found(DENIED, "unknown", title, "zeros", undefined, hint);
  }
  const match = wanted.each.find(({ bytes }) => sameBytes(bytes, chipId));
  if (match === undefined) return found(DENIED, "pass", "The chip is none that the policy refuses");
  const name = match.label === undefined ? "" : `: ${match.label}`;
  const hint = "evidence.chips.deny in the policy lists the chips that are refused";
  return found(DENIED, "fail", `The policy refuses this chip${name}`, actual, undefined, hint);
};

const csp: Check = (subject) => {
  const names = subject.policy.evidence.csp.allow;
  const actual = subject.endorsement?.extensions.cspId;
  if (names === "any") {
    return found(CSP, "skipped", "The policy names no cloud providers", actual);
  }
  if (!isVlek(subject)) {
    return found(
      CSP,
      "skipped",
      "The report is not signed by a VLEK, so by no cloud provider's key",
    );
  }
  const expected = names.join(" or ");
  if (actual === undefined) {
    const title = "The cloud provider is not known, because the VLEK could not be verified";
    return found(CSP, "unknown", title, undefined, expected, "supply the VLEK with the report");
  }
  const ok = names.includes(actual);
  return found(
    CSP,
    ok ? "pass" : "fail",
    ok ? "The policy allows the cloud provider" : "The policy refuses the cloud provider",
    actual,
    expected,
    "evidence.csp.allow in the policy lists those that are taken",
  );
};

const extensions: Check = ({ endorsement, policy }) => {
  if (endorsement === undefined) {
    return found(EXTENSIONS, "skipped", "No verified VCEK or VLEK is there to look at");
  }
  const { unknown } = endorsement.extensions;
  if (unknown.length === 0) {
    return found(EXTENSIONS, "pass", "All of AMD's extensions in the VCEK or VLEK are known");
  }
  return found(
    EXTENSIONS,
    ANSWER_OUTCOMES[policy.evidence.unknownExtensions],
    "The VCEK or VLEK has extensions of AMD's whose meaning is not known",
    unknown.join(", "),
    "none",
    "evidence.unknownExtensions in the policy says whether that is taken",
  );
};

/** The checks, in the order they are reported. */
export const ENDORSER_CHECKS: readonly Check[] = [masked, allowed, denied, csp, extensions];

/** Two findings for each entry that the policy demands something of. */
export function checkTable({ policy, compiled, evidence }: Subject): readonly Finding[] {
  const demands = policy.evidence.certificateTable;
  if (demands.length === 0) {
    const title = "The policy demands nothing of the certificate table";
    return [found(ENTRY, "skipped", title), found(CONTENT, "skipped", title)];
  }
  return demands.flatMap((demand, index) =>
    checkEntry(demand, entriesOf(evidence, demand.guid), compiled.tableDigests[index]),
  );
}

function checkEntry(
  { guid, required }: TableEntryDemand,
  contents: readonly Uint8Array[],
  digest: Subject["compiled"]["tableDigests"][number],
): readonly Finding[] {
  const hint = "evidence.certificateTable in the policy says what must be there";
  if (contents.length === 0) {
    const title = `The certificate table has no entry ${guid}`;
    return [
      found(ENTRY, required ? "fail" : "pass", title, "none", undefined, hint),
      found(CONTENT, "skipped", title),
    ];
  }
  const there = found(ENTRY, "pass", `The certificate table has the entry ${guid}`);
  if (digest === undefined) {
    return [there, found(CONTENT, "skipped", `The policy demands no content of entry ${guid}`)];
  }
  const hashes = contents.map((content) => sha256(content));
  const ok = hashes.every((hash) => digest.each.some(({ bytes }) => sameBytes(bytes, hash)));
  const title = ok
    ? `The entry ${guid} is one that the policy allows`
    : `The entry ${guid} is not what the policy demands`;
  const actual = hashes.map(digits).join(", ");
  return [there, found(CONTENT, ok ? "pass" : "fail", title, actual, digest.text, hint)];
}

/** What stands under a GUID. Certificates are kept apart from other entries, as DER. */
function entriesOf(evidence: Evidence, guid: string): readonly Uint8Array[] {
  const role = CERTIFICATE_GUIDS.find((known) => known.guid === guid)?.role;
  const extras = evidence.extras.filter((entry) => entry.guid === guid).map(({ bytes }) => bytes);
  if (role === undefined) return extras;
  const certificates = evidence.certificates.filter((supplied) => supplied.role === role);
  return [...certificates.map(({ der }) => der), ...extras];
}
