// SPDX-License-Identifier: Apache-2.0
// Distinguished names of a hierarchy. Its own names say that they are not AMD's; AMD's are written only
// where somebody asks for a forgery.

import type { ProductLine } from "@greenlight/core/evidence";
import { objectIdentifier, sequence, set, text } from "./der-writer.ts";
import type { TextType } from "./der-writer.ts";

/** Whose names the certificates carry. */
export type NameStyle = "simulator" | "forged-amd";

/** What a certificate is in the hierarchy. */
export type CertificateRole = "ARK" | "ASK" | "ASVK" | "VCEK" | "VLEK";

const ATTRIBUTES = {
  organizationalUnit: "2.5.4.11",
  country: "2.5.4.6",
  locality: "2.5.4.7",
  state: "2.5.4.8",
  organization: "2.5.4.10",
  commonName: "2.5.4.3",
} as const;

type Attribute = readonly [name: keyof typeof ATTRIBUTES, type: TextType, value: string];

/** What stands before the common name, in the order of AMD's certificates. */
const PREFIX: Readonly<Record<NameStyle, readonly Attribute[]>> = {
  simulator: [
    ["organizationalUnit", "utf8", "Simulator, not AMD"],
    ["organization", "utf8", "Greenlight"],
  ],
  "forged-amd": [
    ["organizationalUnit", "utf8", "Engineering"],
    ["country", "printable", "US"],
    ["locality", "utf8", "Santa Clara"],
    ["state", "utf8", "CA"],
    ["organization", "utf8", "Advanced Micro Devices"],
  ],
};

/**
 * Common name of a certificate, after AMD 57230: `ARK-Milan`, `SEV-Milan`, `SEV-VLEK-Milan`,
 * `SEV-VCEK`, `SEV-VLEK`. The simulator's authorities have `-Simulator` behind it.
 */
export function commonName(role: CertificateRole, line: ProductLine, style: NameStyle): string {
  const suffix = style === "simulator" ? "-Simulator" : "";
  switch (role) {
    case "ARK":
      return `ARK-${line}${suffix}`;
    case "ASK":
      return `SEV-${line}${suffix}`;
    case "ASVK":
      return `SEV-VLEK-${line}${suffix}`;
    case "VCEK":
    case "VLEK":
      return `SEV-${role}`;
  }
}

/** A Name in DER (RFC 5280 section 4.1.2.4) that ends in this common name. */
export function distinguishedName(common: string, style: NameStyle): Uint8Array {
  const attributes: readonly Attribute[] = [...PREFIX[style], ["commonName", "utf8", common]];
  return sequence(
    ...attributes.map(([name, type, value]) =>
      set(sequence(objectIdentifier(ATTRIBUTES[name]), text(type, value))),
    ),
  );
}
