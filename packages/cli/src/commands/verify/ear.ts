// SPDX-License-Identifier: Apache-2.0
// The attestation result (EAR) of a verification, written to a file.

import { attestationResult, signAttestationResult } from "@greenlight/core/attestation-result";
import { UsageError } from "../../command/usage-error.ts";
import { naming } from "../../input/named-error.ts";
import { readText } from "../../input/file.ts";
import { writeFiles } from "../../output/file.ts";
import { VERSION } from "../../version.ts";
import type { VerifyContext } from "./one.ts";
import type { Result } from "./result.ts";

/** PEM of a private key is smaller. */
const MAX_KEY_FILE = 64 * 1024;

/** Where the result goes and what it is signed with. */
export interface EarSetup {
  readonly file: string;
  /** PEM file of a private key; absent: the claims alone are written. */
  readonly keyFile: string | undefined;
  /** Whether a file that is there already is written over. */
  readonly force: boolean;
}

/**
 * Writes the result: a signed token with a key, the claims as JSON without one.
 * @throws {UsageError} for evidence that could not be read, which has no result; for files.
 * @throws {KeyError} {LayoutError} for a key that cannot be used.
 */
export async function writeAttestationResult(
  result: Result,
  { file, keyFile, force }: EarSetup,
  { policy }: VerifyContext,
): Promise<void> {
  if (result.kind !== "appraised") {
    throw new UsageError("unreadable-file", result.error.message, result.error.hint);
  }
  const issuedAt = Date.now();
  const validUntil = result.verdict.endorsement?.validUntil ?? 0;
  const claims = attestationResult(result.verdict, {
    policy,
    issuedAt,
    ...(validUntil > issuedAt ? { expiresAt: validUntil } : {}),
    verifier: { developer: "Greenlight", build: `greenlight ${VERSION}` },
  });
  const text =
    keyFile === undefined
      ? `${JSON.stringify(claims, null, 2)}\n`
      : await naming(keyFile, () =>
          signAttestationResult(claims, { pem: readText(keyFile, MAX_KEY_FILE) }),
        );
  writeFiles([{ path: file, content: text }], force);
}
