// SPDX-License-Identifier: Apache-2.0
// Whether a guest may be sent to a platform: that platform's certificates, held against the guest's
// policy. Source: AMD SEV API 55766 rev. 3.24, section 6.15, SEND_START.

import { constants, createPublicKey, verify } from "node:crypto";
import { LayoutError } from "@greenlight/core/bytes";
import { SEV_ALGORITHM, SEV_USAGE, parseAmdCertificate } from "@greenlight/core/sev-endorsement";
import type { AmdCertificate, SevCertificate } from "@greenlight/core/sev-endorsement";
import { fail } from "../platform/status.ts";
import type { Failure } from "../platform/status.ts";
import { sevAuthorities } from "./authorities.ts";
import { CERTIFICATE_SIZE, CHAIN_SIZE, isSignedBy, readCertificate } from "./certificates.ts";
import type { P384Certificate } from "./certificates.ts";
import { requireKeys, unlessSize } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { hasBit, versionObstacle } from "./policy.ts";
import type { SendStartInput } from "./processor.ts";

/** The point of the target's PDH, or why the guest is not sent there. */
export function checkTarget(
  machine: Machine,
  policy: number,
  { pdh: pdhBytes, platformCerts, amdCerts }: SendStartInput,
): { readonly point: Uint8Array } | Failure {
  const refused =
    unlessSize("pdh", pdhBytes, CERTIFICATE_SIZE) ?? unlessSize("certs", platformCerts, CHAIN_SIZE);
  if (refused !== undefined) return refused;
  const part = (index: number): Uint8Array =>
    platformCerts.subarray(index * CERTIFICATE_SIZE, (index + 1) * CERTIFICATE_SIZE);
  const pdh = readCertificate(pdhBytes, "PDH");
  const pek = readCertificate(part(0), "PEK");
  const oca = readCertificate(part(1), "OCA");
  const cek = readCertificate(part(2), "CEK");
  if (pdh === undefined || pek === undefined || oca === undefined || cek === undefined) {
    return fail("INVALID_CERTIFICATE", "a certificate of the target is not what its place says");
  }
  const signed =
    isSignedBy(oca, "OCA", pointOf(oca)) &&
    isSignedBy(pek, "OCA", pointOf(oca)) &&
    isSignedBy(pek, "CEK", pointOf(cek)) &&
    isSignedBy(pdh, "PEK", pointOf(pek));
  if (!signed) return fail("BAD_SIGNATURE", "a signature among the target's certificates is wrong");
  if (hasBit(policy, "SEV")) {
    const untrusted = refuseAmdChain(machine, cek, amdCerts);
    if (untrusted !== undefined) return untrusted;
  }
  const own = readCertificate(requireKeys(machine).oca.certificate, "OCA");
  if (hasBit(policy, "DOMAIN") && !Buffer.from(own!.publicKey.point).equals(pointOf(oca))) {
    return fail("POLICY_FAILURE", "the target belongs to another owner");
  }
  const old = versionObstacle(policy, { major: pdh.apiMajor, minor: pdh.apiMinor });
  if (old !== undefined) return fail("POLICY_FAILURE", old);
  return { point: pointOf(pdh) };
}

/** The refusal of a CEK that is not endorsed by the root of this platform's own line. */
function refuseAmdChain(
  { shared }: Machine,
  cek: SevCertificate,
  amdCerts: Uint8Array,
): Failure | undefined {
  const half = amdCerts.length / 2;
  const [ask, ark] = [amdCerts.subarray(0, half), amdCerts.subarray(half)].map(amdCertificate);
  if (ask === undefined || ark === undefined) {
    return fail("INVALID_CERTIFICATE", "AMD's certificates are not an ASK and an ARK");
  }
  const own = sevAuthorities(shared.line, shared.seed, shared.names).ark;
  const isRoot = Buffer.from(own).equals(ark.bytes);
  const endorsed =
    isRoot &&
    ask.usage === SEV_USAGE.ASK &&
    verifyPss(ark, ask.signed, ask.signature) &&
    cek.signatures.some(({ usage, algorithm, bytes }) => {
      const isAsk = usage === SEV_USAGE.ASK && algorithm === RSA_ALGORITHMS[ask.bits];
      return isAsk && verifyPss(ask, cek.signed, bytes.subarray(0, ask.bits / 8).toReversed());
    });
  return endorsed
    ? undefined
    : fail("BAD_SIGNATURE", "this platform's root does not endorse the target's CEK");
}

/** Algorithm of an AMD key's signatures by its size. */
const RSA_ALGORITHMS = {
  2048: SEV_ALGORITHM["RSA-SHA256"],
  4096: SEV_ALGORITHM["RSA-SHA384"],
} as const;

function amdCertificate(bytes: Uint8Array): AmdCertificate | undefined {
  try {
    return parseAmdCertificate(bytes);
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}

function verifyPss(signer: AmdCertificate, message: Uint8Array, signature: Uint8Array): boolean {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const jwk = { kty: "RSA", n: base64(signer.modulus), e: base64(signer.exponent) };
  const key = createPublicKey({ format: "jwk", key: jwk });
  const [hash, saltLength] = signer.bits === 2048 ? ["sha256", 32] : ["sha384", 48];
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify(hash, message, { key, padding, saltLength }, signature);
}

function pointOf({ publicKey }: P384Certificate): Uint8Array {
  return publicKey.point;
}
