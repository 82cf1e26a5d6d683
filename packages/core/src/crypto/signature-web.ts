// SPDX-License-Identifier: Apache-2.0
// `#signature` in browsers and workers: signatures are checked by WebCrypto, which answers with
// promises. The twin for Node is signature-node.ts; the same tests run on both.

import { KeyError } from "./key-error.ts";
import { ECDSA_SIGNATURE_BYTES, SIGNATURE_SCHEMES } from "./signature.ts";
import type { SignatureScheme, SignatureVerifier, VerifyKey } from "./signature.ts";
import { requireKey } from "./spki.ts";

export type { SignatureVerifier } from "./signature.ts";

/** A scheme as WebCrypto names it, for importing a key and for checking a signature. */
function algorithmOf(scheme: SignatureScheme) {
  const { kind: name, digestBits } = SIGNATURE_SCHEMES[scheme];
  const hash = `SHA-${digestBits}`;
  return { name, namedCurve: "P-384", hash, saltLength: digestBits / 8 };
}

class WebVerifyKey implements VerifyKey {
  readonly scheme: SignatureScheme;
  readonly key: CryptoKey;

  constructor(scheme: SignatureScheme, key: CryptoKey) {
    this.scheme = scheme;
    this.key = key;
  }
}

/** Checks signatures in WebCrypto; answers with promises. */
export const signatures: SignatureVerifier = {
  async importKey(spki: Uint8Array, scheme: SignatureScheme): Promise<VerifyKey> {
    requireKey(spki, scheme);
    const algorithm = algorithmOf(scheme);
    const key = await subtle()
      .importKey("spki", new Uint8Array(spki), algorithm, false, ["verify"])
      .catch(() => {
        // What requireKey() lets through fails only for the numbers themselves.
        const isEcdsa = algorithm.name === "ECDSA";
        throw new KeyError(
          isEcdsa ? "bad-point" : "wrong-key-size",
          isEcdsa
            ? "the public key is not a point of P-384"
            : "the RSA key is refused by WebCrypto",
        );
      });
    return new WebVerifyKey(scheme, key);
  },

  async verify(key: VerifyKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (!(key instanceof WebVerifyKey)) throw new TypeError("the key is another verifier's");
    const algorithm = algorithmOf(key.scheme);
    if (algorithm.name === "ECDSA" && signature.length !== ECDSA_SIGNATURE_BYTES) return false;
    // Copies, because WebCrypto takes no views of shared memory.
    return subtle().verify(algorithm, key.key, new Uint8Array(signature), new Uint8Array(message));
  },
};

/** WebCrypto has threads of its own. */
export const pooledSignatures: SignatureVerifier = { ...signatures };

/** WebCrypto; browsers leave it out of pages that did not come over a secure connection. */
function subtle(): SubtleCrypto {
  // The declared type does not know of such pages.
  const { crypto }: { readonly crypto?: { readonly subtle?: SubtleCrypto } } = globalThis;
  if (crypto?.subtle !== undefined) return crypto.subtle;
  throw new KeyError(
    "no-webcrypto",
    "this page has no WebCrypto, without which no signature can be checked",
    "open the page over https, from localhost or from a file",
  );
}
