// SPDX-License-Identifier: Apache-2.0
// Attestation results as signed tokens (JWT), made and read with jose. Loading this loads jose.

import { CompactSign, compactVerify, errors, importPKCS8, importSPKI } from "jose";
import { algorithmOf } from "./key.ts";
import { EAR_PROFILE } from "./claims.ts";
import type { EarClaims } from "./claims.ts";

/** `typ` of a token: media type application/eat+jwt (RFC 9782) without its prefix. */
const TOKEN_TYPE = "eat+jwt";

/** Permanent codes of {@link ResultTokenError}. */
export type ResultTokenErrorCode =
  | "bad-signature"
  | "expired"
  | "malformed"
  | "not-yet-valid"
  | "unknown-profile";

/** A token that cannot be relied on. */
export class ResultTokenError extends Error {
  override readonly name = "ResultTokenError";
  readonly code: ResultTokenErrorCode;

  constructor(code: ResultTokenErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The key a result is signed with. */
export interface ResultKey {
  /** PKCS #8 in PEM: EC on P-256 or P-384, or Ed25519. */
  readonly pem: string;
  /** `kid` of the token, for those who know several keys. */
  readonly keyId?: string;
}

/**
 * Signs a result.
 * @returns a JWT in compact form.
 * @throws {KeyError} {LayoutError} for a key that cannot be used.
 */
export async function signAttestationResult(claims: EarClaims, key: ResultKey): Promise<string> {
  const algorithm = algorithmOf(key.pem, "PRIVATE KEY");
  const imported = await importPKCS8(key.pem, algorithm);
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({
      alg: algorithm,
      typ: TOKEN_TYPE,
      ...(key.keyId === undefined ? {} : { kid: key.keyId }),
    })
    .sign(imported);
}

/** How a token is checked. */
export interface TokenCheck {
  /** SubjectPublicKeyInfo in PEM. Its kind decides the algorithm, whatever the token says. */
  readonly publicKeyPem: string;
  /** The instant at which the token has to be valid, milliseconds since 1970. */
  readonly at: number;
}

/**
 * Checks a token: signature, profile and times.
 * @returns its claims. Nothing is said of whether the verdict in them is a good one.
 * @throws {ResultTokenError} and as {@link signAttestationResult} for the key.
 */
export async function verifyAttestationResult(
  token: string,
  { publicKeyPem, at }: TokenCheck,
): Promise<EarClaims> {
  const algorithm = algorithmOf(publicKeyPem, "PUBLIC KEY");
  const key = await importSPKI(publicKeyPem, algorithm);
  const claims = parseClaims(await payloadOf(token, key, algorithm));
  const now = Math.floor(at / 1000);
  if (claims.iat > now) throw new ResultTokenError("not-yet-valid", "the result is of the future");
  if (claims.exp !== undefined && claims.exp <= now) {
    throw new ResultTokenError("expired", "the result has expired");
  }
  return claims;
}

async function payloadOf(
  token: string,
  key: Awaited<ReturnType<typeof importSPKI>>,
  algorithm: string,
): Promise<Uint8Array> {
  try {
    return (await compactVerify(token, key, { algorithms: [algorithm] })).payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    const isMalformed = error instanceof errors.JWSInvalid;
    throw new ResultTokenError(
      isMalformed ? "malformed" : "bad-signature",
      isMalformed ? "this is no signed token" : "the token is not signed by this key",
    );
  }
}

function parseClaims(payload: Uint8Array): EarClaims {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    throw new ResultTokenError("malformed", "the content of the token is not JSON");
  }
  if (!isEar(value)) {
    throw new ResultTokenError("unknown-profile", `the token is no ${EAR_PROFILE} of ours`);
  }
  return value;
}

/** Whether the claims that everybody relies on are there. The signature vouches for the rest. */
function isEar(value: unknown): value is EarClaims {
  if (typeof value !== "object" || value === null) return false;
  return (
    "eat_profile" in value &&
    value.eat_profile === EAR_PROFILE &&
    "iat" in value &&
    typeof value.iat === "number" &&
    (!("exp" in value) || typeof value.exp === "number") &&
    "submods" in value &&
    typeof value.submods === "object"
  );
}
