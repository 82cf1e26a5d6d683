// SPDX-License-Identifier: Apache-2.0
// The cryptography of an SEV launch and nothing else: the same signatures, key agreements, hashes,
// MACs and ciphers as on both of its sides, by node:crypto.

import {
  constants,
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  hash,
  randomBytes,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { VerifyKeyObjectInput } from "node:crypto";
import { signatureFromAmd } from "@greenlight/core/id-block";
import { SEV_USAGE } from "@greenlight/core/sev-endorsement";
import type { AmdCertificate, SevCertificate, SevChain } from "@greenlight/core/sev-endorsement";
import { SideClock } from "./sides.ts";
import type { SideTimes } from "./sides.ts";

const CURVE = "secp384r1";

/** Bytes around digest and nonce in what LAUNCH_MEASURE covers, and around a secret packet's payload. */
const MEASURE_HEAD = 8;
const PACKET_HEAD = 29;

/** A signature that is checked. */
interface Signed {
  readonly hash: "sha256" | "sha384";
  readonly message: Uint8Array;
  readonly key: VerifyKeyObjectInput;
  readonly signature: Uint8Array;
}

/**
 * The cryptography of a launch on the platform of this chain, of which nothing may be missing.
 * @param table The secret in clear.
 */
export function bareLegacyLaunch(
  chain: SevChain,
  content: Uint8Array,
  table: Uint8Array,
): () => SideTimes {
  const { pdh, pek, oca, cek, ask, ark } = chain;
  if (!pdh || !pek || !oca || !cek || !ask || !ark) throw new Error("the chain is not whole");
  const signatures = [
    ofAmd(ark, ark),
    ofAmd(ask, ark),
    rsaSigned(cek, ask),
    ecdsaSigned(oca, oca, SEV_USAGE.OCA),
    ecdsaSigned(pek, cek, SEV_USAGE.CEK),
    ecdsaSigned(pek, oca, SEV_USAGE.OCA),
    ecdsaSigned(pdh, pek, SEV_USAGE.PEK),
  ];
  const parts = Buffer.concat([pdh, pek, oca, cek, ask, ark].map(({ signed }) => signed));
  const platform = createECDH(CURVE);
  platform.generateKeys();
  const platformPoint = platform.getPublicKey();
  return () => {
    const clock = new SideClock();
    const sent = clock.time("owner", () => {
      for (const signed of signatures) requireSigned(signed);
      hash("sha256", parts, "buffer");
      const owner = createECDH(CURVE);
      owner.generateKeys();
      const [nonce, keys] = [randomBytes(16), randomBytes(32)];
      const wrap = wrapping(owner.computeSecret(platformPoint), nonce);
      const { ciphertext, mac } = sealed(wrap.kek, wrap.kik, keys, 0);
      const policyMac = hmac(keys.subarray(16), Buffer.alloc(4));
      return { point: owner.getPublicKey(), nonce, keys, ciphertext, mac, policyMac };
    });
    const measured = clock.time("psp", () => {
      const wrap = wrapping(platform.computeSecret(sent.point), sent.nonce);
      const keys = opened(wrap.kek, wrap.kik, sent.ciphertext, sent.mac, 0);
      requireEqual(hmac(keys.subarray(16), Buffer.alloc(4)), sent.policyMac);
      const digest = createHash("sha256").update(content).digest();
      return { keys, nonce: randomBytes(16), measure: measurement(keys, digest) };
    });
    const packet = clock.time("owner", () => {
      const digest = createHash("sha256").update(content).digest();
      requireEqual(measurement(sent.keys, digest), measured.measure);
      return sealed(sent.keys.subarray(0, 16), sent.keys.subarray(16), table, PACKET_HEAD);
    });
    clock.time("psp", () => {
      const { keys } = measured;
      const [tek, tik] = [keys.subarray(0, 16), keys.subarray(16)];
      requireEqual(opened(tek, tik, packet.ciphertext, packet.mac, PACKET_HEAD), table);
    });
    return clock;
  };
}

function ofAmd({ signed, signature }: AmdCertificate, signer: AmdCertificate): Signed {
  return { hash: "sha384", message: signed, key: rsaKey(signer), signature };
}

function rsaSigned({ signed, signatures }: SevCertificate, signer: AmdCertificate): Signed {
  const field = signatures.find(({ usage }) => usage === SEV_USAGE.ASK)!.bytes;
  const signature = field.subarray(0, signer.bits / 8).toReversed();
  return { hash: "sha384", message: signed, key: rsaKey(signer), signature };
}

function rsaKey({ modulus, exponent }: AmdCertificate): VerifyKeyObjectInput {
  const jwk = { kty: "RSA", n: base64(modulus), e: base64(exponent) };
  return {
    key: createPublicKey({ format: "jwk", key: jwk }),
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 48,
  };
}

function ecdsaSigned(
  { signed, signatures }: SevCertificate,
  { publicKey }: SevCertificate,
  usage: number,
): Signed {
  if (publicKey.kind !== "EC") throw new Error("the signer has no key on a curve");
  const [x, y] = [publicKey.point.subarray(0, 48), publicKey.point.subarray(48)].map(base64);
  const jwk = { kty: "EC", crv: "P-384", x: x!, y: y! };
  const field = signatures.find((each) => each.usage === usage)!.bytes;
  const key = createPublicKey({ format: "jwk", key: jwk });
  const signature = signatureFromAmd(field);
  return { hash: "sha256", message: signed, key: { key, dsaEncoding: "ieee-p1363" }, signature };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function requireSigned({ hash: name, message, key, signature }: Signed): void {
  if (!verify(name, message, key, signature)) throw new Error("a signature does not verify");
}

/** KEK and KIK out of what both sides share. */
function wrapping(
  z: Uint8Array,
  nonce: Uint8Array,
): { readonly kek: Buffer; readonly kik: Buffer } {
  const master = derived(z, "sev-master-secret", nonce);
  const none = Buffer.alloc(0);
  return { kek: derived(master, "sev-kek", none), kik: derived(master, "sev-kik", none) };
}

function derived(key: Uint8Array, label: string, context: Uint8Array): Buffer {
  const message = Buffer.concat([Buffer.alloc(4), Buffer.from(`${label}\0`), context, LENGTH]);
  return hmac(key, message).subarray(0, 16);
}

const LENGTH = Buffer.of(0x80, 0, 0, 0);

function measurement(keys: Buffer, digest: Buffer): Buffer {
  const covered = Buffer.concat([Buffer.alloc(MEASURE_HEAD), digest, Buffer.alloc(16)]);
  return hmac(keys.subarray(16), covered);
}

/** Encrypted, then authenticated with so many bytes before it. */
function sealed(
  key: Uint8Array,
  macKey: Uint8Array,
  clear: Uint8Array,
  head: number,
): { readonly ciphertext: Buffer; readonly mac: Buffer } {
  // The session's keys change with every launch; how the counter begins is the same work.
  const ciphertext = createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(clear);
  return { ciphertext, mac: hmac(macKey, Buffer.concat([Buffer.alloc(head), ciphertext])) };
}

function opened(
  key: Uint8Array,
  macKey: Uint8Array,
  ciphertext: Buffer,
  mac: Buffer,
  head: number,
): Buffer {
  requireEqual(hmac(macKey, Buffer.concat([Buffer.alloc(head), ciphertext])), mac);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(ciphertext);
}

function hmac(key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac("sha256", key).update(message).digest();
}

function requireEqual(one: Uint8Array, other: Uint8Array): void {
  if (!timingSafeEqual(one, other)) throw new Error("the two sides do not agree");
}
