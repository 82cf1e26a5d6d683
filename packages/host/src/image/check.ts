// SPDX-License-Identifier: Apache-2.0
// Checking a disk image in a file: everything core/disk judges, and what a passphrase opens.

import { checkDisk, outcomeOf } from "@greenlight/core/disk";
import type { CheckedDisk, SurveyProgress, VerdictOutcome } from "@greenlight/core/disk";
import { decompressCluster } from "./decompress.ts";
import { withFileSource } from "./file-source.ts";
import { checkPassphrase } from "./unlock.ts";

/** What is checked, and with what. */
export interface CheckImageParameters {
  readonly path: string;
  /** Taken as it is, to the last byte. */
  readonly passphrase?: Uint8Array;
  /** SHA-256, hexadecimal, of the LUKS2 header, as `makeImage` gave it. */
  readonly headerDigest?: string;
  readonly signal?: AbortSignal;
  readonly progress?: SurveyProgress;
}

/** What a check came to. */
export type CheckedImage = Omit<CheckedDisk, "disk"> & {
  readonly verdict: VerdictOutcome;
};

/**
 * Checks an image; nothing is written to it.
 * @throws {LayoutError} for a qcow2 file that is not sound.
 * @throws {ImageError} `not-a-file`, `interrupted`, `tool-hangs`, `system`.
 */
export function checkImage(parameters: CheckImageParameters): Promise<CheckedImage> {
  const { path, passphrase, headerDigest, signal, progress } = parameters;
  return withFileSource(path, signal, async (file) => {
    const { disk, ...checked } = await checkDisk(file, {
      decompress: decompressCluster,
      ...(headerDigest === undefined ? {} : { headerDigest }),
      ...(progress === undefined ? {} : { progress }),
    });
    const tried = await checkPassphrase(
      disk,
      checked.encrypted,
      checked.findings,
      passphrase,
      signal,
    );
    const findings = [...checked.findings, ...tried];
    return { ...checked, findings, verdict: outcomeOf(findings) };
  });
}
