// SPDX-License-Identifier: Apache-2.0
// `--tik`: from the launch digest to the launch measurement that SEV and SEV-ES platforms report.

import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { launchMeasurement } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { parseNumber } from "../../input/number.ts";
import { readIntegrityKey } from "../../input/session-key.ts";
import type { Io } from "../../output/io.ts";
import { given, wantsMeasurement } from "./options.ts";
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
  const mnonce = nonceOf(options.nonce ?? "");
  const measurement = launchMeasurement({
    tik: readIntegrityKey({ tik: given(options.tik), tk: given(options.tk) }),
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

/** Shortest text of the 48 bytes, and far above the longest of the nonce alone. */
const BLOB_TEXT = 64;

/** The nonce, alone or behind a measurement. @throws {UsageError} `bad-value`. */
function nonceOf(text: string): Uint8Array {
  if (text.trim().length < BLOB_TEXT) return parseBytes(text, "--nonce", 16);
  return parseBytes(text, "--nonce", 48).slice(32);
}

const NEEDED = ["api-major", "api-minor", "build-id", "policy", "nonce"] as const;

function requireAll(options: MeasureOptions): void {
  const absent = NEEDED.filter((name) => given(options[name]) === undefined);
  const missing = wantsMeasurement(options) ? absent : ["tik", ...absent];
  if (missing.length === 0) return;
  throw new UsageError(
    "missing-option",
    `the measurement needs ${missing.map((name) => `--${name}`).join(", ")}`,
    "the platform's LAUNCH_MEASURE and the session hold these values",
  );
}
