// SPDX-License-Identifier: Apache-2.0
// What the checks of a SEV chain have in common: how a finding is put together, and the checks that
// every certificate of a platform goes through.

import { hexNumber } from "../../bytes/index.ts";
import type { SignatureVerifier } from "../../crypto/signature.ts";
import type { Finding, FindingId } from "../../finding/index.ts";
import type { SevCertificate, SevPublicKey } from "./certificate.ts";
import { keyProblem, signatureProblem, signerOfSev } from "./keys.ts";
import type { SevSigner } from "./keys.ts";
import { SEV_ALGORITHM, SEV_USAGE } from "./layout.ts";
import type { SevUsageName } from "./layout.ts";

/** Where AMD says what a chain is. */
const CHAIN_SOURCE = "AMD SEV API 55766, certificates and their chain";

/** What a check came to, in words for either case. */
interface Checked {
  readonly ok: boolean;
  readonly title: readonly [pass: string, fail: string];
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  readonly hint?: string | undefined;
}

/** The finding of a check that passed or failed. What was met and what to do is said of failures. */
export function checked(id: FindingId, { ok, title, expected, actual, hint }: Checked): Finding {
  const failed = {
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
    ...(hint === undefined ? {} : { hint }),
  };
  return {
    id,
    outcome: ok ? "pass" : "fail",
    title: title[ok ? 0 : 1],
    ...(ok ? {} : failed),
    source: CHAIN_SOURCE,
  };
}

/** A check that could not be decided for want of something. */
export function undecided(id: FindingId, title: string, hint: string): Finding {
  return { id, outcome: "unknown", title, hint, source: CHAIN_SOURCE };
}

/** Whether a certificate says that it is of its kind. */
export function checkUsage(id: FindingId, role: SevUsageName, usage: number): Finding {
  const wanted = SEV_USAGE[role];
  return checked(id, {
    ok: usage === wanted,
    title: [`The ${role} says that it is one`, `What should be the ${role} says otherwise`],
    expected: usageText(wanted),
    actual: usageText(usage),
  });
}

/** What a platform's key must be good for. */
type KeyDemand = "ECDSA" | "ECDH" | "ECDSA or RSA";

const ALGORITHMS: Readonly<Record<KeyDemand, readonly number[]>> = {
  ECDSA: [SEV_ALGORITHM["ECDSA-SHA256"], SEV_ALGORITHM["ECDSA-SHA384"]],
  ECDH: [SEV_ALGORITHM["ECDH-SHA256"], SEV_ALGORITHM["ECDH-SHA384"]],
  "ECDSA or RSA": [
    SEV_ALGORITHM["ECDSA-SHA256"],
    SEV_ALGORITHM["ECDSA-SHA384"],
    SEV_ALGORITHM["RSA-SHA256"],
    SEV_ALGORITHM["RSA-SHA384"],
  ],
};

/** The algorithm of a platform's key, its curve, and that its point is on the curve. */
export async function checkKey(
  id: FindingId,
  role: SevUsageName,
  certificate: SevCertificate,
  demand: KeyDemand,
  signatures: SignatureVerifier,
): Promise<Finding> {
  const { algorithm, publicKey } = certificate;
  const isOf = ALGORITHMS[demand].includes(algorithm);
  const problem = isOf
    ? (misstatedSize(publicKey) ?? (await keyProblem(signerOfSev(certificate), signatures)))
    : `algorithm ${hexNumber(algorithm)}`;
  return checked(id, {
    ok: problem === undefined,
    title: [
      `The ${role} holds a usable ${keyText(publicKey)} key`,
      `The ${role} does not hold a usable key`,
    ],
    expected:
      demand === "ECDSA or RSA" ? "a point of P-384, or RSA" : `${demand}, a point of P-384`,
    actual: problem,
  });
}

/** A signature of a certificate of a platform, found by the kind of key that it says made it. */
export async function checkSignature(
  id: FindingId,
  role: SevUsageName,
  certificate: SevCertificate,
  by: { readonly role: SevUsageName; readonly signer: SevSigner },
  signatures: SignatureVerifier,
): Promise<Finding> {
  const whose = by.role === role ? "its own key" : `the ${by.role}`;
  const slots = certificate.signatures.filter(({ usage }) => usage === SEV_USAGE[by.role]);
  let problem: string | undefined = `no signature says that ${whose} made it`;
  for (const slot of slots) {
    problem = await signatureProblem(by.signer, slot, certificate.signed, signatures);
    if (problem === undefined) break;
  }
  return checked(id, {
    ok: problem === undefined,
    title: [`The ${role} is signed by ${whose}`, `The ${role} is not signed by ${whose}`],
    actual: problem,
  });
}

/** A usage with its name: `0x1002 (PEK)`. */
function usageText(usage: number): string {
  const name = Object.entries(SEV_USAGE).find(([, value]) => value === usage)?.[0];
  return `${hexNumber(usage)} (${name ?? "unknown"})`;
}

/** Why an RSA key is not of the size that its certificate states; undefined when it is. */
function misstatedSize(key: SevPublicKey): string | undefined {
  if (key.kind !== "RSA") return undefined;
  const [top = 0] = key.modulus;
  const bits = Math.max(0, key.modulus.length * 8 - (Math.clz32(top) - 24));
  return bits === key.bits ? undefined : `a modulus of ${bits} bits, stated to have ${key.bits}`;
}

function keyText(key: SevPublicKey): string {
  return key.kind === "RSA" ? `RSA-${key.bits}` : "P-384";
}
