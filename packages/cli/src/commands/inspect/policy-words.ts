// SPDX-License-Identifier: Apache-2.0
// A guest policy bit by bit, and ids as text: what ID blocks and reports have in common.

import { hexEncode } from "@greenlight/core/bytes";
import type { GuestPolicyDescription } from "@greenlight/core/launch";
import { table } from "../../output/table.ts";

/** The bits of a guest policy. Bits that are clear are counted only, unless all are wanted. */
export function policyBlock(
  { minimumAbi, bits, unknownBits }: GuestPolicyDescription,
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
export function idText(id: Uint8Array): string {
  const digits = hexEncode(id);
  const length = id.findLastIndex((byte) => byte !== 0) + 1;
  if (length === 0) return `${digits} (none)`;
  const used = id.subarray(0, length);
  const isText = used.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? `${digits} ${JSON.stringify(String.fromCharCode(...used))}` : digits;
}
