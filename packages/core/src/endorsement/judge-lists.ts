// SPDX-License-Identifier: Apache-2.0
// Judging the revocation lists of a root: is one there and current, and who stands on them.

import { hexNumber } from "../bytes/index.ts";
import type { Finding, FindingId, Outcome } from "../finding/index.ts";
import type { Authority } from "./authority-chain.ts";
import { AMD_PSS } from "./check-certificate.ts";
import type { RevocationList } from "./crl.ts";
import type { RevocationRule } from "./endorsement.ts";
import { formatInstant } from "./instant.ts";
import { skipped } from "./skipped.ts";

const SOURCE = "RFC 5280 section 5.1";

/** The lists of one root, sorted. */
export interface RootLists {
  /** Signed by the root. */
  readonly authentic: readonly RevocationList[];
  /** How many name the root as their issuer and are not signed by it. */
  readonly forged: number;
  /** Names of other issuers. */
  readonly others: readonly string[];
  /** Why others could not be read. */
  readonly unreadable: readonly string[];
}

/** Judged lists. */
export interface JudgedLists {
  readonly findings: readonly Finding[];
  /** The current list; absent when there is none. */
  readonly used?: RevocationList;
}

/** From when until when a list is current, in milliseconds since 1970, both inclusive. */
export function listWindow(
  { thisUpdate, nextUpdate }: RevocationList,
  maxAge: number | undefined,
): { readonly from: number; readonly until: number } {
  // A list that does not say when the next one comes is current at no time: RFC 5280 section 5.1.2.5
  // demands that it does.
  const ends = nextUpdate ?? -Infinity;
  return { from: thisUpdate, until: Math.min(ends, thisUpdate + (maxAge ?? Infinity)) };
}

/** One finding for each check, in the order of the catalogue. */
export function judgeLists(
  lists: RootLists,
  ark: Authority,
  intermediate: Authority | undefined,
  rule: RevocationRule,
  at: number,
): JudgedLists {
  const { authentic } = lists;
  const missing: Outcome = rule.mode === "required" ? "unknown" : "warn";
  const isCurrent = (list: RevocationList): boolean => {
    const { from, until } = listWindow(list, rule.maxAge);
    return at >= from && at <= until;
  };
  const used = newest(authentic.filter(isCurrent));
  // Without a current one, what is wrong is told of the one that comes nearest.
  const shown = used ?? newest(authentic.filter(({ thisUpdate }) => thisUpdate <= at));
  return {
    findings: [
      checkLayout(lists),
      checkKnown(lists, ark, missing),
      checkSignature(lists, ark),
      ...checkTimes(shown ?? newest(authentic), rule, at, missing),
      checkRevoked("snp.revocation.ark-revoked", ark, authentic),
      intermediate === undefined
        ? skipped(["snp.revocation.ask-revoked"], "there is no ASK or ASVK")[0]!
        : checkRevoked("snp.revocation.ask-revoked", intermediate, authentic),
    ],
    ...(used === undefined ? {} : { used }),
  };
}

function newest(lists: readonly RevocationList[]): RevocationList | undefined {
  let best: RevocationList | undefined;
  for (const list of lists) {
    if (best === undefined || list.thisUpdate > best.thisUpdate) best = list;
  }
  return best;
}

function checkLayout({ unreadable, authentic, forged, others }: RootLists): Finding {
  const id = "snp.revocation.layout";
  if (unreadable.length > 0) {
    return {
      id,
      outcome: "warn",
      title: "A supplied revocation list cannot be read and is ignored",
      actual: unreadable.join("; "),
      source: SOURCE,
    };
  }
  const there = authentic.length + forged + others.length > 0;
  return there
    ? { id, outcome: "pass", title: "The supplied revocation lists can be read" }
    : skipped([id], "no revocation list was supplied")[0]!;
}

function checkKnown(lists: RootLists, ark: Authority, missing: Outcome): Finding {
  const name = nameOf(ark);
  const ok = lists.authentic.length > 0;
  const others = [...new Set(lists.others)].toSorted();
  return {
    id: "snp.revocation.unknown",
    outcome: ok ? "pass" : missing,
    title: ok
      ? `There is a revocation list of ${name}`
      : `There is no revocation list of ${name}, so it is not known whether anything is revoked`,
    ...(ok || others.length === 0 ? {} : { actual: `lists of ${others.join("; ")}` }),
    source: "RFC 5280 section 6.3.3",
    ...(ok
      ? {}
      : { hint: "fetch it, or supply one with the certificates; the policy may do without" }),
  };
}

function checkSignature({ authentic, forged }: RootLists, ark: Authority): Finding {
  const id = "snp.revocation.signature";
  const name = nameOf(ark);
  if (authentic.length + forged === 0) return skipped([id], `there is no list of ${name}`)[0]!;
  const ok = forged === 0;
  const usable = authentic.length > 0;
  return {
    id,
    outcome: ok ? "pass" : usable ? "warn" : "fail",
    title: ok
      ? `The revocation list is signed by ${name}`
      : usable
        ? `A second revocation list in the name of ${name} is not signed by it and is ignored`
        : `The revocation list is in the name of ${name}, but not signed by it`,
    ...(ok ? {} : { expected: AMD_PSS }),
    source: "RFC 5280 section 6.3.3",
    ...(ok ? {} : { hint: "it was altered or forged; fetch it again" }),
  };
}

function checkTimes(
  list: RevocationList | undefined,
  { maxAge }: RevocationRule,
  at: number,
  missing: Outcome,
): readonly Finding[] {
  if (list === undefined) {
    return skipped(
      ["snp.revocation.not-yet-valid", "snp.revocation.stale", "snp.revocation.too-old"],
      "there is no list to look at",
    );
  }
  const { thisUpdate, nextUpdate } = list;
  const issued = formatInstant(thisUpdate);
  const until = nextUpdate === undefined ? "not stated" : formatInstant(nextUpdate);
  return [
    checkTime("snp.revocation.not-yet-valid", at >= thisUpdate, missing, {
      right: "The revocation list was issued before the instant of verification",
      wrong: "The revocation list was issued after the instant of verification",
      expected: `thisUpdate ${issued}`,
      actual: formatInstant(at),
      hint: "is the clock right? For archived evidence use the list of its time",
    }),
    checkTime("snp.revocation.stale", nextUpdate !== undefined && at <= nextUpdate, missing, {
      right: "The revocation list is not past its nextUpdate",
      wrong: "The revocation list is past its nextUpdate, or states none",
      expected: `nextUpdate ${until}`,
      actual: formatInstant(at),
      hint: "fetch the list again",
    }),
    maxAge === undefined
      ? skipped(["snp.revocation.too-old"], "no greatest age is demanded")[0]!
      : checkTime("snp.revocation.too-old", at - thisUpdate <= maxAge, missing, {
          right: "The revocation list is not older than demanded",
          wrong: "The revocation list is older than demanded",
          expected: `issued ${formatInstant(at - maxAge)} or later`,
          actual: issued,
          hint: "fetch the list again",
        }),
  ];
}

interface TimeTexts {
  readonly right: string;
  readonly wrong: string;
  readonly expected: string;
  readonly actual: string;
  readonly hint: string;
}

/** What passes names no instant: it is used again. */
function checkTime(id: FindingId, ok: boolean, missing: Outcome, texts: TimeTexts): Finding {
  const { right, wrong, expected, actual, hint } = texts;
  if (ok) return { id, outcome: "pass", title: right, source: SOURCE };
  return { id, outcome: missing, title: wrong, expected, actual, source: SOURCE, hint };
}

/** A serial number on any list that the root signed counts, current or not: nothing is un-revoked. */
function checkRevoked(
  id: FindingId,
  { role, certificate }: Authority,
  lists: readonly RevocationList[],
): Finding {
  if (lists.length === 0) return skipped([id], "there is no list to look at")[0]!;
  const { serial } = certificate;
  const entry = lists.flatMap(({ revoked }) => revoked).find((each) => each.serial === serial);
  const actual = `serial number ${hexNumber(serial)}`;
  if (entry === undefined) {
    const title = `The ${role} is not on the revocation list`;
    return { id, outcome: "pass", title, actual, source: SOURCE };
  }
  const { date, reason } = entry;
  return {
    id,
    outcome: "fail",
    title: `The ${role} is revoked`,
    actual: `${actual}, since ${formatInstant(date)}${reason === undefined ? "" : ` (${reason})`}`,
    source: SOURCE,
    hint: "nothing that hangs on it can be trusted; fetch the certificates anew",
  };
}

function nameOf({ subject }: Authority): string {
  return subject.commonName ?? subject.text;
}
