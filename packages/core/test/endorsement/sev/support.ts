// SPDX-License-Identifier: Apache-2.0
// A hierarchy of our own for tests of SEV chains, made with node:crypto: an ARK and ASK of either size
// and a platform under them, every part of which can be made wrong.

import { constants, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import {
  SEV_ALGORITHM,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
  encodeAmdCertificate,
  encodeSevCertificate,
  p384PublicKey,
  parseAmdCertificate,
  parseSevCertificate,
  sevSignature,
} from "../../../src/endorsement/sev/index.ts";
import type {
  AmdCertificate,
  SevCertificate,
  SevChain,
  SevChainVerdict,
  SevPublicKey,
  SevSignature,
  SevTrustRoot,
} from "../../../src/endorsement/sev/index.ts";
import type { FindingId, Outcome } from "../../../src/finding/index.ts";

/** A key pair and its public half as certificates hold it. */
export interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: SevPublicKey;
}

const fromUrl = (text: string | undefined): Uint8Array =>
  new Uint8Array(Buffer.from(text ?? "", "base64url"));

/** A new key on P-384. */
export function ecPair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const { x, y } = publicKey.export({ format: "jwk" });
  return { privateKey, publicKey: p384PublicKey(Uint8Array.of(...fromUrl(x), ...fromUrl(y))) };
}

/** A new RSA key. */
export function rsaPair(bits: 2048 | 4096): Pair & { readonly modulus: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  const { n, e } = publicKey.export({ format: "jwk" });
  const modulus = fromUrl(n);
  return { privateKey, modulus, publicKey: { kind: "RSA", bits, exponent: fromUrl(e), modulus } };
}

/** A signature by a key, in the form and with the number of the algorithm. */
export function signed(
  usage: number,
  algorithm: number,
  key: KeyObject,
  message: Uint8Array,
): SevSignature {
  const hash = algorithm >= 0x100 ? "sha384" : "sha256";
  const options =
    key.asymmetricKeyType === "ec"
      ? ({ key, dsaEncoding: "ieee-p1363" } as const)
      : {
          key,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        };
  return sevSignature(usage, algorithm, new Uint8Array(sign(hash, message, options)));
}

/** Who signs a certificate made here. */
export interface SignedBy {
  readonly usage: number;
  readonly algorithm?: number;
  readonly key: KeyObject;
}

/** A SEV certificate, signed. */
export function certificate(
  usage: number,
  publicKey: SevPublicKey,
  by: readonly (SignedBy | undefined)[],
  {
    algorithm = SEV_ALGORITHM["ECDSA-SHA256"],
    apiMajor = 1,
    apiMinor = 55,
  }: { readonly algorithm?: number; readonly apiMajor?: number; readonly apiMinor?: number } = {},
): SevCertificate {
  const content = { apiMajor, apiMinor, usage, algorithm, publicKey };
  const body = encodeSevCertificate(content).subarray(0, SEV_SIGNED_SIZE);
  const slots = by.map((signer) =>
    signer === undefined
      ? undefined
      : signed(signer.usage, signer.algorithm ?? SEV_ALGORITHM["ECDSA-SHA256"], signer.key, body),
  );
  return parseSevCertificate(encodeSevCertificate({ ...content, signatures: slots }));
}

/** An AMD certificate, signed. */
export function amdCertificate(
  usage: number,
  ids: { readonly own: Uint8Array; readonly signer: Uint8Array },
  bits: 2048 | 4096,
  modulus: Uint8Array,
  signer: KeyObject,
): AmdCertificate {
  const content = { keyId: ids.own, certifyingKeyId: ids.signer, usage, bits, modulus };
  const unsigned = parseAmdCertificate(encodeAmdCertificate(content));
  const signature = new Uint8Array(
    sign(bits === 2048 ? "sha256" : "sha384", unsigned.signed, {
      key: signer,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  );
  return parseAmdCertificate(encodeAmdCertificate({ ...content, signature }));
}

/** A whole platform under its own root. */
export interface Made {
  readonly chain: Required<Omit<SevChain, "contradictions">>;
  readonly root: SevTrustRoot;
  readonly keys: {
    readonly ark: Pair;
    readonly ask: Pair;
    readonly cek: Pair;
    readonly oca: Pair;
    readonly pek: Pair;
    readonly pdh: Pair;
  };
}

/** Makes a platform whose root and signing key have that size. */
export function makePlatform(bits: 2048 | 4096 = 2048): Made {
  const [ark, ask] = [rsaPair(bits), rsaPair(bits)];
  const [cek, oca, pek, pdh] = [ecPair(), ecPair(), ecPair(), ecPair()];
  const arkId = new Uint8Array(16).fill(0xa1);
  const askId = new Uint8Array(16).fill(0xa2);
  const arkCertificate = amdCertificate(
    SEV_USAGE.ARK,
    { own: arkId, signer: arkId },
    bits,
    ark.modulus,
    ark.privateKey,
  );
  const askCertificate = amdCertificate(
    SEV_USAGE.ASK,
    { own: askId, signer: arkId },
    bits,
    ask.modulus,
    ark.privateKey,
  );
  const byAsk = {
    usage: SEV_USAGE.ASK,
    algorithm: SEV_ALGORITHM[bits === 2048 ? "RSA-SHA256" : "RSA-SHA384"],
    key: ask.privateKey,
  };
  const byOca = { usage: SEV_USAGE.OCA, key: oca.privateKey };
  const byCek = { usage: SEV_USAGE.CEK, key: cek.privateKey };
  const byPek = { usage: SEV_USAGE.PEK, key: pek.privateKey };
  const ecdh = { algorithm: SEV_ALGORITHM["ECDH-SHA256"] };
  return {
    chain: {
      ark: arkCertificate,
      ask: askCertificate,
      cek: certificate(SEV_USAGE.CEK, cek.publicKey, [byAsk]),
      oca: certificate(SEV_USAGE.OCA, oca.publicKey, [byOca]),
      pek: certificate(SEV_USAGE.PEK, pek.publicKey, [byOca, byCek]),
      pdh: certificate(SEV_USAGE.PDH, pdh.publicKey, [byPek], ecdh),
    },
    root: { line: "Milan", origin: "simulator", ark: arkCertificate, ask: askCertificate },
    keys: { ark, ask, cek, oca, pek, pdh },
  };
}

/** The outcome of one check. */
export function outcomeOf({ findings }: SevChainVerdict, id: FindingId): Outcome | undefined {
  return findings.find((finding) => finding.id === id)?.outcome;
}

/** Ids of all checks that failed. */
export function failedOf({ findings }: SevChainVerdict): readonly FindingId[] {
  return findings.filter(({ outcome }) => outcome === "fail").map(({ id }) => id);
}
