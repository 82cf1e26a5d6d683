// SPDX-License-Identifier: Apache-2.0
// What SNP_LAUNCH_FINISH makes of an ID block: the guest's identity, or why it must not run (AMD 56860
// rev. 1.58, section 8.18, tables ID Block Format and ID Authentication Information Structure).

import { createPublicKey, timingSafeEqual, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { LayoutError } from "@greenlight/core/bytes";
import {
  ID_AUTH,
  ID_BLOCK,
  keyDigest,
  publicKeyFromAmd,
  signatureFromAmd,
} from "@greenlight/core/id-block";
import type { FailureName } from "../platform/status.ts";
import { NO_IDENTITY } from "./guest.ts";
import type { GuestIdentity, LaunchedGuest } from "./guest.ts";
import type { SnpLaunchFinish } from "./types.ts";

/** Who the guest is, or the status that refuses it. */
export type Identified =
  | { readonly identity: GuestIdentity }
  | { readonly status: FailureName; readonly reason: string };

const P384 = 2;
const ECDSA_P384_SHA384 = 1;
const VERSION = 1;

const ID_KEY = ID_AUTH.offsetOf("idKey");
const AUTHOR_KEY = ID_AUTH.offsetOf("authorKey");
const KEY_SIZE = 0x404;
const SIGNATURE_SIZE = 0x200;

/** Checks an ID block against the launch it is for. */
export function identify(
  request: SnpLaunchFinish,
  { digest, policy }: Pick<LaunchedGuest, "digest" | "policy">,
): Identified {
  const { idBlock, idAuth, authorKeyEnabled = false, vcekDisabled = false } = request;
  const hostData = request.hostData ?? new Uint8Array(32);
  if (hostData.length !== 32) {
    return invalid(`HOST_DATA has ${hostData.length} bytes, must have 32`);
  }
  const common = { vcekDisabled, hostData: Uint8Array.from(hostData) };
  if (idBlock === undefined) {
    if (authorKeyEnabled) return invalid("AUTH_KEY_EN is set without an ID block");
    return { identity: { ...NO_IDENTITY, ...common } };
  }
  if (idBlock.length !== ID_BLOCK.size) return invalid(`the ID block has ${idBlock.length} bytes`);
  if (idAuth?.length !== ID_AUTH.size) {
    return invalid("the ID authentication information does not have 4096 bytes");
  }
  const block = ID_BLOCK.decode(idBlock);
  const problem =
    block.version === VERSION
      ? authProblem(idBlock, idAuth, authorKeyEnabled)
      : invalid(`the ID block has version ${block.version}`);
  if (problem !== undefined) return problem;
  if (!timingSafeEqual(block.launchDigest, digest)) {
    const reason = "the launch digest is not the one of the ID block";
    return { status: "BAD_MEASUREMENT", reason };
  }
  if (block.policy !== policy) {
    return { status: "POLICY_FAILURE", reason: "the policy is not the one of the ID block" };
  }
  return {
    identity: {
      ...common,
      familyId: Uint8Array.from(block.familyId),
      imageId: Uint8Array.from(block.imageId),
      guestSvn: block.guestSvn,
      idKeyDigest: keyDigest(idAuth.subarray(ID_KEY, ID_KEY + KEY_SIZE)),
      authorKeyDigest: authorKeyEnabled
        ? keyDigest(idAuth.subarray(AUTHOR_KEY, AUTHOR_KEY + KEY_SIZE))
        : NO_IDENTITY.authorKeyDigest,
      authorKeyEnabled,
    },
  };
}

type Problem = { readonly status: FailureName; readonly reason: string };

/** Why the authentication information does not vouch for the block; undefined when it does. */
function authProblem(
  block: Uint8Array,
  auth: Uint8Array,
  authorKeyEnabled: boolean,
): Problem | undefined {
  const view = new DataView(auth.buffer, auth.byteOffset, auth.byteLength);
  const idKey = auth.subarray(ID_KEY, ID_KEY + KEY_SIZE);
  const vouchers = [
    { who: "ID", algorithm: "idKeyAlgo", key: ID_KEY, signature: "idBlockSig", signed: block },
    {
      who: "author",
      algorithm: "authKeyAlgo",
      key: AUTHOR_KEY,
      signature: "idKeySig",
      signed: idKey,
    },
  ] as const;
  for (const { who, algorithm, key, signature, signed } of vouchers) {
    if (who === "author" && !authorKeyEnabled) continue;
    if (view.getUint32(ID_AUTH.offsetOf(algorithm), true) !== ECDSA_P384_SHA384) {
      return invalid(`the ${who} key's algorithm is not ECDSA P-384 with SHA-384`);
    }
    if (view.getUint32(key, true) !== P384) return invalid(`the ${who} key's curve is not P-384`);
    const at = ID_AUTH.offsetOf(signature);
    const publicKey = auth.subarray(key, key + KEY_SIZE);
    if (!isSigned(publicKey, signed, auth.subarray(at, at + SIGNATURE_SIZE))) {
      const what = who === "ID" ? "the ID block is" : "the ID key is";
      return { status: "BAD_SIGNATURE", reason: `${what} not signed by the ${who} key` };
    }
  }
  return undefined;
}

function isSigned(key: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    const publicKey = keyOfPoint(publicKeyFromAmd(key));
    const raw = signatureFromAmd(signature);
    return (
      publicKey !== undefined &&
      verify("sha384", signed, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw)
    );
  } catch (error) {
    // Reserved bytes of a key or signature that are not zero: nothing that was signed so.
    if (error instanceof LayoutError) return false;
    throw error;
  }
}

/** Node's key of a point; undefined for a point that is not on the curve. */
function keyOfPoint(point: Uint8Array): KeyObject | undefined {
  const [x, y] = [point.subarray(0, 48), point.subarray(48)].map((half) =>
    Buffer.from(half).toString("base64url"),
  );
  try {
    return createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-384", x: x!, y: y! } });
  } catch {
    // OpenSSL's way to say that it is not a point.
    return undefined;
  }
}

function invalid(reason: string): Problem {
  return { status: "INVALID_PARAM", reason };
}
