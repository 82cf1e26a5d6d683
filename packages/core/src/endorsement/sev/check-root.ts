// SPDX-License-Identifier: Apache-2.0
// The upper end of a chain: which trusted root it hangs on, and whether ARK and ASK are right.

import { hexEncode } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import type { SignatureVerifier } from "../../crypto/signature.ts";
import type { Finding } from "../../finding/index.ts";
import { skipped } from "../skipped.ts";
import type { AmdCertificate } from "./amd-certificate.ts";
import type { SevChain } from "./bundle.ts";
import { checked, checkUsage, undecided } from "./check.ts";
import { amdSignatureProblem, keyProblem, signatureProblem, signerOfAmd } from "./keys.ts";
import { SEV_USAGE } from "./layout.ts";
import { AMD_SEV_ROOTS } from "./roots.ts";
import type { SevTrustRoot } from "./roots.ts";

/** What a chain hangs on, as far as it is known. */
export interface Authorities {
  /** Absent when no trusted root is the one of the chain. */
  readonly root?: SevTrustRoot;
  /** The one that came with the chain, else the root's. */
  readonly ark?: AmdCertificate;
  readonly ask?: AmdCertificate;
  /** Whether the chain says which root it hangs on. */
  readonly named: boolean;
}

/** AMD's exponent: 65537. */
const F4 = "010001";

/**
 * Finds the root of a chain: by the ARK that came with it, else by the key id that the ASK names, else
 * by the ASK that signed the CEK.
 */
export async function findAuthorities(
  { ark, ask, cek }: SevChain,
  roots: readonly SevTrustRoot[],
  signatures: SignatureVerifier,
): Promise<Authorities> {
  if (ark !== undefined) {
    const root = roots.find((each) => isSameKey(each.ark, ark));
    return withRoot(root, ark, ask ?? root?.ask, true);
  }
  if (ask !== undefined) {
    const root = roots.find((each) => equalBytes(each.ark.keyId, ask.certifyingKeyId));
    return withRoot(root, root?.ark, ask, true);
  }
  if (cek === undefined) return { named: false };
  for (const root of roots) {
    if (root.ask !== undefined && (await isSignedBy(cek.signed, cek, root.ask, signatures))) {
      return withRoot(root, root.ark, root.ask, true);
    }
  }
  return { named: cek.signatures.some(({ usage }) => usage === SEV_USAGE.ASK) };
}

/** The trusted root under whose ASK the CEK of a chain verifies, for hints about failures. */
export async function rootOfCek(
  { cek }: SevChain,
  roots: readonly SevTrustRoot[],
  signatures: SignatureVerifier,
): Promise<SevTrustRoot | undefined> {
  if (cek === undefined) return undefined;
  return (await findAuthorities({ cek }, roots, signatures)).root;
}

/** All about ARK and ASK. */
export async function checkAuthorities(
  authorities: Authorities,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  return [
    ...(await checkArk(authorities, signatures)),
    ...(await checkAsk(authorities, signatures)),
  ];
}

async function checkArk(
  authorities: Authorities,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  const { root, ark } = authorities;
  const pinned = checkPinned(authorities);
  const origin = root === undefined ? NO_ORIGIN : [checkOrigin(root)];
  if (ark === undefined) {
    const rest = ["sev.ark.usage", "sev.ark.issuer", "sev.ark.key", "sev.ark.signature"] as const;
    return [pinned, ...origin, ...skipped(rest, "there is no ARK")];
  }
  const signer = signerOfAmd(ark);
  const problem = await amdSignatureProblem(signer, ark, signatures);
  return [
    pinned,
    ...origin,
    checkUsage("sev.ark.usage", "ARK", ark.usage),
    checked("sev.ark.issuer", {
      ok: equalBytes(ark.keyId, ark.certifyingKeyId),
      title: ["The ARK names itself as its issuer", "The ARK names another key as its issuer"],
      expected: hexEncode(ark.keyId),
      actual: hexEncode(ark.certifyingKeyId),
    }),
    await checkAmdKey("sev.ark.key", "ARK", ark, signatures),
    checked("sev.ark.signature", {
      ok: problem === undefined,
      title: ["The ARK is signed by its own key", "The ARK is not signed by its own key"],
      actual: problem,
    }),
  ];
}

async function checkAsk(
  { root, ark, ask }: Authorities,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  const ids = [
    "sev.ask.not-pinned",
    "sev.ask.usage",
    "sev.ask.issuer",
    "sev.ask.key",
    "sev.ask.signature",
  ] as const;
  if (ask === undefined) {
    const hint = "supply AMD's ask_ark file of the product line, or an export that holds it";
    const missing = undecided("sev.ask.missing", "There is no ASK for the CEK to hang on", hint);
    return [missing, ...skipped(ids, "there is no ASK")];
  }
  const there: Finding = { id: "sev.ask.missing", outcome: "pass", title: "There is an ASK" };
  const own = [
    checkUsage("sev.ask.usage", "ASK", ask.usage),
    ...(ark === undefined
      ? skipped(["sev.ask.issuer"], "there is no ARK")
      : [checkIssuer(ask, ark)]),
    await checkAmdKey("sev.ask.key", "ASK", ask, signatures),
  ];
  if (ark === undefined) {
    return [
      there,
      checkCarried(root, ask),
      ...own,
      ...skipped(["sev.ask.signature"], "there is no ARK"),
    ];
  }
  const problem = await amdSignatureProblem(signerOfAmd(ark), ask, signatures);
  return [
    there,
    checkCarried(root, ask),
    ...own,
    checked("sev.ask.signature", {
      ok: problem === undefined,
      title: ["The ASK is signed by the ARK", "The ASK is not signed by the ARK"],
      actual: problem,
    }),
  ];
}

const NO_ORIGIN = skipped(["sev.ark.not-amd"], "the chain hangs on no trusted root");

function checkPinned({ root, ark, ask, named }: Authorities): Finding {
  if (root === undefined && !named) {
    return undecided(
      "sev.ark.not-pinned",
      "The chain does not say which root it hangs on",
      "supply the CEK as AMD's service signs it, or ASK and ARK",
    );
  }
  const keyId = ark?.keyId ?? ask?.certifyingKeyId;
  return checked("sev.ark.not-pinned", {
    ok: root !== undefined,
    title: [
      root?.origin === "simulator"
        ? "The chain hangs on the root of a simulator that is trusted by name"
        : `The chain hangs on AMD's root of ${root?.line}, which is pinned`,
      "The chain does not hang on a pinned root: whoever made it can have made all of it",
    ],
    expected: "the key id and public key of a root that is built in or named as trusted",
    actual: keyId === undefined ? "a CEK that no pinned ASK signed" : foreignRoot(keyId),
    hint: "roots are never taken from the chain; a key id alone says nothing, because anybody can write it",
  });
}

/** A root that is not pinned, in words: forged ones carry the key ids of AMD's. */
function foreignRoot(keyId: Uint8Array): string {
  const shown = `a root with the key id ${hexEncode(keyId)}`;
  const amd = AMD_SEV_ROOTS.find(({ ark }) => equalBytes(ark.keyId, keyId));
  return amd === undefined ? shown : `${shown}, AMD's of ${amd.line}, and another key`;
}

function checkOrigin(root: SevTrustRoot): Finding {
  const id = "sev.ark.not-amd";
  if (root.origin === "AMD") return { id, outcome: "pass", title: "The root is AMD's" };
  return {
    id,
    outcome: "warn",
    title: "The root is a simulator's: nothing that hangs on it is an AMD processor",
    actual: `key id ${hexEncode(root.ark.keyId)}`,
    hint: "only for tests; take the root out of the trusted ones everywhere else",
  };
}

/** Whether the ASK is the one that comes with the root. AMD may make another: its signature counts. */
function checkCarried(root: SevTrustRoot | undefined, ask: AmdCertificate): Finding {
  const id = "sev.ask.not-pinned";
  if (root?.ask === undefined) return skipped([id], "no ASK comes with the root")[0]!;
  if (isSameKey(root.ask, ask)) {
    return { id, outcome: "pass", title: "The ASK is the one that is known for the root" };
  }
  return {
    id,
    outcome: "warn",
    title: "The ASK is not the one that is known for the root",
    expected: `key id ${hexEncode(root.ask.keyId)}`,
    actual: `key id ${hexEncode(ask.keyId)}`,
  };
}

function checkIssuer(ask: AmdCertificate, ark: AmdCertificate): Finding {
  return checked("sev.ask.issuer", {
    ok: equalBytes(ask.certifyingKeyId, ark.keyId),
    title: ["The ASK names the ARK as its issuer", "The ASK names another issuer than the ARK"],
    expected: hexEncode(ark.keyId),
    actual: hexEncode(ask.certifyingKeyId),
  });
}

async function checkAmdKey(
  id: "sev.ark.key" | "sev.ask.key",
  role: "ARK" | "ASK",
  certificate: AmdCertificate,
  signatures: SignatureVerifier,
): Promise<Finding> {
  const { bits, modulus, exponent } = certificate;
  const exact = modulus.length * 8 === bits && modulus[0]! >= 0x80 && hexEncode(exponent) === F4;
  const problem = exact
    ? await keyProblem(signerOfAmd(certificate), signatures)
    : `a modulus of ${modulus.length} bytes and the exponent 0x${hexEncode(exponent) || "0"}`;
  return checked(id, {
    ok: problem === undefined,
    title: [`The ${role} holds an RSA-${bits} key`, `The ${role} does not hold an RSA-${bits} key`],
    expected: `RSA, ${bits} bits, exponent 65537`,
    actual: problem,
  });
}

/** Whether two certificates are for the same key: key id and public key. */
function isSameKey(a: AmdCertificate, b: AmdCertificate): boolean {
  return (
    equalBytes(a.keyId, b.keyId) &&
    equalBytes(a.modulus, b.modulus) &&
    equalBytes(a.exponent, b.exponent)
  );
}

async function isSignedBy(
  message: Uint8Array,
  { signatures: slots }: NonNullable<SevChain["cek"]>,
  ask: AmdCertificate,
  signatures: SignatureVerifier,
): Promise<boolean> {
  for (const slot of slots) {
    if (slot.usage !== SEV_USAGE.ASK) continue;
    const problem = await signatureProblem(signerOfAmd(ask), slot, message, signatures);
    if (problem === undefined) return true;
  }
  return false;
}

function withRoot(
  root: SevTrustRoot | undefined,
  ark: AmdCertificate | undefined,
  ask: AmdCertificate | undefined,
  named: boolean,
): Authorities {
  return {
    named,
    ...(root === undefined ? {} : { root }),
    ...(ark === undefined ? {} : { ark }),
    ...(ask === undefined ? {} : { ask }),
  };
}
