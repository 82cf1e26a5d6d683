// SPDX-License-Identifier: Apache-2.0
// `--tik`: from the launch digest to the launch measurement that SEV and SEV-ES platforms report.

import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { launchMeasurement } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { parseNumber } from "../../input/number.ts";
import { readTik } from "../../input/session-key.ts";
import type { Io } from "../../output/io.ts";
import { given } from "./options.ts";
import type { MeasureOptions } from "./options.ts";
import type { Mode } from "./request.ts";

/** The measurement and what LAUNCH_MEASURE and QEMU make of it. */
export interface Measurement {
  readonly measurement: Uint8Array;
  /** Measurement and nonce, as query-sev-launch-measure returns them. */
  readonly blob: Uint8Array;
}

/**
 * The measurement for a digest, from the session's options.
 * @throws {UsageError} when one is missing or unusable; the key itself is never shown.
 */
export function measurementOf(
  digest: Uint8Array,
  mode: Mode,
  options: MeasureOptions,
): Measurement {
  if (mode === "snp") {
    throw new UsageError(
      "conflicting-options",
      "--tik is for SEV and SEV-ES",
      "an SEV-SNP report holds the launch digest itself; leave --tik out",
    );
  }
  requireAll(options);
  const number = (name: "api-major" | "api-minor" | "build-id" | "policy", max: number): number =>
    parseNumber(options[name] ?? "", `--${name}`, max);
  const mnonce = parseBytes(options.nonce ?? "", "--nonce", 16);
  const measurement = launchMeasurement({
    tik: readTik(options.tik ?? ""),
    apiMajor: number("api-major", 255),
    apiMinor: number("api-minor", 255),
    buildId: number("build-id", 255),
    policy: number("policy", 2 ** 32 - 1),
    digest,
    mnonce,
  });
  const blob = new Uint8Array(48);
  blob.set(measurement);
  blob.set(mnonce, 32);
  return { measurement, blob };
}

/** Prints digest and measurement side by side, so that nobody confuses the two. */
export function reportMeasurement(
  digest: Uint8Array,
  mode: Mode,
  options: MeasureOptions,
  io: Io,
): number {
  const { measurement, blob } = measurementOf(digest, mode, options);
  io.out(`launch digest        ${hexEncode(digest)}\n`);
  io.out(`launch measurement   ${hexEncode(measurement)}\n`);
  io.out(`LAUNCH_MEASURE blob  ${base64Encode(blob)}\n`);
  return 0;
}

const NEEDED = ["tik", "api-major", "api-minor", "build-id", "policy", "nonce"] as const;

function requireAll(options: MeasureOptions): void {
  const missing = NEEDED.filter((name) => given(options[name]) === undefined);
  if (missing.length === 0) return;
  throw new UsageError(
    "missing-option",
    `the measurement needs ${missing.map((name) => `--${name}`).join(", ")}`,
    "the platform's LAUNCH_MEASURE and the session hold these values",
  );
}
