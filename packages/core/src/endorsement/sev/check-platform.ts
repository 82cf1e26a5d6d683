// SPDX-License-Identifier: Apache-2.0
// The lower end of a chain: the key of the chip, of the platform's owner, and of the platform itself.

import type { SignatureVerifier } from "../../crypto/signature.ts";
import type { Finding } from "../../finding/index.ts";
import { skipped } from "../skipped.ts";
import { isEndorsed } from "./bundle.ts";
import type { SevChain } from "./bundle.ts";
import { checkKey, checkSignature, checkUsage, undecided } from "./check.ts";
import type { Authorities } from "./check-root.ts";
import { signerOfAmd, signerOfSev } from "./keys.ts";
import type { SevTrustRoot } from "./roots.ts";

const EXPORT_HINT = "have the host export its certificates again: PDH, and PEK, OCA and CEK";

/**
 * The CEK: a key on P-384, signed by the ASK.
 * @param other A trusted root whose ASK did sign it, where that is another one than the chain says.
 */
export async function checkCek(
  { cek }: SevChain,
  { ask }: Authorities,
  other: SevTrustRoot | undefined,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  if (cek === undefined) {
    const ids = [
      "sev.cek.usage",
      "sev.cek.key",
      "sev.cek.not-endorsed",
      "sev.cek.signature",
    ] as const;
    const missing = undecided("sev.cek.missing", "There is no CEK", EXPORT_HINT);
    return [missing, ...skipped(ids, "there is no CEK")];
  }
  const own = [
    { id: "sev.cek.missing", outcome: "pass", title: "There is a CEK" } as const,
    checkUsage("sev.cek.usage", "CEK", cek.usage),
    await checkKey("sev.cek.key", "CEK", cek, "ECDSA", signatures),
  ];
  if (!isEndorsed(cek)) {
    return [
      ...own,
      undecided(
        "sev.cek.not-endorsed",
        "The CEK is not signed: it is as the chip's firmware exports it",
        "fetch the signed one: https://kdsintf.amd.com/cek/id/ and the 128 hexadecimal digits of the chip's id",
      ),
      ...skipped(["sev.cek.signature"], "the CEK is not signed"),
    ];
  }
  const endorsed: Finding = {
    id: "sev.cek.not-endorsed",
    outcome: "pass",
    title: "The certificate of the CEK is one that AMD's service signs",
  };
  if (ask === undefined) {
    return [...own, endorsed, ...skipped(["sev.cek.signature"], "there is no ASK")];
  }
  const by = { role: "ASK", signer: signerOfAmd(ask) } as const;
  const signed = await checkSignature("sev.cek.signature", "CEK", cek, by, signatures);
  if (signed.outcome === "pass" || other === undefined) return [...own, endorsed, signed];
  const which = other.origin === "AMD" ? `AMD's ASK of ${other.line}` : "a simulator's ASK";
  const hint = `${which} did sign it: the ASK and ARK given are of another product line`;
  return [...own, endorsed, { ...signed, hint }];
}

/** The OCA: signed by itself. Whose it is, is for the rules. */
export async function checkOca(
  { oca }: SevChain,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  if (oca === undefined) {
    const ids = ["sev.oca.usage", "sev.oca.key", "sev.oca.signature"] as const;
    const missing = undecided("sev.oca.missing", "There is no OCA", EXPORT_HINT);
    return [missing, ...skipped(ids, "there is no OCA")];
  }
  const by = { role: "OCA", signer: signerOfSev(oca) } as const;
  return [
    { id: "sev.oca.missing", outcome: "pass", title: "There is an OCA" },
    checkUsage("sev.oca.usage", "OCA", oca.usage),
    await checkKey("sev.oca.key", "OCA", oca, "ECDSA or RSA", signatures),
    await checkSignature("sev.oca.signature", "OCA", oca, by, signatures),
  ];
}

/** The PEK: signed by the CEK and by the OCA. */
export async function checkPek(
  { pek, cek, oca }: SevChain,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  if (pek === undefined) {
    const ids = [
      "sev.pek.usage",
      "sev.pek.key",
      "sev.pek.cek-signature",
      "sev.pek.oca-signature",
    ] as const;
    const missing = undecided("sev.pek.missing", "There is no PEK", EXPORT_HINT);
    return [missing, ...skipped(ids, "there is no PEK")];
  }
  const byCek =
    cek === undefined ? undefined : ({ role: "CEK", signer: signerOfSev(cek) } as const);
  const byOca =
    oca === undefined ? undefined : ({ role: "OCA", signer: signerOfSev(oca) } as const);
  return [
    { id: "sev.pek.missing", outcome: "pass", title: "There is a PEK" },
    checkUsage("sev.pek.usage", "PEK", pek.usage),
    await checkKey("sev.pek.key", "PEK", pek, "ECDSA", signatures),
    byCek === undefined
      ? skipped(["sev.pek.cek-signature"], "there is no CEK")[0]!
      : await checkSignature("sev.pek.cek-signature", "PEK", pek, byCek, signatures),
    byOca === undefined
      ? skipped(["sev.pek.oca-signature"], "there is no OCA")[0]!
      : await checkSignature("sev.pek.oca-signature", "PEK", pek, byOca, signatures),
  ];
}

/** The PDH: for key agreement, signed by the PEK. */
export async function checkPdh(
  { pdh, pek }: SevChain,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  if (pdh === undefined) {
    const ids = ["sev.pdh.usage", "sev.pdh.key", "sev.pdh.pek-signature"] as const;
    const missing = undecided("sev.pdh.missing", "There is no PDH", EXPORT_HINT);
    return [missing, ...skipped(ids, "there is no PDH")];
  }
  const by = pek === undefined ? undefined : ({ role: "PEK", signer: signerOfSev(pek) } as const);
  return [
    { id: "sev.pdh.missing", outcome: "pass", title: "There is a PDH" },
    checkUsage("sev.pdh.usage", "PDH", pdh.usage),
    await checkKey("sev.pdh.key", "PDH", pdh, "ECDH", signatures),
    by === undefined
      ? skipped(["sev.pdh.pek-signature"], "there is no PEK")[0]!
      : await checkSignature("sev.pdh.pek-signature", "PDH", pdh, by, signatures),
  ];
}
