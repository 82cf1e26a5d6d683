// SPDX-License-Identifier: Apache-2.0
// Targets of key files: PEM, and the DER structures of P-384 keys.

import { LayoutError, base64Encode } from "../../packages/core/src/bytes/index.ts";
import { KeyError } from "../../packages/core/src/crypto/key-error.ts";
import {
  checkParameters,
  decodePrivateKey,
  decodePublicKey,
  encodePkcs8,
} from "../../packages/core/src/crypto/p384-key.ts";
import { pemDecode } from "../../packages/core/src/crypto/pem.ts";
import { publicKeyFromAmd, publicKeyToAmd } from "../../packages/core/src/launch/id-block/index.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, concat, declared, sameBytes, shifted, textOf } from "./support.ts";

// Nobody's key: no point of any curve. The decoders under test do not look at the curve.
const SCALAR = Uint8Array.from({ length: 48 }, (_, i) => i + 1);
const POINT = Uint8Array.from({ length: 96 }, (_, i) => 255 - i);

/** OBJECT IDENTIFIERs with tag and length. */
const OID = {
  p384: [0x06, 5, 0x2b, 0x81, 0x04, 0x00, 0x22],
  ec: [0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  p256: [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
  rsa: [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
} as const;
const BIT_STRING = concat([0x03, 0x62, 0x00, 0x04], POINT);

const PKCS8 = encodePkcs8({ scalar: SCALAR, point: POINT });
const PKCS8_BARE = encodePkcs8({ scalar: SCALAR, point: undefined });
const SEC1 = concat(
  [0x30, 0x81, 0xa4, 0x02, 0x01, 0x01, 0x04, 0x30],
  SCALAR,
  [0xa0, 0x07, ...OID.p384, 0xa1, 0x64],
  BIT_STRING,
);
const SPKI = concat([0x30, 0x76, 0x30, 0x10, ...OID.ec, ...OID.p384], BIT_STRING);
/** RFC 5958 with version 1 and the public key repeated as [1] IMPLICIT BIT STRING. */
const PKCS8_V1 = concat(
  [0x30, 0x81, 0xb2, 0x02, 0x01, 0x01, 0x30, 0x10, ...OID.ec, ...OID.p384, 0x04, 0x37],
  [0x30, 0x35, 0x02, 0x01, 0x01, 0x04, 0x30],
  SCALAR,
  [0x81, 0x62, 0x00, 0x04],
  POINT,
);

const pem = (label: string, der: Uint8Array, head = ""): Uint8Array => {
  const lines = base64Encode(der).match(/.{1,64}/g) ?? [];
  return bytesOf(`-----BEGIN ${label}-----\n${head}${lines.join("\n")}\n-----END ${label}-----\n`);
};

const expected = declared(LayoutError, KeyError);

export const targets: readonly Target[] = [
  {
    name: "key-private",
    seeds: () => [SEC1, PKCS8, PKCS8_BARE, PKCS8_V1, SPKI],
    dictionary: Object.values(OID).map((oid) => Uint8Array.from(oid)),
    maxLength: 512,
    expected,
    run(data) {
      const { scalar, point } = decodePrivateKey(shifted(data), (data.at(-1) ?? 0) % 2 === 1);
      const again = decodePrivateKey(encodePkcs8({ scalar, point }));
      check(sameBytes(again.scalar, scalar), "the private value survives PKCS #8");
      const isSame =
        point === undefined
          ? again.point === undefined
          : again.point !== undefined && sameBytes(point, again.point);
      check(isSame, "the public key survives PKCS #8");
    },
  },
  {
    name: "key-public",
    seeds: () => [SPKI, SEC1],
    dictionary: Object.values(OID).map((oid) => Uint8Array.from(oid)),
    maxLength: 512,
    expected,
    run(data) {
      const point = decodePublicKey(shifted(data));
      check(sameBytes(publicKeyFromAmd(publicKeyToAmd(point)), point), "AMD's form reads back");
    },
  },
  {
    name: "pem",
    text: true,
    seeds: () => [
      pem("EC PRIVATE KEY", SEC1),
      pem("PRIVATE KEY", PKCS8),
      pem("PUBLIC KEY", SPKI),
      concat(pem("EC PARAMETERS", Uint8Array.from(OID.p384)), pem("EC PRIVATE KEY", SEC1)),
      pem("EC PRIVATE KEY", SEC1, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n"),
    ],
    dictionary: ["-----BEGIN ", "-----END ", "-----", "PRIVATE KEY-----", "\n\n"].map(bytesOf),
    expected,
    run(data) {
      for (const block of pemDecode(textOf(data))) {
        if (block.label === "EC PARAMETERS") checkParameters(block.bytes);
        if (block.label.endsWith("PRIVATE KEY")) decodePrivateKey(block.bytes);
        if (block.label === "PUBLIC KEY") decodePublicKey(block.bytes);
      }
    },
  },
];
