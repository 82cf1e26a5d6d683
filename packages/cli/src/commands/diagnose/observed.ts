// SPDX-License-Identifier: Apache-2.0
// OBSERVED: a digest, a measurement or a report, on the command line or in a file, and the mode its
// length stands for.

import { existsSync } from "node:fs";
import { LayoutError } from "@greenlight/core/bytes";
import { readDigestText, readObservedFile } from "@greenlight/core/diagnose";
import type { LaunchMode, MeasurementSession, Observed } from "@greenlight/core/diagnose";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { parseNumber } from "../../input/number.ts";
import { readIntegrityKey } from "../../input/session-key.ts";
import type { DiagnoseOptions } from "./options.ts";

/** A report with a certificate table is at most 20 KiB; text of one is longer. */
const MAX_OBSERVED = 1024 * 1024;

/** What is searched for. */
export interface Target {
  /** The digest, or with `session` the measurement. */
  readonly bytes: Uint8Array;
  readonly observed: Observed;
  /** Modes with a digest of this length. */
  readonly modes: readonly LaunchMode[];
  /** The one that was expected, when there is a choice. */
  readonly expectedMode?: LaunchMode;
  readonly session?: MeasurementSession;
}

/**
 * Reads what was observed.
 * @throws {UsageError} {LayoutError} when it is no digest, or does not go with the options.
 */
export async function targetOf(text: string, options: DiagnoseOptions): Promise<Target> {
  const observed = await readObserved(text);
  if ((options.tik ?? options.tk) !== undefined) return measurementTarget(observed, options);
  const stray = (["api-major", "api-minor", "build-id", "policy", "nonce"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (stray !== undefined) {
    throw new UsageError(
      "missing-option",
      `--${stray} is given without --tik`,
      "the five values and the key belong together; for a digest give none of them",
    );
  }
  const isSnp = observed.digest.length === 48;
  const modes: readonly LaunchMode[] = isSnp ? ["snp"] : ["seves", "sev"];
  const { mode } = options;
  if (mode !== undefined && !modes.some((known) => known === mode)) {
    throw new UsageError(
      "conflicting-options",
      `a digest of ${observed.digest.length} bytes is not one of mode ${mode}`,
      isSnp
        ? "48 bytes are an SEV-SNP digest, or for SEV and SEV-ES a measurement with its nonce: give --tik"
        : "SEV-SNP digests have 48 bytes",
    );
  }
  return { bytes: observed.digest, observed, modes, ...expectedMode(options) };
}

async function readObserved(text: string): Promise<Observed> {
  try {
    const observed = readDigestText(text);
    if (observed !== undefined) return observed;
  } catch (error) {
    // A file may be called something that looks like a digest cut short.
    if (!(error instanceof LayoutError) || !existsSync(text)) throw error;
  }
  return naming(text, () => readObservedFile(readBounded(text, MAX_OBSERVED)));
}

function measurementTarget(observed: Observed, options: DiagnoseOptions): Target {
  if (options.mode === "snp" || observed.report !== undefined) {
    throw new UsageError(
      "conflicting-options",
      "--tik is for SEV and SEV-ES",
      "an SEV-SNP report holds the launch digest itself; leave --tik out",
    );
  }
  const blob = observed.digest;
  const behind = blob.length === 48 ? blob.subarray(32) : undefined;
  const given = options.nonce === undefined ? undefined : parseBytes(options.nonce, "--nonce", 16);
  const mnonce = behind ?? given;
  if (mnonce === undefined) {
    throw new UsageError(
      "missing-option",
      "a measurement of 32 bytes needs --nonce",
      "or give the 48 bytes that LAUNCH_MEASURE returned, which end with the nonce",
    );
  }
  if (behind !== undefined && given !== undefined && !Buffer.from(given).equals(behind)) {
    throw new UsageError(
      "conflicting-options",
      "--nonce is not the nonce behind the measurement",
      "leave --nonce out",
    );
  }
  const session = {
    tik: readIntegrityKey(options),
    apiMajor: number(options, "api-major", 255),
    apiMinor: number(options, "api-minor", 255),
    buildId: number(options, "build-id", 255),
    policy: number(options, "policy", 2 ** 32 - 1),
    mnonce,
  };
  const modes: readonly LaunchMode[] = ["seves", "sev"];
  return { bytes: blob.subarray(0, 32), observed, modes, session, ...expectedMode(options) };
}

function expectedMode({ mode }: DiagnoseOptions): { readonly expectedMode?: LaunchMode } {
  return mode === "sev" || mode === "seves" || mode === "snp" ? { expectedMode: mode } : {};
}

function number(
  options: DiagnoseOptions,
  name: "api-major" | "api-minor" | "build-id" | "policy",
  max: number,
): number {
  const text = options[name];
  if (text !== undefined) return parseNumber(text, `--${name}`, max);
  throw new UsageError(
    "missing-option",
    `the measurement needs --${name}`,
    "give --tik, --api-major, --api-minor, --build-id and --policy of the launch session",
  );
}
