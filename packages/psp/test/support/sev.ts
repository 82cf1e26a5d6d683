// SPDX-License-Identifier: Apache-2.0
// Platforms and guest owners for tests of the legacy commands.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { ciphersSync } from "@greenlight/core/cipher";
import { launchMeasurement } from "@greenlight/core/launch";
import { makeSession } from "@greenlight/core/session";
import type { LaunchSession } from "@greenlight/core/session";
import { parseSevCertificate } from "@greenlight/core/sev-endorsement";
import { createPlatform, systemRandom } from "@greenlight/psp/platform";
import type {
  ApiVersion,
  FailureName,
  Platform,
  PlatformOptions,
  Result,
} from "@greenlight/psp/platform";

/** Firmware of a usual platform. */
export const API = { major: 1, minor: 55, build: 24 } as const;

/** NODBG and NOKS. */
export const POLICY = 0x3;

/** A platform with Milan's keys, as it is switched on. */
export function milan(options: Partial<PlatformOptions> = {}): Platform {
  return createPlatform({ line: "Milan", api: API, es: true, random: systemRandom, ...options });
}

/** The same, initialised for SEV-ES. */
export function running(options: Partial<PlatformOptions> = {}): Platform {
  const platform = milan(options);
  done(platform.sev.init({ es: true }));
  return platform;
}

/** Outputs of a command that must not be refused. */
export function done<T extends object>(result: Result<T>): { readonly status: "SUCCESS" } & T {
  if (result.status === "SUCCESS") return result;
  throw new assert.AssertionError({ message: `${result.status}: ${result.reason}` });
}

/** Asserts that a command is refused with this status. */
export function refused(result: Result, status: FailureName): void {
  assert.equal(result.status, status, "reason" in result ? result.reason : "it was not refused");
}

/** A guest owner's session for the platform's present PDH. */
export async function session(platform: Platform, policy = POLICY): Promise<LaunchSession> {
  return makeSession({
    pdh: parseSevCertificate(done(platform.sev.pdhCertExport()).pdh),
    policy,
    randomness: {
      owner: ciphersSync.generateP384(),
      nonce: bytes(16),
      wrapIv: bytes(16),
      tek: bytes(16),
      tik: bytes(16),
    },
  });
}

/** Random bytes in an array of their own. */
export function bytes(length: number): Uint8Array {
  return Uint8Array.from(randomBytes(length));
}

/** A launched guest in LUPDATE, bound to an ASID. */
export function launched(platform: Platform, owner: LaunchSession, asid = 1): number {
  const { godh, session: sent, policy } = owner;
  const { handle } = done(platform.sev.launchStart({ handle: 0, policy, godh, session: sent }));
  done(platform.sev.activate({ handle, asid }));
  return handle;
}

/** A guest that runs, launched without an owner. */
export function runningGuest(platform: Platform, policy: number, asid = 1): number {
  const { sev } = platform;
  const { handle } = done(sev.launchStart({ handle: 0, policy }));
  done(sev.activate({ handle, asid }));
  done(sev.launchUpdateData({ handle, data: new Uint8Array(16) }));
  done(sev.launchMeasure({ handle }));
  done(sev.launchFinish({ handle }));
  return handle;
}

/** The bytes with one bit turned. */
export function flipped(original: Uint8Array, index = 0): Uint8Array {
  const changed = Uint8Array.from(original);
  changed[index]! ^= 1;
  return changed;
}

/** The parts one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** What the owner expects LAUNCH_MEASURE to give for this content. */
export function expected(
  owner: LaunchSession,
  content: readonly Uint8Array[],
  mnonce: Uint8Array,
  api: ApiVersion = API,
): Uint8Array {
  const hash = createHash("sha256");
  for (const part of content) hash.update(part);
  return launchMeasurement({
    tik: owner.keys.tik,
    apiMajor: api.major,
    apiMinor: api.minor,
    buildId: api.build,
    policy: owner.policy,
    digest: hash.digest(),
    mnonce,
  });
}

/** Measurement and nonce that LAUNCH_MEASURE gives. */
export function measured(
  platform: Platform,
  handle: number,
): { measure: Uint8Array; mnonce: Uint8Array } {
  const { blob } = done(platform.sev.launchMeasure({ handle }));
  assert.equal(blob.length, 48);
  return { measure: blob.slice(0, 32), mnonce: blob.slice(32) };
}
