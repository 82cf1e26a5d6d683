// SPDX-License-Identifier: Apache-2.0
// Distinguished names (RFC 5280 section 4.1.2.4).

import { DER_TAG } from "../crypto/der.ts";
import type { DerReader } from "../crypto/der.ts";

/** A distinguished name. Two names are the same when `raw` is. */
export interface Name {
  /** As it stands in the certificate, with tag and length. */
  readonly raw: Uint8Array;
  /** The common name; absent when there is none, and when there are several. */
  readonly commonName?: string;
  /** `OU=Engineering, C=US, CN=ARK-Milan`, in the order of the certificate, printable. */
  readonly text: string;
}

/** Short names of attribute types (RFC 4514 section 3, RFC 2985). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/**
 * Names that were read last. Every VCEK has the same two, and reading them is half the work of reading
 * the certificate. Kept with bytes of their own, so that no certificate stays in memory for them.
 */
const RECENT: Name[] = [];

/** More names than all lines have. */
const MOST_RECENT = 16;

/**
 * Reads a Name.
 * @throws {LayoutError} for bytes that are none, and for values that are no printable text.
 */
export function readName(reader: DerReader, field: string): Name {
  const raw = reader.peekElement(DER_TAG.sequence, field);
  const known = RECENT.find((name) => isSame(name.raw, raw));
  if (known !== undefined) {
    reader.skip(DER_TAG.sequence, field);
    return { ...known, raw };
  }
  const name = readAttributes(reader.sequence(field));
  RECENT.unshift({ ...name, raw: raw.slice() });
  if (RECENT.length > MOST_RECENT) RECENT.pop();
  return { ...name, raw };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // From the end, where the common name stands, in which AMD's names differ.
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

function readAttributes(sequence: DerReader): Omit<Name, "raw"> {
  let text = "";
  let commonName: string | undefined;
  let commonNames = 0;
  while (sequence.nextTag !== undefined) {
    const set = sequence.sequence("relativeDistinguishedName", DER_TAG.set);
    let separator = ", ";
    do {
      const attribute = set.sequence("attribute");
      const type = attribute.objectIdentifier("type");
      const value = attribute.text("value");
      attribute.finish();
      if (type === "2.5.4.3") {
        commonName = value;
        commonNames++;
      }
      text += `${text === "" ? "" : separator}${ATTRIBUTES[type] ?? type}=${escaped(value)}`;
      separator = " + ";
    } while (set.nextTag !== undefined);
  }
  return { ...(commonNames === 1 ? { commonName: commonName! } : {}), text };
}

/** Marks characters that would read as structure of the text (RFC 4514 section 2.4). */
function escaped(value: string): string {
  return /[,+"\\<>;=]/.test(value) ? value.replaceAll(/[,+"\\<>;=]/g, String.raw`\$&`) : value;
}
