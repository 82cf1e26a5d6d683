// SPDX-License-Identifier: Apache-2.0
// The other side of a launch session, made here: a platform's PDH, and what LAUNCH_MEASURE would return.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { base64Encode } from "@greenlight/core/bytes";
import { ciphersSync } from "@greenlight/core/cipher";
import type { P384PrivateKey } from "@greenlight/core/cipher";
import { launchMeasurement } from "@greenlight/core/launch";
import { unwrapSession } from "@greenlight/core/session";
import type { SessionKeys } from "@greenlight/core/session";
import {
  SEV_ALGORITHM,
  SEV_USAGE,
  encodeSevCertificate,
  p384PublicKey,
  parseSevCertificate,
} from "@greenlight/core/sev-endorsement";

/** Version of the firmware that is played. */
export const API = { major: 1, minor: 55, build: 24 };

/** The options that state it. */
export const API_OPTIONS = ["--api-major", "1", "--api-minor", "55", "--build-id", "24"];

/** A platform's key and its certificate, which nothing vouches for. */
export interface MadePlatform {
  readonly key: P384PrivateKey;
  readonly pdh: Uint8Array;
}

/** A new platform. */
export function makePlatform(): MadePlatform {
  const key = ciphersSync.generateP384();
  const pdh = encodeSevCertificate({
    usage: SEV_USAGE.PDH,
    algorithm: SEV_ALGORITHM["ECDH-SHA256"],
    publicKey: p384PublicKey(key.point),
  });
  return { key, pdh };
}

/** The keys that the platform's processor gets out of a session. */
export function unwrap(
  { key }: MadePlatform,
  godh: Uint8Array,
  session: Uint8Array,
  policy: number,
): SessionKeys {
  const { publicKey } = parseSevCertificate(godh);
  if (publicKey.kind !== "EC") throw new Error("the session is of another kind of key");
  const z = ciphersSync.sharedX(key, publicKey.point);
  const unwrapped = unwrapSession({ z, session, policy });
  if (unwrapped.status !== "ok") throw new Error(`the session is refused: ${unwrapped.status}`);
  return unwrapped.keys;
}

/** What LAUNCH_MEASURE returns for a guest with a launch digest: measurement and nonce, 48 bytes. */
export function measure(tik: Uint8Array, policy: number, digest: Uint8Array): Uint8Array {
  const mnonce = new Uint8Array(randomBytes(16));
  const measurement = launchMeasurement({
    tik,
    apiMajor: API.major,
    apiMinor: API.minor,
    buildId: API.build,
    policy,
    digest,
    mnonce,
  });
  return new Uint8Array([...measurement, ...mnonce]);
}

/**
 * Files that examples name: the keys of a session, the measurement of a guest with a launch digest and
 * policy 0x1, a passphrase, and a first program to send.
 */
export function writeLaunchedGuest(digest: Uint8Array): void {
  const keys = new Uint8Array(randomBytes(32));
  writeFileSync("launch_tk.bin", keys, { mode: 0o600 });
  writeFileSync("measurement.b64", base64Encode(measure(keys.subarray(16), 1, digest)));
  writeFileSync("passphrase.txt", "correct horse battery staple");
  writeFileSync("shim.bin", new Uint8Array(5000).fill(0x90));
}
