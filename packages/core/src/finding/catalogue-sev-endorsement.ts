// SPDX-License-Identifier: Apache-2.0
// Findings about whether a platform's legacy SEV certificate chain is AMD's and whole.

/** What each finding checks, by id. */
export const SEV_ENDORSEMENT_FINDINGS = {
  "sev.chain.contradictory": "the files say one thing about every key",

  "sev.ark.not-pinned": "the chain ends in a root that is pinned, by key id and public key",
  "sev.ark.not-amd": "the root is AMD's and not a simulator's",
  "sev.ark.usage": "the ARK says that it is one",
  "sev.ark.issuer": "the ARK names itself as its issuer",
  "sev.ark.key": "the ARK holds an RSA key of its size with the exponent 65537",
  "sev.ark.signature": "the ARK is signed by its own key",

  "sev.ask.missing": "the ASK that the CEK hangs on is there",
  "sev.ask.not-pinned": "the ASK is the one that is carried for its product line",
  "sev.ask.usage": "the ASK says that it is one",
  "sev.ask.issuer": "the ASK names the ARK as its issuer, by all 16 bytes of the key id",
  "sev.ask.key": "the ASK holds an RSA key of its size with the exponent 65537",
  "sev.ask.signature": "the ASK is signed by the ARK",

  "sev.cek.missing": "the key of the chip (CEK) is there",
  "sev.cek.usage": "the CEK says that it is one",
  "sev.cek.key": "the CEK is a point of P-384 that signs",
  "sev.cek.not-endorsed": "the certificate of the CEK is signed, as AMD's service hands it out",
  "sev.cek.signature": "the CEK is signed by the ASK",

  "sev.oca.missing": "the key of the platform's owner (OCA) is there",
  "sev.oca.usage": "the OCA says that it is one",
  "sev.oca.key": "the OCA holds a key that signs: on P-384, or RSA",
  "sev.oca.signature": "the OCA is signed by its own key",
  "sev.oca.not-allowed": "the platform's owner is one that is expected",

  "sev.pek.missing": "the platform's endorsement key (PEK) is there",
  "sev.pek.usage": "the PEK says that it is one",
  "sev.pek.key": "the PEK is a point of P-384 that signs",
  "sev.pek.cek-signature": "the PEK is signed by the CEK",
  "sev.pek.oca-signature": "the PEK is signed by the OCA",

  "sev.pdh.missing": "the platform's Diffie-Hellman key (PDH) is there",
  "sev.pdh.usage": "the PDH says that it is one",
  "sev.pdh.key": "the PDH is a point of P-384 for key agreement",
  "sev.pdh.pek-signature": "the PDH is signed by the PEK",

  "sev.platform.product-not-allowed": "the product line is one that is allowed",
  "sev.platform.api-below-minimum":
    "PEK and PDH were made by firmware of at least the demanded version",
  "sev.platform.weak-key-agreement":
    "PEK and PDH were made by firmware that checks points it is given (CVE-2019-9836)",
  "sev.platform.cek-mismatch": "the CEK is the one that AMD's service has for the chip",

  "sev.report.signer": "the legacy attestation report says that the PEK signed it",
  "sev.report.signature": "the legacy attestation report is signed by the PEK",
  "sev.report.mnonce-mismatch": "the nonce of the legacy attestation report is the one asked with",
  "sev.report.digest-mismatch": "the launch digest of the legacy attestation report is expected",
  "sev.report.policy-mismatch": "the policy of the legacy attestation report is the expected one",
} as const satisfies Readonly<Record<string, string>>;
