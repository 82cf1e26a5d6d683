// SPDX-License-Identifier: Apache-2.0
// Which algorithm a key in PEM signs attestation results with: the key decides, nobody else.

import { DerReader } from "../../crypto/der.ts";
import { KeyError } from "../../crypto/key-error.ts";
import { pemDecode } from "../../crypto/pem.ts";

/** Algorithms of JOSE (RFC 7518, RFC 8037) that results are signed with. */
export type ResultAlgorithm = "ES256" | "ES384" | "EdDSA";

const EC = "1.2.840.10045.2.1";
const ED25519 = "1.3.101.112";
const CURVES: Readonly<Record<string, ResultAlgorithm>> = {
  "1.2.840.10045.3.1.7": "ES256",
  "1.3.132.0.34": "ES384",
};

const HINT =
  "make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key.pem";

/**
 * The algorithm of a private key (PKCS #8) or public key (SubjectPublicKeyInfo) in PEM.
 * @throws {KeyError} `no-key`, `several-keys`, `encrypted-key`, `wrong-key-type`.
 * @throws {LayoutError} for PEM or DER that is broken.
 */
export function algorithmOf(pem: string, wanted: "PRIVATE KEY" | "PUBLIC KEY"): ResultAlgorithm {
  const blocks = pemDecode(pem).filter(({ label }) => label.endsWith("KEY"));
  const [block, second] = blocks;
  if (block === undefined) throw new KeyError("no-key", "there is no key in PEM", HINT);
  if (second !== undefined) throw new KeyError("several-keys", "there are several keys", HINT);
  if (block.label === "ENCRYPTED PRIVATE KEY") {
    throw new KeyError("encrypted-key", "the key is encrypted", "decrypt it with: openssl pkey");
  }
  if (block.label !== wanted) {
    throw new KeyError(
      "wrong-key-type",
      `the key is in PEM as ${block.label}, must be as ${wanted}`,
      block.label === "EC PRIVATE KEY"
        ? "write it anew with: openssl pkey -in key.pem -out new.pem"
        : undefined,
    );
  }
  const outer = new DerReader(block.bytes, "key").sequence("key");
  if (wanted === "PRIVATE KEY") outer.version("version");
  const algorithm = outer.sequence("algorithm");
  const oid = algorithm.objectIdentifier("algorithm");
  const found = oid === EC ? CURVES[algorithm.objectIdentifier("curve")] : undefined;
  if (found !== undefined) return found;
  if (oid === ED25519) return "EdDSA";
  throw new KeyError("wrong-key-type", "the key is neither EC on P-256 or P-384 nor Ed25519", HINT);
}
