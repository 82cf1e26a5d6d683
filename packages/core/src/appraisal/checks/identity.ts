// SPDX-License-Identifier: Apache-2.0
// Checks of what the guest is: its launch digest, security version, ids, and who signed for it.

import { decodeSignerInfo } from "../../evidence/index.ts";
import type { Report } from "../../evidence/index.ts";
import type { CompiledPolicy, WantedBytes } from "../policy/compile.ts";
import { allBytes, digits, sameBytes } from "./byte-values.ts";
import { found, reportRow } from "./check.ts";
import type { Check, Row, Subject } from "./check.ts";

/** A byte string of the report that a policy can pin. */
interface PinnedRow {
  readonly row: Row;
  readonly what: string;
  readonly field: string;
  readonly actual: (report: Report) => Uint8Array;
  readonly wanted: (compiled: CompiledPolicy) => WantedBytes;
  readonly hint?: string;
}

const PINNED: readonly PinnedRow[] = [
  {
    row: reportRow("snp.measurement.not-allowed", "measurement"),
    what: "launch digest",
    field: "guest.measurements",
    actual: ({ measurement }) => measurement,
    wanted: ({ measurements }) => measurements,
    hint: "greenlight diagnose finds out why; guest.measurements in the policy lists those allowed",
  },
  {
    row: reportRow("snp.family-id.mismatch", "familyId"),
    what: "family id",
    field: "guest.familyId",
    actual: ({ familyId }) => familyId,
    wanted: ({ familyId }) => familyId,
  },
  {
    row: reportRow("snp.image-id.mismatch", "imageId"),
    what: "image id",
    field: "guest.imageId",
    actual: ({ imageId }) => imageId,
    wanted: ({ imageId }) => imageId,
  },
  {
    row: reportRow("snp.host-data.mismatch", "hostData"),
    what: "host data",
    field: "guest.hostData",
    actual: ({ hostData }) => hostData,
    wanted: ({ hostData }) => hostData,
  },
  {
    row: reportRow("snp.report-id.mismatch", "reportId"),
    what: "report id",
    field: "guest.reportId",
    actual: ({ reportId }) => reportId,
    wanted: ({ reportId }) => reportId,
  },
  {
    row: reportRow("snp.report-id.ma-mismatch", "reportIdMa"),
    what: "report id of the migration agent",
    field: "guest.reportIdMa",
    actual: ({ reportIdMa }) => reportIdMa,
    wanted: ({ reportIdMa }) => reportIdMa,
  },
];

function pinned({ row, what, field, actual, wanted, hint }: PinnedRow): Check {
  return ({ report, compiled }) => {
    const demanded = wanted(compiled);
    const bytes = actual(report);
    const shown = digits(bytes);
    if (demanded === undefined) {
      return found(row, "skipped", `The policy does not say what the ${what} must be`, shown);
    }
    const match = demanded.each.find((each) => sameBytes(each.bytes, bytes));
    const label = match?.label === undefined ? "" : `: ${match.label}`;
    return found(
      row,
      match === undefined ? "fail" : "pass",
      match === undefined
        ? `The ${what} is not one that the policy allows`
        : `The ${what} is one that the policy allows${label}`,
      shown,
      demanded.text,
      hint ?? `${field} in the policy lists what is allowed`,
    );
  };
}

const NOT_DEMANDED = reportRow("snp.measurement.not-demanded", "measurement");
const SVN = reportRow("snp.guest-svn.below-minimum", "guestSvn");
const ID_BLOCK = reportRow("snp.id-block.missing", "idKeyDigest");
const ID_KEY = reportRow("snp.id-key.not-trusted", "idKeyDigest");
const AUTHOR_MISSING = reportRow("snp.author-key.missing", "signerInfo");
const AUTHOR_KEY = reportRow("snp.author-key.not-trusted", "authorKeyDigest");

const measurementDemanded: Check = ({ compiled }) =>
  compiled.measurements === undefined
    ? found(
        NOT_DEMANDED,
        "warn",
        "No launch digest was demanded: the guest may run anything",
        undefined,
        undefined,
        "compute the expected digest with greenlight measure and list it in guest.measurements",
      )
    : found(NOT_DEMANDED, "pass", "A launch digest is demanded");

const svn: Check = ({ report, policy }) => {
  const least = policy.guest.svn.minimum;
  const actual = String(report.guestSvn);
  if (least === 0) return found(SVN, "skipped", "The policy demands no guest SVN", actual);
  const ok = report.guestSvn >= least;
  return found(
    SVN,
    ok ? "pass" : "fail",
    ok ? "The guest SVN is high enough" : "The guest SVN is lower than the policy demands",
    actual,
    `${least} or higher`,
    "the guest image is older than what is accepted: update it, or lower guest.svn.minimum",
  );
};

/** Whether the policy wants an ID block at all: it says so, or names keys. */
function wantsIdBlock({ policy, compiled }: Subject): boolean {
  const { required, authorKeyRequired } = policy.guest.idBlock;
  return (
    required ||
    authorKeyRequired ||
    compiled.idKeys !== undefined ||
    compiled.authorKeys !== undefined
  );
}

const hasIdBlock = ({ report }: Subject): boolean => !allBytes(report.idKeyDigest, 0);

const idBlock: Check = (subject) => {
  const there = hasIdBlock(subject);
  if (!wantsIdBlock(subject)) {
    const title = there
      ? "The guest has an ID block, which is not demanded"
      : "No ID block is demanded";
    return found(ID_BLOCK, "skipped", title);
  }
  return found(
    ID_BLOCK,
    there ? "pass" : "fail",
    there
      ? "The guest was launched with an ID block"
      : "The guest was launched without an ID block",
    there ? "an ID key digest" : "no ID key digest",
    "an ID key digest",
    "launch with an ID block (greenlight idblock make); guest.idBlock in the policy demands it",
  );
};

/** Whether the author key is in use and in the list of those trusted. */
function authorIsTrusted({ report, compiled }: Subject): boolean {
  const { authorKeyEnabled } = decodeSignerInfo(report.signerInfo);
  const keys = compiled.authorKeys?.each ?? [];
  return authorKeyEnabled && keys.some(({ bytes }) => sameBytes(bytes, report.authorKeyDigest));
}

const idKey: Check = (subject) => {
  const { report, compiled } = subject;
  const { idKeys, authorKeys } = compiled;
  const actual = digits(report.idKeyDigest);
  if (idKeys === undefined && authorKeys === undefined) {
    return found(ID_KEY, "skipped", "The policy names no keys for ID blocks", actual);
  }
  if (authorIsTrusted(subject)) {
    return found(
      ID_KEY,
      "pass",
      "The ID key is signed by an author key that the policy trusts",
      actual,
    );
  }
  const match = idKeys?.each.find(({ bytes }) => sameBytes(bytes, report.idKeyDigest));
  const ok = match !== undefined && hasIdBlock(subject);
  const label = match?.label === undefined ? "" : `: ${match.label}`;
  const expected = [
    ...(idKeys === undefined ? [] : [idKeys.text]),
    ...(authorKeys === undefined ? [] : ["one signed by a trusted author key"]),
  ];
  return found(
    ID_KEY,
    ok ? "pass" : "fail",
    ok ? `The policy trusts the ID key${label}` : "The policy does not trust the ID key",
    actual,
    expected.join(" or "),
    "guest.idBlock.idKeys and authorKeys in the policy list the keys that are trusted",
  );
};

const authorMissing: Check = ({ report, policy }) => {
  const { authorKeyEnabled } = decodeSignerInfo(report.signerInfo);
  if (!policy.guest.idBlock.authorKeyRequired) {
    const title = authorKeyEnabled ? "An author key was used" : "No author key is demanded";
    return found(AUTHOR_MISSING, "skipped", title);
  }
  return found(
    AUTHOR_MISSING,
    authorKeyEnabled ? "pass" : "fail",
    authorKeyEnabled ? "An author key was used" : "No author key was used",
    authorKeyEnabled ? "AUTHOR_KEY_EN is 1" : "AUTHOR_KEY_EN is 0",
    "AUTHOR_KEY_EN is 1",
    "launch with author-key-enabled; guest.idBlock.authorKeyRequired in the policy demands it",
  );
};

const authorKey: Check = (subject) => {
  const { report, policy, compiled } = subject;
  const wanted = compiled.authorKeys;
  const { authorKeyEnabled } = decodeSignerInfo(report.signerInfo);
  const actual = authorKeyEnabled ? digits(report.authorKeyDigest) : "none";
  if (wanted === undefined) {
    return found(AUTHOR_KEY, "skipped", "The policy names no author keys", actual);
  }
  if (authorIsTrusted(subject)) {
    const match = wanted.each.find(({ bytes }) => sameBytes(bytes, report.authorKeyDigest));
    const label = match?.label === undefined ? "" : `: ${match.label}`;
    return found(
      AUTHOR_KEY,
      "pass",
      `The policy trusts the author key${label}`,
      actual,
      wanted.text,
    );
  }
  if (!policy.guest.idBlock.authorKeyRequired) {
    const title =
      "The policy does not trust the author key, so the ID key must be trusted by itself";
    return found(AUTHOR_KEY, "skipped", title, actual, wanted.text);
  }
  return found(
    AUTHOR_KEY,
    "fail",
    "The policy does not trust the author key",
    actual,
    wanted.text,
    "guest.idBlock.authorKeys in the policy lists the keys that are trusted",
  );
};

/** The checks, in the order they are reported. */
export const IDENTITY_CHECKS: readonly Check[] = [
  measurementDemanded,
  ...PINNED.map(pinned),
  svn,
  idBlock,
  idKey,
  authorMissing,
  authorKey,
];
