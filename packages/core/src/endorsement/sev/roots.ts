// SPDX-License-Identifier: Apache-2.0
// What is trusted to vouch for SEV and SEV-ES platforms: AMD's root key (ARK) and signing key (ASK) of
// each product line. The certificates are carried in roots/ and read when they are asked for; their
// fingerprints stand here, apart from them, and are compared before anything is believed.

import { LayoutError, base64Decode, hexEncode } from "../../bytes/index.ts";
import { sha256 } from "#crypto";
import { parseAmdCertificate } from "./amd-certificate.ts";
import type { AmdCertificate } from "./amd-certificate.ts";
import { GENOA } from "./roots/genoa.ts";
import { MILAN } from "./roots/milan.ts";
import { NAPLES } from "./roots/naples.ts";
import { ROME } from "./roots/rome.ts";
import { TURIN } from "./roots/turin.ts";

/** Product lines with SEV, oldest first. */
export const SEV_PRODUCT_LINES = ["Naples", "Rome", "Milan", "Genoa", "Turin"] as const;

/** A product line with SEV, as AMD calls it. */
export type SevProductLine = (typeof SEV_PRODUCT_LINES)[number];

/** The certificates under which platforms of a product line are verified. */
export interface SevTrustRoot {
  /** Absent for a simulator's root that does not say which line it plays: its certificates cannot. */
  readonly line?: SevProductLine;
  readonly ark: AmdCertificate;
  /** Signs CEKs. Absent: it must come with the chain. */
  readonly ask?: AmdCertificate;
  /** `simulator` is a hierarchy made for tests; nothing it vouches for is an AMD processor. */
  readonly origin: "AMD" | "simulator";
}

/** SHA-256 of one of AMD's certificates, in hexadecimal. */
interface SevPin {
  readonly line: SevProductLine;
  readonly role: "ARK" | "ASK";
  readonly sha256: string;
}

/** All that are carried. */
const PINS: readonly SevPin[] = [
  {
    line: "Naples",
    role: "ARK",
    sha256: "dedabca561e1dece8cc00b7bda864cf5f20b95017864408cfe18eaee0dce24b9",
  },
  {
    line: "Naples",
    role: "ASK",
    sha256: "c6f30cf923f526c3bcd5c8c221db51e0db65911782f046de17a6603131cdfd7f",
  },
  {
    line: "Rome",
    role: "ARK",
    sha256: "865977b268c16d5b27772b00aaefb4e737ba9499e818ed8e9f65b0cecefbc529",
  },
  {
    line: "Rome",
    role: "ASK",
    sha256: "7754a69407d25540fe3a695be6b02c58a53bffd12594f5c30793d6cb62875706",
  },
  {
    line: "Milan",
    role: "ARK",
    sha256: "1246469862b78a7a8625579b0378d1f8e975eb8b82a1623b579d7968a5969888",
  },
  {
    line: "Milan",
    role: "ASK",
    sha256: "c7c73765561c58003a3d09adb2c76993027dd3a1ec4e9be876024c035e015cec",
  },
  {
    line: "Genoa",
    role: "ARK",
    sha256: "8f4e3fd36589c23f1fe0c8338465bac7e2e066d97fc92f228bbee4fd356fb674",
  },
  {
    line: "Genoa",
    role: "ASK",
    sha256: "c30307e4f594fb6c51fd753ab758eb78ad4bb70d9e4d96690e51c0621901031d",
  },
  {
    line: "Turin",
    role: "ARK",
    sha256: "f6405e5096a6eee1eb7d5df75c49f9b9f7c8357a31c7fff150149d68588a7bf7",
  },
  {
    line: "Turin",
    role: "ASK",
    sha256: "2ee285477f0d5eb94a69029197f4cf58ca82d8e1b9a276da1ac45b0db3f4be56",
  },
];

/** AMD's roots by product line, oldest first. Each is read on first use. */
export const AMD_SEV_ROOTS: readonly (SevTrustRoot & { readonly line: SevProductLine })[] = [
  carried("Naples", NAPLES),
  carried("Rome", ROME),
  carried("Milan", MILAN),
  carried("Genoa", GENOA),
  carried("Turin", TURIN),
];

/** Length of the ARK of Naples as AMD first published it: without its signature. */
export const UNSIGNED_ARK_SIZE = 576;

/**
 * The ARK of Naples that some bytes are, when they are exactly those that AMD first published, in which
 * the signature is missing; undefined for all others.
 */
export function unsignedNaplesArk(bytes: Uint8Array): AmdCertificate | undefined {
  const { ark } = AMD_SEV_ROOTS[0]!;
  const isIt = bytes.length === UNSIGNED_ARK_SIZE && hexEncode(bytes) === hexEncode(ark.signed);
  return isIt ? ark : undefined;
}

function carried(
  line: SevProductLine,
  base64: { readonly ark: string; readonly ask: string },
): SevTrustRoot & { readonly line: SevProductLine } {
  const read = new Map<SevPin["role"], AmdCertificate>();
  const load = (role: SevPin["role"], text: string): AmdCertificate => {
    const certificate = read.get(role) ?? checked(line, role, text);
    read.set(role, certificate);
    return certificate;
  };
  return {
    line,
    origin: "AMD",
    get ark() {
      return load("ARK", base64.ark);
    },
    get ask() {
      return load("ASK", base64.ask);
    },
  };
}

/**
 * A carried certificate, which must have the fingerprint of its pin.
 * @throws {LayoutError} `constant-mismatch` when it was changed.
 */
function checked(line: SevProductLine, role: SevPin["role"], text: string): AmdCertificate {
  const name = `${role} of ${line}`;
  const bytes = base64Decode(text, name);
  const pin = PINS.find((each) => each.line === line && each.role === role);
  if (pin !== undefined && hexEncode(sha256(bytes)) === pin.sha256) {
    return parseAmdCertificate(bytes);
  }
  throw new LayoutError({
    code: "constant-mismatch",
    structure: name,
    reason: "does not have the fingerprint that is pinned",
    hint: "this copy of the program was changed; install it anew",
  });
}
