// SPDX-License-Identifier: Apache-2.0
// Certificates out of parts, read or refused.

import assert from "node:assert/strict";
import { LayoutError } from "../../src/bytes/index.ts";
import { parseCertificate } from "../../src/endorsement/index.ts";
import type { Certificate } from "../../src/endorsement/index.ts";
import { buildCertificate } from "../support/der-builder.ts";
import type { CertificateParts } from "../support/der-builder.ts";

/** The certificate of these parts. */
export function parse(parts: CertificateParts): Certificate {
  return parseCertificate(buildCertificate(parts));
}

/** Why a certificate of these parts is refused. */
export function refusal(parts: CertificateParts): LayoutError {
  try {
    parse(parts);
  } catch (error) {
    if (error instanceof LayoutError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "the certificate was accepted" });
}
