// SPDX-License-Identifier: Apache-2.0
// From what an endorser misses to certificates and lists that it can be given.

import type { KdsAddress, Need } from "@greenlight/core/endorsement";
import type { SuppliedCertificate, SuppliedRole } from "@greenlight/core/evidence";
import type { KdsAnswer, KdsClient } from "./client.ts";
import { KdsError } from "./error.ts";
import type { Material } from "./material.ts";

/** What could be had and what not. */
export interface FetchedNeeds {
  /** To be put beside those that came with the evidence. ARKs are left out: they are pinned. */
  readonly certificates: readonly SuppliedCertificate[];
  readonly problems: readonly KdsError[];
  /** What one should know about what was had, such as that a list is an old one. */
  readonly notes: readonly string[];
  /** Where everything came from, and its addresses: for {@link KdsClient.forget}. */
  readonly answers: readonly KdsAnswer[];
}

/** Fetches everything that is missing, within one deadline. */
export async function fetchNeeds(client: KdsClient, needs: readonly Need[]): Promise<FetchedNeeds> {
  const until = client.deadline();
  const answers: KdsAnswer[] = [];
  const problems: KdsError[] = [];
  const fetching = needs.map((need) => fetchOne(client, addressesOf(need), until));
  for (const result of await Promise.all(fetching)) {
    if (result instanceof KdsError) problems.push(result);
    else answers.push(result);
  }
  return {
    certificates: answers.flatMap(certificatesOf),
    problems,
    notes: answers.flatMap(({ note }) => (note === undefined ? [] : [note])),
    answers,
  };
}

/** Addresses at which it may be, likeliest first. */
function addressesOf(need: Need): readonly KdsAddress[] {
  if (need.kind === "VCEK") {
    const { line, hwId, tcb, alternatives } = need;
    return [{ line, hwId, tcb }, ...alternatives].map((facts) => ({ kind: "VCEK", ...facts }));
  }
  const { line, endorser } = need;
  return [{ kind: need.kind === "CRL" ? "CRL" : "cert_chain", line, endorser }];
}

/** The answer to the first address that has one; else why the likeliest has none. */
export async function fetchOne(
  client: KdsClient,
  addresses: readonly KdsAddress[],
  until: number,
): Promise<KdsAnswer | KdsError> {
  // A later one that is here saves asking for the earlier ones.
  const isChoice = addresses.length > 1;
  const here = isChoice ? addresses.find((each) => client.atHand(each) !== undefined) : undefined;
  let first: KdsError | undefined;
  for (const address of here === undefined ? addresses : [here]) {
    try {
      return await client.get(address, until);
    } catch (error) {
      if (!(error instanceof KdsError)) throw error;
      first ??= error;
      if (error.code !== "not-found") break;
    }
  }
  if (first === undefined) throw new Error("there is no address to ask");
  return first;
}

function certificatesOf({ content, from, origin }: KdsAnswer): readonly SuppliedCertificate[] {
  const where = origin === "cache" ? `${from} (kept in the cache)` : from;
  return content.parts.flatMap((part) => {
    const role = roleOf(part);
    return role === undefined ? [] : [{ role, der: part.der, from: where }];
  });
}

function roleOf(part: Material): SuppliedRole | undefined {
  if (part.kind === "intermediate") return part.endorser === "vlek" ? "ASVK" : "ASK";
  return part.kind === "ARK" ? undefined : part.kind;
}
