// SPDX-License-Identifier: Apache-2.0
// What is trusted: AMD's root key (ARK) of each product line, with the signing keys under it (ASK for
// VCEKs, ASVK for VLEKs). The certificates are carried in roots/ and read when they are asked for;
// their fingerprints stand here, apart from them, and are compared before anything is believed.

import { LayoutError, base64Decode, hexEncode } from "../bytes/index.ts";
import { sha256 } from "#crypto";
import type { ProductLine } from "../evidence/product.ts";
import { parseCertificate } from "./certificate.ts";
import type { Certificate } from "./certificate.ts";
import { GENOA } from "./roots/genoa.ts";
import { MILAN } from "./roots/milan.ts";
import { TURIN } from "./roots/turin.ts";

/** The certificates under which a product line's reports are verified. */
export interface TrustRoot {
  readonly line: ProductLine;
  readonly ark: Certificate;
  /** Signs VCEKs. Absent: it must come with the evidence. */
  readonly ask?: Certificate;
  /** Signs VLEKs. Absent: it must come with the evidence. */
  readonly asvk?: Certificate;
  /** `simulator` is a hierarchy made for tests; nothing it endorses ran on an AMD processor. */
  readonly origin: "AMD" | "simulator";
}

/** Roles of AMD's certificate authorities. */
export type AuthorityRole = "ARK" | "ASK" | "ASVK";

/** Fingerprints of one of AMD's certificate authorities, SHA-256 in hexadecimal. */
export interface Pin {
  readonly line: ProductLine;
  readonly role: AuthorityRole;
  readonly der: string;
  readonly spki: string;
}

/** All that are known; two of them, the ASVKs of Genoa and Turin, are not carried. */
export const PINS: readonly Pin[] = [
  {
    line: "Milan",
    role: "ARK",
    der: "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
    spki: "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9",
  },
  {
    line: "Milan",
    role: "ASK",
    der: "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b",
    spki: "42491669ccb851d627ea9846cd24eccbeb7de7c2a62740120fff88001d38ebb6",
  },
  {
    line: "Milan",
    role: "ASVK",
    der: "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5",
    spki: "66450a123ea5876206df67f2514a4fea224c0f63b18313423078b0edc4535e33",
  },
  {
    line: "Genoa",
    role: "ARK",
    der: "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
    spki: "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831",
  },
  {
    line: "Genoa",
    role: "ASK",
    der: "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521",
    spki: "0324d55bcd48ba877a8fd87c0e1b4934dec8448e3807a24384a34dc6a6c9ebb8",
  },
  {
    line: "Genoa",
    role: "ASVK",
    der: "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372",
    spki: "7d1633252ebbadaa75f96e9b4e6f7d43a90ceb3f843937482630f8da2459264e",
  },
  {
    line: "Turin",
    role: "ARK",
    der: "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
    spki: "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08",
  },
  {
    line: "Turin",
    role: "ASK",
    der: "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185",
    spki: "0000ead352025f208bf55297c4192c34cd1b878002107366d8f2065a9ae7d3a9",
  },
  {
    line: "Turin",
    role: "ASVK",
    der: "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c",
    spki: "bfc441408b2f806c5dbf180bd8920e6e60dd404d82141780d85dbf962954d386",
  },
];

/** AMD's certificate authorities by product line, oldest first. Each is read on first use. */
export const AMD_ROOTS: readonly TrustRoot[] = [
  carried("Milan", MILAN),
  carried("Genoa", GENOA),
  carried("Turin", TURIN),
];

/** The pin that a certificate has the fingerprint of: byte for byte one of AMD's authorities. */
export function pinOf(der: Uint8Array): Pin | undefined {
  const digest = hexEncode(sha256(der));
  return PINS.find((pin) => pin.der === digest);
}

function carried(
  line: ProductLine,
  base64: { readonly ark: string; readonly ask: string; readonly asvk?: string },
): TrustRoot {
  const read = new Map<AuthorityRole, Certificate>();
  const load = (role: AuthorityRole, text: string): Certificate => {
    const certificate = read.get(role) ?? checked(line, role, text);
    read.set(role, certificate);
    return certificate;
  };
  const { ark, ask, asvk } = base64;
  const root = {
    line,
    origin: "AMD" as const,
    get ark() {
      return load("ARK", ark);
    },
    get ask() {
      return load("ASK", ask);
    },
  };
  if (asvk === undefined) return root;
  return Object.defineProperty(root, "asvk", {
    get: () => load("ASVK", asvk),
    enumerable: true,
  });
}

/**
 * A carried certificate, which must have the fingerprints of its pin.
 * @throws {LayoutError} `constant-mismatch` when it was changed.
 */
function checked(line: ProductLine, role: AuthorityRole, text: string): Certificate {
  const name = `${role} of ${line}`;
  const certificate = parseCertificate(base64Decode(text, name));
  const pin = PINS.find((each) => each.line === line && each.role === role);
  const isPinned =
    pin !== undefined &&
    hexEncode(sha256(certificate.der)) === pin.der &&
    hexEncode(sha256(certificate.spki)) === pin.spki;
  if (isPinned) return certificate;
  throw new LayoutError({
    code: "constant-mismatch",
    structure: name,
    reason: "does not have the fingerprint that is pinned",
    hint: "this copy of the program was changed; install it anew",
  });
}
