// SPDX-License-Identifier: Apache-2.0
// Whether a report shows the ID block that the plan gave along: without it the guest would have started
// as well, with nobody's word on what it is.

import { sha384 } from "#crypto";
import { hexEncode } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import type { Report } from "../../evidence/report.ts";
import type { Finding } from "../../finding/index.ts";
import { ECDSA_PUBLIC_KEY, ID_AUTH, ID_BLOCK } from "../../launch/id-block/layout.ts";

/** An ID block of a plan with its authentication information, 96 and 4096 bytes. */
export interface PlannedIdBlock {
  readonly idBlock: Uint8Array;
  readonly idAuth: Uint8Array;
}

/** Where the keys stand in ID_AUTH (AMD 56860, table 74). */
const [ID_KEY, AUTHOR_KEY] = [0x240, 0x880] as const;

/**
 * Compares what the firmware copies from an ID block into reports: ids, SVN, and digests of both keys.
 * @throws {LayoutError} for a plan's block or authentication information that is none.
 */
export function idBlockFinding(report: Report | undefined, planned: PlannedIdBlock): Finding {
  const id = "launch.id-block.differs";
  const source = "AMD 56860, sections 8.18 and 7.3 (ATTESTATION_REPORT)";
  const block = ID_BLOCK.decode(planned.idBlock);
  ID_AUTH.decode(planned.idAuth);
  const expected = {
    "family id": block.familyId,
    "image id": block.imageId,
    "ID key": keyDigest(planned.idAuth, ID_KEY),
    "author key": keyDigest(planned.idAuth, AUTHOR_KEY),
  };
  if (report === undefined) {
    return { id, outcome: "unknown", title: "There is no report to compare the ID block with" };
  }
  const actual = {
    "family id": report.familyId,
    "image id": report.imageId,
    "ID key": report.idKeyDigest,
    "author key": report.authorKeyDigest,
  };
  const names = ["family id", "image id", "ID key", "author key"] as const;
  const differing = names.filter((name) => !equalBytes(expected[name], actual[name]));
  const isSvnDifferent = block.guestSvn !== report.guestSvn;
  if (differing.length === 0 && !isSvnDifferent) {
    return { id, outcome: "pass", title: "The report shows the ID block of the plan", source };
  }
  const wrong = [...differing, ...(isSvnDifferent ? ["guest SVN"] : [])];
  const [first] = differing;
  return {
    id,
    outcome: "fail",
    title: `The report does not show the ID block of the plan: other ${wrong.join(", ")}`,
    expected: first === undefined ? `guest SVN ${block.guestSvn}` : hexEncode(expected[first]),
    actual: first === undefined ? `guest SVN ${report.guestSvn}` : hexEncode(actual[first]),
    source,
    hint: "the host has to start the guest with the plan's ID block and ID authentication information",
  };
}

/** SHA-384 of a key's structure; zeros for a key that is not there, as reports have it. */
function keyDigest(auth: Uint8Array, offset: number): Uint8Array {
  const key = auth.subarray(offset, offset + ECDSA_PUBLIC_KEY.size);
  return key.every((byte) => byte === 0) ? new Uint8Array(48) : sha384(key);
}
