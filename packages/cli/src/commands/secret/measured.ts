// SPDX-License-Identifier: Apache-2.0
// The measurement that a secret is released for: what LAUNCH_MEASURE returned, and by which firmware.

import { existsSync } from "node:fs";
import { timingSafeEqual } from "node:crypto";
import { readSized } from "@greenlight/core/session";
import type { ApiVersion } from "@greenlight/core/session";
import { launchMeasurement } from "@greenlight/core/launch";
import type { Options, OptionValues } from "../../command/command.ts";
import { SESSION_OPTIONS } from "../../command/session-options.ts";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { parseNumber } from "../../input/number.ts";

const group = "What was measured";

const { "api-major": major, "api-minor": minor, "build-id": build, policy } = SESSION_OPTIONS;

/** Options of the measurement, the same for every command that needs one. */
export const MEASURED_OPTIONS = {
  measurement: {
    kind: "value",
    short: "m",
    placeholder: "FILE|BASE64",
    brief: "measurement and nonce as LAUNCH_MEASURE returned them, 48 bytes",
    group,
  },
  "api-major": { ...major, group },
  "api-minor": { ...minor, group },
  "build-id": { ...build, group },
  policy: { ...policy, group },
} as const satisfies Options;

type MeasuredOptions = OptionValues<typeof MEASURED_OPTIONS>;

const MEASURE_SIZE = 32;
const BLOB_SIZE = 48;

/** What LAUNCH_MEASURE returned. */
export interface Measured {
  /** 32 bytes. */
  readonly measure: Uint8Array;
  /** 16 bytes. */
  readonly mnonce: Uint8Array;
  readonly api: ApiVersion;
}

/**
 * The measurement and the firmware's version out of the options.
 * @throws {UsageError} {LayoutError} for options that are missing or unusable.
 */
export async function measuredOf(options: MeasuredOptions): Promise<Measured> {
  const { measurement } = options;
  if (measurement === undefined) {
    throw new UsageError(
      "missing-option",
      "the measurement is missing",
      "add --measurement: query-sev-launch-measure or virsh domlaunchsecinfo hold it",
    );
  }
  const blob = existsSync(measurement)
    ? (
        await naming(measurement, () =>
          readSized(readBounded(measurement, 4096), BLOB_SIZE, "measurement"),
        )
      ).bytes
    : parseBytes(measurement, "--measurement", BLOB_SIZE);
  return {
    measure: blob.slice(0, MEASURE_SIZE),
    mnonce: blob.slice(MEASURE_SIZE),
    api: { major: byteOf(options, "api-major"), minor: byteOf(options, "api-minor") },
  };
}

/**
 * The digest among those given that the measurement is of; undefined when it is of none.
 * @throws {UsageError} for digests or options that are missing or unusable.
 */
export function measuredDigest(
  digests: readonly string[],
  { measure, mnonce, api }: Measured,
  tik: Uint8Array,
  options: MeasuredOptions,
): Uint8Array | undefined {
  const buildId = byteOf(options, "build-id");
  const guestPolicy = parseNumber(given(options, "policy"), "--policy", 0xffff_ffff);
  // All are computed, and compared in constant time: whether one matches is told, not which digit.
  const candidates = digests.map((text) => parseBytes(text, "--digest", 32));
  const matches = candidates.map((digest) => {
    const expected = launchMeasurement({
      tik,
      apiMajor: api.major,
      apiMinor: api.minor,
      buildId,
      policy: guestPolicy,
      digest,
      mnonce,
    });
    return timingSafeEqual(expected, measure);
  });
  return candidates[matches.indexOf(true)];
}

type Needed = Exclude<keyof MeasuredOptions, "measurement">;

function byteOf(options: MeasuredOptions, name: Needed): number {
  return parseNumber(given(options, name), `--${name}`, 255);
}

function given(options: MeasuredOptions, name: Needed): string {
  const value = options[name];
  if (value !== undefined) return value;
  throw new UsageError(
    "missing-option",
    `--${name} is missing`,
    "query-sev and virsh domlaunchsecinfo tell it; the policy is the session's own",
  );
}
