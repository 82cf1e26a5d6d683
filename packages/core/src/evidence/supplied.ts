// SPDX-License-Identifier: Apache-2.0
// Certificates and lists as they come with evidence, DER or PEM, to DER. Whether that is a certificate,
// and of whom, is for endorsement/ to say.

import { LayoutError } from "../bytes/index.ts";
import { pemDecode } from "../crypto/pem.ts";
import type { SuppliedCertificate, SuppliedRole } from "./evidence.ts";
import { MAX_CERTIFICATE_ENTRY_SIZE } from "./limits.ts";
import { latin1 } from "./text-form.ts";

/** Where certificates come from, for errors and {@link SuppliedCertificate.from}. */
export interface SuppliedOrigin {
  /** Structure named in errors. */
  readonly structure: string;
  readonly field: string;
  /** Offset in the structure, where it has one. */
  readonly offset?: number;
  /** For people: `certificate table, entry 2`. */
  readonly from: string;
}

/** Labels of PEM blocks that are certificates (RFC 7468 section 5, OpenSSL's older ones) or lists. */
const CERTIFICATE_LABELS: ReadonlySet<string> = new Set(["CERTIFICATE", "X509 CERTIFICATE"]);
const CRL_LABEL = "X509 CRL";

/**
 * The certificates in some bytes, which are one in DER or a PEM text of one or more. A VCEK or VLEK must
 * be alone, because the report is to be verified with one key.
 * @param role What the carrier says it is; undefined when it does not.
 * @throws {LayoutError} `bad-length` for nothing or too much, `bad-pem`, `bad-base64`, `unknown-value` for
 * bytes that are neither.
 */
export function suppliedCertificates(
  bytes: Uint8Array,
  role: SuppliedRole | undefined,
  origin: SuppliedOrigin,
): readonly SuppliedCertificate[] {
  const { structure, field, offset, from } = origin;
  const fail = (code: "bad-length" | "bad-pem" | "unknown-value", reason: string): never => {
    throw new LayoutError({ code, structure, field, offset, reason });
  };
  if (bytes.length === 0) fail("bad-length", "is empty");
  if (bytes.length > MAX_CERTIFICATE_ENTRY_SIZE) {
    fail("bad-length", `has ${bytes.length} bytes, the most is ${MAX_CERTIFICATE_ENTRY_SIZE}`);
  }
  const named = role === undefined ? {} : { role };
  if (bytes[0] === 0x30) return [{ ...named, der: bytes, from }];
  const text = latin1(bytes);
  if (!text.includes("-----BEGIN ")) fail("unknown-value", "is neither DER nor PEM");
  const blocks = pemBlocks(text, origin).filter(({ label }) => isWanted(label, role));
  if (blocks.length === 0) fail("bad-pem", "has no certificate or revocation list in its PEM");
  if (blocks.length > 1 && (role === "VCEK" || role === "VLEK")) {
    fail("bad-pem", `holds ${blocks.length} certificates, a ${role} stands alone`);
  }
  return blocks.map(({ label, bytes: der }) => ({
    ...(label === CRL_LABEL ? { role: "CRL" as const } : named),
    der,
    from: `${from} (PEM)`,
  }));
}

function pemBlocks(text: string, { structure, field, offset }: SuppliedOrigin) {
  try {
    return pemDecode(text);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const reason = `has broken PEM: ${error.message}`;
    throw new LayoutError({ code: error.code, structure, field, offset, reason });
  }
}

function isWanted(label: string, role: SuppliedRole | undefined): boolean {
  const isCertificate = CERTIFICATE_LABELS.has(label);
  if (role === undefined) return isCertificate || label === CRL_LABEL;
  return role === "CRL" ? label === CRL_LABEL : isCertificate;
}
