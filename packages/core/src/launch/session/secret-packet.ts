// SPDX-License-Identifier: Apache-2.0
// The packet that LAUNCH_SECRET takes: a secret table, bound to the measurement it is released for.
// Where in the guest it is put is not bound: the host chooses the address.

import { apiForm } from "../api-forms.ts";
import type { ApiVersion } from "../api-forms.ts";
import { requireSize } from "./layout.ts";
import type { SessionKeys } from "./layout.ts";
import { PACKET_CONTEXTS, openPacket, sealPacket } from "./packet.ts";
import type { OpenedPacket, Packet } from "./packet.ts";

/** Bytes of a launch measurement without its nonce. */
const MEASURE_SIZE = 32;

/** What a secret is sent to: keys of the session, and the measurement of the guest. */
export interface SecretBinding {
  readonly keys: SessionKeys;
  /** MEASURE of LAUNCH_MEASURE without MNONCE, 32 bytes. */
  readonly measure: Uint8Array;
  /** API version of the platform's firmware; 0.16 and older do not bind the measurement. */
  readonly api: ApiVersion;
}

/**
 * Encrypts a secret table for LAUNCH_SECRET.
 * @param input.table 16 to 16384 bytes, a multiple of 16, as buildSecretTable() makes it.
 * @param input.iv 16 bytes; never twice with the same TEK.
 * @throws {LayoutError} `bad-length` for values of another length.
 */
export function sealSecret(
  input: SecretBinding & { readonly table: Uint8Array; readonly iv: Uint8Array },
): Packet {
  return sealPacket(input.keys, PACKET_CONTEXTS.secret, input.table, input.iv, boundBy(input));
}

/**
 * Takes the secret out again, as the platform does: lengths, flags and MAC first.
 * @throws {LayoutError} `bad-length` for a measurement that does not have 32 bytes; everything in the
 * packet itself comes back as a status.
 */
export function openSecret(input: SecretBinding & Packet): OpenedPacket {
  return openPacket(input.keys, PACKET_CONTEXTS.secret, input, boundBy(input));
}

function boundBy({ measure, api }: SecretBinding): Uint8Array {
  requireSize("launch measurement", measure, MEASURE_SIZE);
  return apiForm(api).bindsSecret ? measure : new Uint8Array(0);
}
