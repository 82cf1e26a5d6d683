// SPDX-License-Identifier: Apache-2.0
// Checks of single fields of the ID block and the ID authentication information: numbers that are
// right or wrong by themselves.

import type { Finding } from "../../finding/index.ts";
import { GUEST_POLICY_SOURCE, describeGuestPolicy, formatGuestPolicy } from "../guest-policy.ts";
import {
  CURVES,
  ECDSA_P384_SHA384,
  ECDSA_PUBLIC_KEY,
  ID_AUTH,
  ID_BLOCK,
  ID_BLOCK_VERSION,
  SIGNATURE_ALGORITHMS,
} from "./layout.ts";

/** Whether the ID block has the version that exists. */
export function checkVersion(version: number): Finding {
  const ok = version === ID_BLOCK_VERSION;
  return {
    id: "snp.id-block.version" as const,
    outcome: ok ? "pass" : "fail",
    title: ok ? "The ID block has a known version" : "The ID block has an unknown version",
    expected: String(ID_BLOCK_VERSION),
    actual: String(version),
    where: { artefact: "ID block", offset: ID_BLOCK.offsetOf("version"), size: 4 },
    source: ID_BLOCK.source,
  };
}

/** Whether a guest can be started with the policy at all. */
export function checkPolicyBits(policy: bigint): Finding {
  const { reservedOne, unknownBits } = describeGuestPolicy(policy);
  const common = {
    id: "snp.id-block.policy-bits" as const,
    actual: formatGuestPolicy(policy),
    where: { artefact: "ID block", offset: ID_BLOCK.offsetOf("policy"), size: 8 },
    source: GUEST_POLICY_SOURCE,
  };
  if (!reservedOne) {
    return {
      ...common,
      outcome: "fail",
      title: "The guest policy has bit 17 clear, so that no guest can have been started with it",
      expected: "bit 17 set",
      hint: "make the ID block again with bit 17 of the policy set",
    };
  }
  if (unknownBits.length > 0) {
    return {
      ...common,
      outcome: "warn",
      title: `The guest policy has bits set that are not known here: ${unknownBits.join(", ")}`,
      hint: "older firmware refuses them as reserved; newer firmware may give them a meaning",
    };
  }
  return { ...common, outcome: "pass", title: "All bits of the guest policy are known" };
}

/** How finding ids name the two keys. */
export const KEY_IDS = { ID: "id", author: "author" } as const;

/** Whether the algorithm number of a key is the one that exists. */
export function checkAlgorithm(who: "ID" | "author", algorithm: number, counts: boolean): Finding {
  const field = who === "ID" ? "idKeyAlgo" : "authKeyAlgo";
  const common = {
    id: `snp.id-auth.${KEY_IDS[who]}-key-algorithm` as const,
    expected: named(SIGNATURE_ALGORITHMS, ECDSA_P384_SHA384),
    actual: named(SIGNATURE_ALGORITHMS, algorithm),
    where: { artefact: "ID auth", offset: ID_AUTH.offsetOf(field), size: 4 },
    source: ID_AUTH.source,
  };
  const isNone = algorithm === SIGNATURE_ALGORITHMS.none;
  if (algorithm === ECDSA_P384_SHA384 || isNone) {
    if (!counts) return { ...common, outcome: "skipped", title: "No author key is in use" };
    const title = `The ${who} key ${isNone ? "has no" : "has a known"} algorithm`;
    return { ...common, outcome: isNone ? "fail" : "pass", title };
  }
  return { ...common, outcome: "fail", title: `The ${who} key has an invalid algorithm number` };
}

/** Whether the curve number of a key is P-384's. */
export function checkCurve(who: "ID" | "author", curve: number, counts: boolean): Finding {
  const ok = curve === CURVES["P-384"];
  const offset = ID_AUTH.offsetOf(who === "ID" ? "idKey" : "authorKey");
  return {
    id: `snp.id-auth.${KEY_IDS[who]}-key-curve` as const,
    outcome: !counts ? "skipped" : ok ? "pass" : "fail",
    title: !counts ? "No author key is in use" : `The ${who} key is ${ok ? "" : "not "}on P-384`,
    expected: named(CURVES, CURVES["P-384"]),
    actual: named(CURVES, curve),
    where: { artefact: "ID auth", offset: offset + ECDSA_PUBLIC_KEY.offsetOf("curve"), size: 4 },
    source: ECDSA_PUBLIC_KEY.source,
  };
}

function named(names: Readonly<Record<string, number>>, value: number): string {
  const name = Object.entries(names).find(([, known]) => known === value)?.[0];
  return `${value} (${name ?? "unknown"})`;
}
