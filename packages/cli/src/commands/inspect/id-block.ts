// SPDX-License-Identifier: Apache-2.0
// The view of an ID block: what a guest must be, in the words of whoever signed it.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import { ID_BLOCK, checkIdBlock } from "@greenlight/core/id-block";
import { describeGuestPolicy, formatGuestPolicy } from "@greenlight/core/launch";
import { pairs, table } from "../../output/table.ts";
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

function policyBlock(
  { minimumAbi, bits, unknownBits }: ReturnType<typeof describeGuestPolicy>,
  verbose: boolean,
): string {
  const { major, minor } = minimumAbi;
  const rows = [
    ["7:0", "ABI_MINOR", String(minor), ""],
    ["15:8", "ABI_MAJOR", String(major), `firmware ABI ${major}.${minor} or newer`],
    ...bits
      .filter(({ set }) => set || verbose)
      .map(({ bit, name, set, meaning }) => [String(bit), name, set ? "1" : "0", meaning]),
    ...unknownBits.map((bit) => [String(bit), "(unknown)", "1", "not known here"]),
  ];
  const columns = [
    { title: "bit", align: "right" },
    { title: "policy" },
    { title: "value", align: "right" },
    { title: "meaning" },
  ] as const;
  const clear = bits.filter(({ set }) => !set).length;
  const rest =
    verbose || clear === 0 ? "" : `\n  The other ${clear} bits are clear; -v shows them.`;
  return `${table(columns, rows)}${rest}`;
}

/** An id as digits, and as text where all of it is printable up to trailing zeros. */
function idText(id: Uint8Array): string {
  const digits = hexEncode(id);
  const length = id.findLastIndex((byte) => byte !== 0) + 1;
  if (length === 0) return `${digits} (none)`;
  const used = id.subarray(0, length);
  const isText = used.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? `${digits} ${JSON.stringify(String.fromCharCode(...used))}` : digits;
}
