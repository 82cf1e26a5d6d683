// SPDX-License-Identifier: Apache-2.0
// `--launch-digest`: the measurement of a digest that was computed elsewhere.

import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { measurementOf, reportMeasurement } from "./hmac.ts";
import { given, wantsMeasurement } from "./options.ts";
import type { MeasureOptions } from "./options.ts";

/** What a digest takes the place of. */
const LAUNCHED = [
  "ovmf",
  "firmware-descriptor",
  "kernel",
  "initrd",
  "append",
  "append-file",
  "kernel-hash",
  "initrd-hash",
  "append-hash",
  "snp-ovmf-hash",
  "svsm",
  "vcpus",
  "vmsa-cpu0",
] as const;

/**
 * Prints digest and measurement.
 * @throws {UsageError} when files are given besides, no key is, or the mode has no measurement.
 */
export function measureGivenDigest(text: string, options: MeasureOptions, io: Io): number {
  const stray = LAUNCHED.find((name) => given(options[name]) !== undefined);
  if (stray !== undefined) {
    throw new UsageError(
      "conflicting-options",
      `--launch-digest and --${stray} are both given`,
      "leave one out: the digest is of all that is launched",
    );
  }
  if (!wantsMeasurement(options)) {
    throw new UsageError(
      "missing-option",
      "--launch-digest is for the measurement of a digest, which needs the session's key",
      "add --tik FILE, or --tk FILE",
    );
  }
  // Both generations make the measurement alike.
  const mode = options.mode === undefined || options.mode === "seves" ? "sev" : options.mode;
  if (mode !== "sev") {
    throw new UsageError("conflicting-options", `--launch-digest is not for mode ${mode}`);
  }
  const digest = parseBytes(text, "--launch-digest", 32);
  if (!options.json) return reportMeasurement(digest, mode, options, io);
  const { measurement, blob } = measurementOf(digest, mode, options);
  io.out(
    toJson({
      schema: "greenlight/measure/v1",
      digests: [{ digest: hexEncode(digest) }],
      launchMeasure: { measurement: hexEncode(measurement), blob: base64Encode(blob) },
    }),
  );
  return 0;
}
