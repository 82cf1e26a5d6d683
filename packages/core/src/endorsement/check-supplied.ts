// SPDX-License-Identifier: Apache-2.0
// What was supplied and what is missing: the VCEK or VLEK, the ASK or ASVK, and authorities that came
// with the evidence and count for nothing.

import { hexEncode } from "../bytes/index.ts";
import { sha256 } from "#crypto";
import { equalBytes } from "../crypto/equal.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import { roleAbove } from "./authority-chain.ts";
import type { Authority, AuthorityChain } from "./authority-chain.ts";
import type { VekKind } from "./endorsement.ts";
import { pinOf } from "./roots.ts";
import { skipped } from "./skipped.ts";
import type { Supplied, VekChoice } from "./supplied.ts";

const PRESENCE = ["snp.vek.missing", "snp.vek.ambiguous", "snp.vek.layout"] as const;

const FOUND = {
  VCEK: presence("VCEK"),
  VLEK: presence("VLEK"),
};

function presence(kind: VekKind): readonly Finding[] {
  const titles = [
    `There is a ${kind}, as the report demands`,
    `There is only one ${kind}`,
    `The ${kind} is an X.509 certificate`,
  ];
  return PRESENCE.map((id, i) => Object.freeze({ id, outcome: "pass", title: titles[i]! }));
}

/**
 * Whether the VCEK or VLEK is there, alone, and a certificate.
 * @param problem Why the chosen one cannot be read.
 */
export function checkPresence(
  kind: VekKind,
  choice: VekChoice,
  supplied: Supplied,
  problem: string | undefined,
): readonly Finding[] {
  const [missing, ambiguous, layout] = PRESENCE;
  const [there, alone] = FOUND[kind];
  if (choice.der !== undefined) {
    if (problem === undefined) return FOUND[kind];
    const title = `The ${kind} is not a certificate that can be read`;
    const source = "RFC 5280 section 4.1";
    return [there!, alone!, { id: layout, outcome: "fail", title, actual: problem, source }];
  }
  if (choice.count > 1) {
    return [
      there!,
      {
        id: ambiguous,
        outcome: "fail",
        title: `There is more than one ${kind}, and it is not said which one counts`,
        actual: `${choice.count} different certificates`,
        hint: `supply only the ${kind} of this report`,
      },
      ...skipped([layout], `there is more than one ${kind}`),
    ];
  }
  const other = kind === "VCEK" ? "VLEK" : "VCEK";
  return [
    {
      id: missing,
      outcome: "unknown",
      title: `There is no ${kind}, without which the signature cannot be checked`,
      ...(supplied.otherKind ? { actual: `a ${other}, which did not sign this report` } : {}),
      source: "AMD 57230 (VCEK Certificate and KDS Interface), section 4",
      hint:
        kind === "VCEK"
          ? "fetch it from AMD's KDS, or supply it with the certificates"
          : "only the provider can fetch a VLEK: have the host put it into the certificate table",
    },
    ...skipped([ambiguous, layout], `there is no ${kind}`),
  ];
}

/** Whether the ASK or ASVK is there. */
export function checkIntermediate(
  kind: VekKind,
  chain: AuthorityChain | undefined,
  intermediate: Authority | undefined,
): Finding {
  const id = "snp.chain.ask-missing";
  if (chain === undefined) return skipped([id], "the product line is not known")[0]!;
  const role = roleAbove(kind);
  if (intermediate !== undefined) {
    return { id, outcome: "pass", title: `There is an ${role} for ${chain.line}` };
  }
  return {
    id,
    outcome: "unknown",
    title: `There is no ${role} for ${chain.line}, which is not built in`,
    source: "AMD 57230 (VCEK Certificate and KDS Interface), section 4",
    hint: "fetch the certificate chain from AMD's KDS, or supply it with the certificates",
  };
}

/** Whether the root is AMD's, so that a simulator's reports never look like real ones. */
export function checkOrigin({ root }: AuthorityChain): Finding {
  const id = "snp.chain.ark-not-amd";
  if (root.origin === "AMD") return { id, outcome: "pass", title: "The root is AMD's" };
  return {
    id,
    outcome: "warn",
    title: "The root is a simulator's: nothing that hangs on it ran on an AMD processor",
    actual: root.ark.subject.text,
    hint: "only for tests; take the root out of the trusted ones everywhere else",
  };
}

/** Whether all that was supplied can be read. */
export function checkReadable({ unreadable }: Supplied): Finding {
  const id = "snp.chain.supplied-unreadable";
  if (unreadable.length === 0) {
    return { id, outcome: "pass", title: "Every supplied certificate can be read" };
  }
  return {
    id,
    outcome: "warn",
    title: "Something supplied is neither a certificate nor a revocation list and is ignored",
    actual: unreadable.join("; "),
  };
}

const ROOTS_ID: FindingId = "snp.chain.supplied-roots-differ";
const NO_ROOTS = skipped([ROOTS_ID], "no ARK, ASK or ASVK was supplied")[0]!;
const SAME_ROOTS: Finding = Object.freeze({
  id: ROOTS_ID,
  outcome: "pass",
  title: "The supplied ARK, ASK or ASVK are the pinned ones",
});

/**
 * Whether supplied authorities are those that count anyway.
 * @param chains All roots that are trusted.
 * @param chain The one of the report; undefined when it is not known.
 */
export function checkSuppliedRoots(
  { authorities }: Supplied,
  chains: readonly AuthorityChain[],
  chain: AuthorityChain | undefined,
  intermediate: Authority | undefined,
): Finding {
  if (authorities.length === 0) return NO_ROOTS;
  const ignored: string[] = [];
  let ownRoot = false;
  let otherRoot = false;
  for (const { der, from } of authorities) {
    const own = chain?.carries(der);
    if (own === "ARK") ownRoot = true;
    if (own !== undefined) continue;
    if (intermediate !== undefined && equalBytes(intermediate.certificate.der, der)) continue;
    const role = pinnedRole(der, chains);
    if (role === "ARK") otherRoot = true;
    if (role === undefined) ignored.push(`${from}: SHA-256 ${hexEncode(sha256(der))}`);
  }
  if (ignored.length === 0 && (ownRoot || !otherRoot)) return SAME_ROOTS;
  return {
    id: ROOTS_ID,
    outcome: "warn",
    title:
      ignored.length === 0
        ? "The supplied ARK is that of another product line and is ignored"
        : "A supplied ARK, ASK or ASVK is not a pinned one and is ignored",
    ...(chain === undefined
      ? {}
      : { expected: `SHA-256 ${hexEncode(sha256(chain.root.ark.der))} (ARK of ${chain.line})` }),
    ...(ignored.length === 0 ? {} : { actual: ignored.join("; ") }),
    hint: "roots are never taken from evidence; only built-in ones and those given as trusted count",
  };
}

/** What a certificate is among all trusted authorities. AMD's are known by their fingerprints. */
function pinnedRole(
  der: Uint8Array,
  chains: readonly AuthorityChain[],
): "ARK" | "ASK" | "ASVK" | undefined {
  for (const chain of chains) {
    const role = chain.root.origin === "AMD" ? undefined : chain.carries(der);
    if (role !== undefined) return role;
  }
  const pin = pinOf(der);
  const trusted =
    pin !== undefined && chains.some(({ root }) => root.origin === "AMD" && root.line === pin.line);
  return trusted ? pin.role : undefined;
}
