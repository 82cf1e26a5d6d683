// SPDX-License-Identifier: Apache-2.0
// What the launch session needs besides hashing, on whichever platform: P-384 key pairs, their shared
// secret, and AES-128 in counter mode. `#cipher` brings it: cipher-node.ts in Node, cipher-web.ts
// everywhere else; both export the same names and the same tests run on both.

/** A P-384 key pair. The scalar is secret. */
export interface P384PrivateKey {
  /** The private value, big-endian, 48 bytes. */
  readonly scalar: Uint8Array;
  /** The public point: X and Y, big-endian, 96 bytes. */
  readonly point: Uint8Array;
}

/** Key agreement and encryption. Node answers at once, WebCrypto's part with promises. */
export interface Ciphers {
  /** A new key pair, from the platform's own randomness. */
  generateP384(): P384PrivateKey | Promise<P384PrivateKey>;
  /**
   * The X coordinate of the point both sides of an ECDH reach, big-endian, 48 bytes.
   * @param key Of it only the scalar is used.
   * @param peerPoint X and Y of the other side, big-endian, 96 bytes.
   * @throws {KeyError} `bad-point` for a point that is not on P-384, `bad-private-value`. A promise
   * is rejected with the same.
   */
  sharedX(key: P384PrivateKey, peerPoint: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * AES-128 in counter mode; the same call encrypts and decrypts (NIST SP 800-38A section 6.5).
   * @param key 16 bytes.
   * @param iv The whole first counter block, 16 bytes, counted up as one big-endian number.
   * @throws {LayoutError} `bad-length` for a key or counter block of another length.
   */
  aes128Ctr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
}

/** {@link Ciphers} that answer at once, as Node's do. */
export interface SyncCiphers extends Ciphers {
  generateP384(): P384PrivateKey;
  sharedX(key: P384PrivateKey, peerPoint: Uint8Array): Uint8Array;
}
