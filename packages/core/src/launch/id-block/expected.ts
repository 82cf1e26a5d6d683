// SPDX-License-Identifier: Apache-2.0
// Checks of an ID block against what the guest owner expects of it. What is not expected is not
// compared, and reported as skipped.

import { hexEncode } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import type { Finding } from "../../finding/index.ts";
import { describeGuestPolicy, formatGuestPolicy } from "../guest-policy.ts";
import { keyDigest, requireLength } from "./ecdsa.ts";
import { KEY_IDS } from "./fields.ts";
import { ECDSA_PUBLIC_KEY, ID_AUTH, ID_BLOCK } from "./layout.ts";
import type { IdBlock } from "./layout.ts";

/** What an ID block and its authentication should say; absent members are not compared. */
export interface IdBlockExpectations {
  /** 48 bytes. */
  readonly launchDigest?: Uint8Array;
  readonly policy?: bigint;
  /** 16 bytes. */
  readonly familyId?: Uint8Array;
  /** 16 bytes. */
  readonly imageId?: Uint8Array;
  readonly guestSvn?: number;
  /** SHA-384 of the 1028-byte ID key, see `keyDigest()`. */
  readonly idKeyDigest?: Uint8Array;
  /** SHA-384 of the 1028-byte author key; the author key is required then. */
  readonly authorKeyDigest?: Uint8Array;
  /**
   * Whether the guest is launched with the author key enabled. Without it, the key counts when
   * anything of it is there.
   */
  readonly authorKeyEnabled?: boolean;
}

/**
 * Checks that the expected values are of the size of what they are compared with.
 * @throws {LayoutError} `bad-length`, or `out-of-range` for a policy of more than 64 bits.
 */
export function requireExpectedSizes(expected: IdBlockExpectations): void {
  const { launchDigest, familyId, imageId, policy, idKeyDigest, authorKeyDigest } = expected;
  if (launchDigest !== undefined) requireLength(launchDigest, 48, "expected launch digest");
  if (familyId !== undefined) requireLength(familyId, 16, "expected family id");
  if (imageId !== undefined) requireLength(imageId, 16, "expected image id");
  if (policy !== undefined) describeGuestPolicy(policy);
  if (idKeyDigest !== undefined) requireLength(idKeyDigest, 48, "expected ID key digest");
  if (authorKeyDigest !== undefined)
    requireLength(authorKeyDigest, 48, "expected author key digest");
}

/** The fields of the ID block against the expected ones. */
export function checkExpected(block: IdBlock, expected: IdBlockExpectations): readonly Finding[] {
  return [
    compareBytes("launch-digest", "launchDigest", "launch digest", block, expected),
    compareBytes("family-id", "familyId", "family id", block, expected),
    compareBytes("image-id", "imageId", "image id", block, expected),
    compareNumbers("guest-svn", "guestSvn", block.guestSvn, expected.guestSvn, String),
    compareNumbers("policy", "policy", block.policy, expected.policy, formatGuestPolicy),
  ];
}

/** The digest of a key against the expected one. An expected author key must be there. */
export function checkExpectedKey(
  who: "ID" | "author",
  publicKey: Uint8Array,
  expected: Uint8Array | undefined,
  counts: boolean,
): Finding {
  const offset = ID_AUTH.offsetOf(who === "ID" ? "idKey" : "authorKey");
  const common = {
    id: `snp.id-auth.${KEY_IDS[who]}-key-digest` as const,
    where: { artefact: "ID auth", offset, size: ECDSA_PUBLIC_KEY.size },
    source: ID_AUTH.source,
  };
  const actual = counts ? keyDigest(publicKey) : undefined;
  const shown = actual === undefined ? {} : { actual: hexEncode(actual) };
  if (expected === undefined) {
    const title = counts ? `No ${who} key was given to compare with` : "No author key is in use";
    return { ...common, ...shown, outcome: "skipped", title };
  }
  const ok = actual !== undefined && equalBytes(actual, expected);
  return {
    ...common,
    outcome: ok ? "pass" : "fail",
    title: ok
      ? `The ${who} key is the expected one`
      : counts
        ? `The ${who} key is not the expected one`
        : "An author key is expected and there is none",
    expected: hexEncode(expected),
    actual: actual === undefined ? "none" : hexEncode(actual),
  };
}

function compareBytes(
  id: "launch-digest" | "family-id" | "image-id",
  field: "launchDigest" | "familyId" | "imageId",
  name: string,
  block: IdBlock,
  expectations: IdBlockExpectations,
): Finding {
  const expected = expectations[field];
  const actual = block[field];
  const shown = {
    actual: hexEncode(actual),
    ...(expected === undefined ? {} : { expected: hexEncode(expected) }),
  };
  const equal = expected === undefined ? undefined : equalBytes(actual, expected);
  return comparison(id, field, actual.length, name, equal, shown);
}

function compareNumbers<T extends number | bigint>(
  id: "guest-svn" | "policy",
  field: "guestSvn" | "policy",
  actual: T,
  expected: T | undefined,
  show: (value: T) => string,
): Finding {
  const shown = {
    actual: show(actual),
    ...(expected === undefined ? {} : { expected: show(expected) }),
  };
  const equal = expected === undefined ? undefined : actual === expected;
  const isPolicy = field === "policy";
  const name = isPolicy ? "guest policy" : "guest SVN";
  return comparison(id, field, isPolicy ? 8 : 4, name, equal, shown);
}

function comparison(
  id: "launch-digest" | "family-id" | "image-id" | "guest-svn" | "policy",
  field: keyof IdBlock,
  size: number,
  name: string,
  equal: boolean | undefined,
  shown: { readonly actual: string; readonly expected?: string },
): Finding {
  return {
    id: `snp.id-block.${id}`,
    outcome: equal === undefined ? "skipped" : equal ? "pass" : "fail",
    title:
      equal === undefined
        ? `No ${name} was given to compare with`
        : `The ${name} is ${equal ? "" : "not "}the expected one`,
    ...shown,
    where: { artefact: "ID block", offset: ID_BLOCK.offsetOf(field), size },
    source: ID_BLOCK.source,
  };
}
