// SPDX-License-Identifier: Apache-2.0
// How a guest comes to be, by LAUNCH_START or RECEIVE_START: policy, the other side's certificate, the
// session. Source: AMD SEV API 55766 rev. 3.24, sections 6.8 and 6.19.

import { SESSION, unwrapSession } from "@greenlight/core/session";
import type { SessionKeys } from "@greenlight/core/session";
import { fail } from "../platform/status.ts";
import type { Failure } from "../platform/status.ts";
import { CERTIFICATE_SIZE, readCertificate } from "./certificates.ts";
import type { Guest } from "./guest.ts";
import { requireKeys, unlessIn, unlessSize } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { hasBit, policyObstacle } from "./policy.ts";

/** Most guests at one time. */
const GUEST_LIMIT = 512;

/** Bytes of a session. */
export const SESSION_SIZE = SESSION.size;

const LAST_HANDLE = 0xffffffff;

/** The refusal of a guest with this policy, or of sharing that guest's key. */
export function refuseGuest(machine: Machine, handle: number, policy: number): Failure | undefined {
  const refused = unlessIn(machine, "INIT", "WORKING");
  if (refused !== undefined) return refused;
  if (!isU32(handle) || !isU32(policy)) {
    return fail("INVALID_PARAM", "handle and policy have 32 bits");
  }
  const obstacle = policyObstacle(policy, { ...machine.shared.api, es: machine.es });
  if (obstacle !== undefined) return fail("POLICY_FAILURE", obstacle);
  if (machine.guests.size >= GUEST_LIMIT || machine.nextHandle > LAST_HANDLE) {
    return fail("RESOURCE_LIMIT", `there are ${machine.guests.size} guests`);
  }
  if (handle === 0) return undefined;
  const other = machine.guests.get(handle);
  if (other === undefined) return fail("INVALID_GUEST", `there is no guest ${handle}`);
  if (hasBit(policy, "NOKS") || hasBit(other.policy, "NOKS")) {
    return fail("POLICY_FAILURE", "the memory key of a guest with NOKS is not shared");
  }
  if (other.policy !== policy) {
    return fail("POLICY_FAILURE", "guests that share a memory key have the same policy");
  }
  return undefined;
}

/** Transport keys out of what the other side sent, or the refusal. */
export function acceptSession(
  machine: Machine,
  input: { readonly policy: number; readonly godh: Uint8Array; readonly session: Uint8Array },
): SessionKeys | Failure {
  const { policy, godh, session } = input;
  const refused =
    unlessSize("godh", godh, CERTIFICATE_SIZE) ?? unlessSize("session", session, SESSION_SIZE);
  if (refused !== undefined) return refused;
  // Signatures are not looked at: anybody may be the other side.
  const certificate = readCertificate(godh, "PDH");
  if (certificate === undefined) {
    return fail(
      "INVALID_CERTIFICATE",
      "the other side's certificate is none of an ECDH key on P-384",
    );
  }
  const z = requireKeys(machine).pdh.key.sharedX(certificate.publicKey.point);
  if (z === undefined) {
    return fail("INVALID_CERTIFICATE", "the point of the other side's certificate is not on P-384");
  }
  const unwrapped = unwrapSession({ z, session, policy });
  if (unwrapped.status === "ok") return unwrapped.keys;
  return fail(
    "BAD_MEASUREMENT",
    unwrapped.status === "wrap-mac"
      ? "the session's keys do not authenticate: made for another PDH, or changed"
      : "the session was made for another policy",
  );
}

/** Adds a guest in its first state. */
export function addGuest(
  machine: Machine,
  handle: number,
  start: Pick<Guest, "policy" | "state" | "keys" | "running">,
): Guest {
  const number = machine.nextHandle++;
  const guest: Guest = {
    ...start,
    handle: number,
    asid: 0,
    keyOf: machine.guests.get(handle)?.keyOf ?? number,
    measured: 0,
    digest: undefined,
    measure: undefined,
  };
  machine.guests.set(number, guest);
  machine.state = "WORKING";
  return guest;
}

function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}
