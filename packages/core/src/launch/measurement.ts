// SPDX-License-Identifier: Apache-2.0
// From digest to measurement for SEV and SEV-ES: what LAUNCH_MEASURE returns is not the digest but
// an HMAC over it, keyed with the owner's transport integrity key.
// Source: AMD SEV API (55766), LAUNCH_MEASURE.

import { hmacSha256 } from "../crypto/hmac.ts";
import { LayoutError, at, bytes, constant, struct, u32, u8 } from "../bytes/index.ts";
import { apiForm } from "./api-forms.ts";

/** What the HMAC of LAUNCH_MEASURE covers since API 0.17; before, only its last two fields. */
export const LAUNCH_MEASURE_INPUT = struct(
  "LAUNCH_MEASURE input",
  { size: 56, source: "AMD SEV API 55766, LAUNCH_MEASURE" },
  {
    context: at(0x00, constant(u8, 4), "LAUNCH_MEASURE"),
    apiMajor: at(0x01, u8),
    apiMinor: at(0x02, u8),
    buildId: at(0x03, u8),
    policy: at(0x04, u32, "guest policy"),
    digest: at(0x08, bytes(32), "launch digest"),
    mnonce: at(0x28, bytes(16), "nonce chosen by the firmware"),
  },
);

/** Bytes of the transport keys TEK and TIK. */
const TIK_SIZE = 16;

/** What turns a launch digest into a launch measurement. */
export interface LaunchMeasureParameters {
  /** Transport integrity key of the launch session, 16 bytes. Secret. */
  readonly tik: Uint8Array;
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly buildId: number;
  readonly policy: number;
  readonly digest: Uint8Array;
  readonly mnonce: Uint8Array;
}

/**
 * The launch measurement, 32 bytes, in the form of the firmware's API version. LAUNCH_MEASURE returns
 * it followed by the 16-byte nonce.
 * @throws {LayoutError} for a value that does not fit its field, or a key of another length.
 */
export function launchMeasurement(parameters: LaunchMeasureParameters): Uint8Array {
  const { tik, ...covered } = parameters;
  if (tik.length !== TIK_SIZE) {
    throw new LayoutError({
      code: "bad-length",
      structure: "transport integrity key",
      reason: `has ${tik.length} bytes, must have ${TIK_SIZE}`,
      source: "AMD SEV API 55766, LAUNCH_START",
    });
  }
  const input = LAUNCH_MEASURE_INPUT.encode(covered);
  const { measuresVersions } = apiForm({ major: covered.apiMajor, minor: covered.apiMinor });
  const start = measuresVersions ? 0 : LAUNCH_MEASURE_INPUT.offsetOf("digest");
  return hmacSha256(tik, input.subarray(start));
}
