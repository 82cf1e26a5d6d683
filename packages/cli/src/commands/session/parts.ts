// SPDX-License-Identifier: Apache-2.0
// Parts of a guest to be sent, as they are named on a command line: `ADDRESS:FILE`, cut into packets.

import { PACKET_MAXIMUM, PACKET_UNIT } from "@greenlight/core/session";
import type { GuestPart } from "@greenlight/core/session";
import { UsageError } from "../../command/usage-error.ts";
import { MAX_FIRMWARE_SIZE, readBounded } from "../../input/file.ts";
import { parseUnsigned } from "../../input/number.ts";

/** Guest physical addresses have at most 52 bits. */
const MAX_ADDRESS = (1n << 52n) - 1n;

/** KVM takes packets that do not cross a page. */
const PAGE = 4096;

/**
 * Memory of the guest.
 * @param named `ADDRESS:FILE` each. The last block is zero-padded to 16 bytes.
 * @throws {UsageError} for addresses that are none, files that cannot be read, and parts that overlap.
 */
export function readParts(named: readonly string[]): readonly GuestPart[] {
  const pieces = named.map((each) => {
    const colon = each.indexOf(":");
    const path = each.slice(colon + 1);
    if (colon <= 0 || path === "") {
      throw badPart(each, "write ADDRESS:FILE, such as 0xffff0000:shim.bin");
    }
    const gpa = parseUnsigned(each.slice(0, colon), "--part", MAX_ADDRESS);
    if (gpa % BigInt(PACKET_UNIT) !== 0n) throw badPart(each, "addresses are multiples of 16");
    const content = padded(readBounded(path, MAX_FIRMWARE_SIZE));
    if (content.length === 0) throw badPart(each, "the file is empty");
    return { gpa, content };
  });
  refuseOverlaps(pieces);
  return pieces.flatMap(({ gpa, content }) => packetsOf(gpa, content));
}

/**
 * Save areas of the guest's processors, in the order of the processors.
 * @throws {UsageError} for files that are not one page.
 */
export function readSaveAreas(paths: readonly string[]): readonly GuestPart[] {
  return paths.map((path) => {
    const content = readBounded(path, PAGE);
    if (content.length === PAGE) return { kind: "vmsa" as const, gpa: 0n, content };
    throw new UsageError(
      "bad-value",
      `--vmsa ${JSON.stringify(path)}: has ${content.length} bytes, must have ${PAGE}`,
      "measure --dump-vmsa writes them",
    );
  });
}

/** Packets of memory, none across the end of a page. */
function packetsOf(gpa: bigint, content: Uint8Array): readonly GuestPart[] {
  const packets: GuestPart[] = [];
  let offset = 0;
  while (offset < content.length) {
    const at = gpa + BigInt(offset);
    const room = Math.min(PAGE - Number(at % BigInt(PAGE)), PACKET_MAXIMUM);
    const end = Math.min(offset + room, content.length);
    packets.push({ kind: "data", gpa: at, content: content.subarray(offset, end) });
    offset = end;
  }
  return packets;
}

function refuseOverlaps(pieces: readonly { gpa: bigint; content: Uint8Array }[]): void {
  const sorted = pieces.toSorted((a, b) => (a.gpa < b.gpa ? -1 : 1));
  for (const [i, { gpa, content }] of sorted.entries()) {
    const next = sorted[i + 1];
    const end = gpa + BigInt(content.length);
    if (end - 1n > MAX_ADDRESS) throw badPart(`0x${gpa.toString(16)}`, "it ends above 52 bits");
    if (next === undefined || next.gpa >= end) continue;
    throw badPart(
      `0x${next.gpa.toString(16)}`,
      `the part at 0x${gpa.toString(16)} reaches into it`,
    );
  }
}

function padded(content: Uint8Array): Uint8Array {
  if (content.length % PACKET_UNIT === 0) return content;
  const whole = new Uint8Array(Math.ceil(content.length / PACKET_UNIT) * PACKET_UNIT);
  whole.set(content);
  return whole;
}

function badPart(text: string, hint: string): UsageError {
  return new UsageError("bad-value", `--part is ${JSON.stringify(text.slice(0, 60))}`, hint);
}
