// SPDX-License-Identifier: Apache-2.0
// Checks of an ID block or of ID authentication information alone, for when the other is not there;
// and the check of a least guest SVN.

import type { Finding } from "../../finding/index.ts";
import { checkPolicyBits, checkVersion } from "./fields.ts";
import { ID_BLOCK } from "./layout.ts";
import type { IdBlock } from "./layout.ts";
import { verifyIdBlock } from "./verify.ts";

/** What is right or wrong with an ID block by itself. */
export function checkIdBlock(block: IdBlock): readonly Finding[] {
  return [checkVersion(block.version), checkPolicyBits(block.policy)];
}

/**
 * What is right or wrong with ID authentication information by itself: everything but the signature
 * over the ID block.
 * @param idAuth 4096 bytes.
 * @throws {LayoutError} `bad-length`.
 */
export async function checkIdAuth(idAuth: Uint8Array): Promise<readonly Finding[]> {
  // Only the findings about the ID block and its signature look at these 96 bytes.
  const findings = await verifyIdBlock(new Uint8Array(ID_BLOCK.size), idAuth);
  return findings.filter(({ id }) => id.startsWith("snp.id-auth.") && !id.endsWith("-key-digest"));
}

/** Whether the guest SVN is at least `least`. */
export function checkMinimumSvn(block: IdBlock, least: number): Finding {
  const ok = block.guestSvn >= least;
  return {
    id: "snp.id-block.guest-svn-below-minimum",
    outcome: ok ? "pass" : "fail",
    title: ok ? "The guest SVN is high enough" : "The guest SVN is too low",
    expected: `${least} or higher`,
    actual: String(block.guestSvn),
    where: { artefact: "ID block", offset: ID_BLOCK.offsetOf("guestSvn"), size: 4 },
    source: ID_BLOCK.source,
    ...(ok ? {} : { hint: "the guest image is older than what you accept; rebuild or update it" }),
  };
}
