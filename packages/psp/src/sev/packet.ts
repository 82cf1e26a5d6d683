// SPDX-License-Identifier: Apache-2.0
// Checks that every packet from outside goes through before its MAC is looked at.
// Source: AMD SEV API 55766 rev. 3.24, sections 6.12, 6.20 and 6.21.

import { PACKET_HEADER, PACKET_MAXIMUM, PACKET_UNIT } from "@greenlight/core/session";
import { fail } from "../platform/status.ts";
import type { Failure } from "../platform/status.ts";
import { unlessSize } from "./machine.ts";
import type { PacketInput } from "./processor.ts";

/** The refusal of a packet whose lengths or flags are not what the firmware takes. */
export function refusePacket({ header, payload, guestLength }: PacketInput): Failure | undefined {
  const refused = unlessSize("header", header, PACKET_HEADER.size) ?? refuseLength(payload.length);
  if (refused !== undefined) return refused;
  if (guestLength !== undefined && guestLength !== payload.length) {
    return fail("INVALID_LENGTH", "the packet and its place in the guest differ in length");
  }
  const { flags } = PACKET_HEADER.decode(header);
  return flags === 0 ? undefined : fail("INVALID_PARAM", "flags of the packet are set");
}

/** The refusal of a length that no packet has. */
export function refuseLength(length: number): Failure | undefined {
  if (length > 0 && length <= PACKET_MAXIMUM && length % PACKET_UNIT === 0) return undefined;
  return fail(
    "INVALID_LENGTH",
    `a packet has 16 to ${PACKET_MAXIMUM} bytes and a multiple of 16, not ${length}`,
  );
}
