// SPDX-License-Identifier: Apache-2.0
// The legacy attestation report: what digest some guest of this platform was launched with.
// Source: AMD SEV API 55766 rev. 3.24, section 6.14, ATTESTATION.

import { SEV_ALGORITHM, SEV_USAGE, sevSignature } from "@greenlight/core/sev-endorsement";
import {
  SEV_ATTESTATION_REPORT,
  SEV_ATTESTATION_REPORT_SIGNED_SIZE,
} from "@greenlight/core/sev-evidence";
import { toBytes } from "../hierarchy/bits.ts";
import { p384Key } from "../hierarchy/p384-key.ts";
import { ecKey } from "../platform/ec-key.ts";
import type { EcKey } from "../platform/ec-key.ts";
import type { Faults } from "../platform/faults.ts";
import type { RandomSource } from "../platform/random.ts";

/** Bytes of the report. */
export const REPORT_SIZE = SEV_ATTESTATION_REPORT.size;

/** The report over a nonce of 16 bytes and a digest of 32. */
export function attestationReport(
  content: { readonly mnonce: Uint8Array; readonly digest: Uint8Array; readonly policy: number },
  pek: EcKey,
  random: RandomSource,
  faults: Faults,
): Uint8Array {
  const { mnonce, digest, policy } = content;
  const { PEK } = SEV_USAGE;
  const algorithm = SEV_ALGORITHM["ECDSA-SHA256"];
  const report = SEV_ATTESTATION_REPORT.encode({
    mnonce,
    launchDigest: digest,
    policy,
    signatureUsage: PEK,
    signatureAlgorithm: algorithm,
    signatureR: new Uint8Array(48),
    signatureS: new Uint8Array(48),
  });
  const key = faults.attestation === "other-key" ? otherKey() : pek;
  const signed = report.subarray(0, SEV_ATTESTATION_REPORT_SIGNED_SIZE);
  const { bytes } = sevSignature(PEK, algorithm, key.sign(signed, "sha256", random));
  const at = SEV_ATTESTATION_REPORT.offsetOf("signatureR");
  report.set(bytes.subarray(0, REPORT_SIZE - at), at);
  return report;
}

function otherKey(): EcKey {
  return ecKey(toBytes(p384Key("a PEK of no platform").scalar, 48));
}
