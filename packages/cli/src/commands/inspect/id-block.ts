// SPDX-License-Identifier: Apache-2.0
// The view of an ID block: what a guest must be, in the words of whoever signed it.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import { ID_BLOCK, checkIdBlock } from "@greenlight/core/id-block";
import { describeGuestPolicy, formatGuestPolicy } from "@greenlight/core/launch";
import { pairs } from "../../output/table.ts";
import { idText, policyBlock } from "./policy-words.ts";
import { fieldsToJson } from "./view.ts";
import type { View, ViewOptions } from "./view.ts";

/** The view of an ID block's 96 bytes. */
export function idBlockView(bytes: Uint8Array, { verbose }: ViewOptions): View {
  const block = ID_BLOCK.decode(bytes);
  const fields = annotate(ID_BLOCK, bytes);
  const { launchDigest, familyId, imageId, version, guestSvn, policy } = block;
  const described = describeGuestPolicy(policy);
  return {
    summary: "",
    blocks: [
      pairs([
        ["launch digest", hexEncode(launchDigest)],
        ["family id", idText(familyId)],
        ["image id", idText(imageId)],
        ["version", String(version)],
        ["guest SVN", String(guestSvn)],
        ["guest policy", formatGuestPolicy(policy)],
      ]),
      policyBlock(described, verbose),
    ],
    findings: checkIdBlock(block),
    json: {
      launchDigest,
      familyId,
      imageId,
      version,
      guestSvn,
      policy: {
        value: policy,
        minimumAbi: described.minimumAbi,
        bits: described.bits,
        unknownBits: described.unknownBits,
      },
      fields: fieldsToJson(fields),
    },
    dump: [{ title: ID_BLOCK.name, bytes, fields }],
  };
}
