// SPDX-License-Identifier: Apache-2.0
// The launch session: transport keys that the guest owner chooses, wrapped for one platform's PDH key.
// The same on the other side: what the platform's processor takes out of it.
// Source: AMD SEV API (55766), LAUNCH_START.

import { ciphers } from "#cipher";
import type { P384PrivateKey } from "../../crypto/cipher.ts";
import { equalBytes } from "../../crypto/equal.ts";
import { hmacSha256 } from "../../crypto/hmac.ts";
import { encodeSevCertificate, p384PublicKey } from "../../endorsement/sev/certificate.ts";
import type { SevCertificate } from "../../endorsement/sev/certificate.ts";
import { SEV_ALGORITHM, SEV_USAGE } from "../../endorsement/sev/layout.ts";
import { CURVES } from "../id-block/layout.ts";
import { SessionError } from "./error.ts";
import { deriveSessionKeys } from "./kdf.ts";
import { KEY_SIZE, SESSION, requireSize } from "./layout.ts";
import type { SessionKeys } from "./layout.ts";
import { requireSevPolicy, requireU32 } from "./policy.ts";

/** What a session is made of by chance. None of it may be used for a second session. */
export interface SessionRandomness {
  /** The owner's key pair for this launch (GODH). */
  readonly owner: P384PrivateKey;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  /** 16 bytes. */
  readonly wrapIv: Uint8Array;
  /** Transport encryption key, 16 bytes. */
  readonly tek: Uint8Array;
  /** Transport integrity key, 16 bytes. */
  readonly tik: Uint8Array;
}

/** For whom and for what a session is made. */
export interface SessionRequest {
  /** The platform's PDH certificate. Its chain is not checked here. */
  readonly pdh: SevCertificate;
  /** Guest policy, 32 bits. */
  readonly policy: number;
  readonly randomness: SessionRandomness;
}

/** A session: what goes to the host, and the keys that stay. */
export interface LaunchSession {
  /** The owner's certificate, 2084 bytes. */
  readonly godh: Uint8Array;
  /** {@link SESSION}, 128 bytes. */
  readonly session: Uint8Array;
  readonly policy: number;
  /** Secret. */
  readonly keys: SessionKeys;
}

/**
 * Makes a launch session.
 * @throws {SessionError} `not-a-pdh`, `bad-policy`.
 * @throws {KeyError} `bad-point` when the PDH's point is not on P-384.
 * @throws {LayoutError} for randomness of another length.
 */
export async function makeSession(request: SessionRequest): Promise<LaunchSession> {
  const { pdh, randomness } = request;
  const { owner, nonce, wrapIv, tek, tik } = randomness;
  const policy = requireSevPolicy(request.policy);
  requireSize("nonce", nonce, KEY_SIZE);
  requireSize("wrapping counter block", wrapIv, KEY_SIZE);
  requireSize("transport encryption key", tek, KEY_SIZE);
  requireSize("transport integrity key", tik, KEY_SIZE);
  const z = await ciphers.sharedX(owner, pdhPoint(pdh));
  const session = wrapSession({ z, nonce, wrapIv, keys: { tek, tik }, policy });
  return { godh: ownerCertificate(owner.point), session, policy, keys: { tek, tik } };
}

/** What a session is made of once both sides share a secret. */
export interface SessionParts {
  /** X coordinate of the shared point, big-endian. */
  readonly z: Uint8Array;
  readonly nonce: Uint8Array;
  readonly wrapIv: Uint8Array;
  readonly keys: SessionKeys;
  readonly policy: number;
}

/**
 * The {@link SESSION} of its parts, 128 bytes; also what a platform makes at SEND_START.
 * @throws {LayoutError} for parts of another length, or a policy that has not 32 bits.
 */
export function wrapSession({ z, nonce, wrapIv, keys, policy }: SessionParts): Uint8Array {
  requireU32(policy);
  const { kek, kik } = deriveSessionKeys(z, nonce);
  const plain = new Uint8Array(2 * KEY_SIZE);
  plain.set(keys.tek);
  plain.set(keys.tik, KEY_SIZE);
  const wrappedKeys = ciphers.aes128Ctr(kek, wrapIv, plain);
  return SESSION.encode({
    nonce,
    wrappedKeys,
    wrapIv,
    wrapMac: hmacSha256(kik, wrappedKeys),
    policyMac: policyMac(keys.tik, policy),
  });
}

/** What unwrapping a session comes to. Firmware answers BAD_MEASUREMENT to both failures. */
export type UnwrappedSession =
  | { readonly status: "ok"; readonly keys: SessionKeys }
  | { readonly status: "wrap-mac" | "policy-mac" };

/**
 * Takes the transport keys out of a session, as the platform does: MACs first, in constant time.
 * @param input.z X coordinate of the shared point, from the platform's PDH key and the owner's point.
 * @param input.policy The policy LAUNCH_START is given.
 * @throws {LayoutError} for a session that does not have 128 bytes, or a policy that has not 32 bits.
 */
export function unwrapSession(input: {
  readonly z: Uint8Array;
  readonly session: Uint8Array;
  readonly policy: number;
}): UnwrappedSession {
  requireU32(input.policy);
  const session = SESSION.decode(input.session);
  const { kek, kik } = deriveSessionKeys(input.z, session.nonce);
  if (!equalBytes(hmacSha256(kik, session.wrappedKeys), session.wrapMac)) {
    return { status: "wrap-mac" };
  }
  const plain = ciphers.aes128Ctr(kek, session.wrapIv, session.wrappedKeys);
  const keys = { tek: plain.slice(0, KEY_SIZE), tik: plain.slice(KEY_SIZE) };
  const isBound = equalBytes(policyMac(keys.tik, input.policy), session.policyMac);
  return isBound ? { status: "ok", keys } : { status: "policy-mac" };
}

function policyMac(tik: Uint8Array, policy: number): Uint8Array {
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, policy, true);
  return hmacSha256(tik, word);
}

/**
 * The owner's public point as a certificate that LAUNCH_START takes: a PDH certificate of API 0.0
 * without signatures, which firmware does not look at.
 * @param point X and Y, big-endian, 96 bytes.
 */
export function ownerCertificate(point: Uint8Array): Uint8Array {
  return encodeSevCertificate({
    usage: SEV_USAGE.PDH,
    algorithm: SEV_ALGORITHM["ECDH-SHA256"],
    publicKey: p384PublicKey(point),
  });
}

/**
 * The point of a PDH certificate: X and Y, big-endian.
 * @throws {SessionError} `not-a-pdh` for a certificate of another key.
 */
function pdhPoint({ usage, algorithm, publicKey }: SevCertificate): Uint8Array {
  const isAgreement =
    algorithm === SEV_ALGORITHM["ECDH-SHA256"] || algorithm === SEV_ALGORITHM["ECDH-SHA384"];
  const isP384 = publicKey.kind === "EC" && publicKey.curve === CURVES["P-384"];
  if (usage === SEV_USAGE.PDH && isAgreement && isP384) return publicKey.point;
  throw new SessionError(
    "not-a-pdh",
    "the certificate is not a platform Diffie-Hellman key (PDH) on P-384",
    "give pdh.cert, or a file that begins with it as sevctl export writes it",
  );
}
