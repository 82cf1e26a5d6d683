// SPDX-License-Identifier: Apache-2.0
// `#signature` in browsers and workers: signatures are checked by WebCrypto, which answers with
// promises. The twin for Node is signature-node.ts; the same tests run on both.

import { KeyError } from "./key-error.ts";
import type { SignatureScheme, SignatureVerifier, VerifyKey } from "./signature.ts";
import { requireKey } from "./spki.ts";

export type { SignatureVerifier } from "./signature.ts";

/** Names of the schemes in WebCrypto, for importing a key and for checking a signature. */
const ALGORITHMS = {
  "ECDSA-P384-SHA384": {
    key: { name: "ECDSA", namedCurve: "P-384" },
    signature: { name: "ECDSA", hash: "SHA-384" },
  },
  "RSA-PSS-SHA384": {
    key: { name: "RSA-PSS", hash: "SHA-384" },
    signature: { name: "RSA-PSS", saltLength: 48 },
  },
} as const;

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
    const algorithm = ALGORITHMS[scheme].key;
    const key = await subtle()
      .importKey("spki", new Uint8Array(spki), algorithm, false, ["verify"])
      .catch(() => {
        // What requireKey() lets through fails only for the numbers themselves.
        throw new KeyError(
          scheme === "ECDSA-P384-SHA384" ? "bad-point" : "wrong-key-size",
          scheme === "ECDSA-P384-SHA384"
            ? "the public key is not a point of P-384"
            : "the RSA key is refused by WebCrypto",
        );
      });
    return new WebVerifyKey(scheme, key);
  },

  async verify(key: VerifyKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (!(key instanceof WebVerifyKey)) throw new TypeError("the key is another verifier's");
    if (key.scheme === "ECDSA-P384-SHA384" && signature.length !== 96) return false;
    // Copies, because WebCrypto takes no views of shared memory.
    return subtle().verify(
      ALGORITHMS[key.scheme].signature,
      key.key,
      new Uint8Array(signature),
      new Uint8Array(message),
    );
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
