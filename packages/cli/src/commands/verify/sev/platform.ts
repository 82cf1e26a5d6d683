// SPDX-License-Identifier: Apache-2.0
// Reading and verifying the platform that files name, with its signed CEK fetched where only that is
// missing: for `verify sev`, and for commands that make something for a verified platform.

import { KDS_BASE } from "@greenlight/core/endorsement";
import { verifySevChain } from "@greenlight/core/sev-endorsement";
import type {
  SevChainFiles,
  SevChainInput,
  SevChainVerdict,
} from "@greenlight/core/sev-endorsement";
import { UsageError } from "../../../command/usage-error.ts";
import {
  DEFAULT_TIMEOUT,
  defaultCacheFolder,
  mirrorOf,
  parseSeconds,
  sayTo,
} from "../../../kds/options.ts";
import type { Io } from "../../../output/io.ts";
import { policyOf, readPlatform, rootsOf } from "./inputs.ts";
import type { VerifySevOptions } from "./options.ts";

/** The options that say which platform is meant and what is demanded of it. */
export type PlatformOptions = Pick<
  VerifySevOptions,
  | "build"
  | "cek"
  | "chip-id"
  | "kds"
  | "kds-allow-http"
  | "kds-cache"
  | "kds-timeout"
  | "minimum-api"
  | "offline"
  | "owner"
  | "product"
  | "simulator-root"
>;

/** A platform, verified as far as it could be. */
export interface VerifiedPlatform {
  readonly chain: SevChainFiles;
  readonly verdict: SevChainVerdict;
  /** What is worth knowing about files, and why something could not be fetched. */
  readonly notes: readonly string[];
  /** Where the signed CEK can be had, when it is missing and the chip's id is known. */
  readonly cekUrl?: string;
}

/**
 * Reads the files and verifies what they hold.
 * @throws {UsageError} {LayoutError} for options and files that cannot be used.
 */
export async function verifyPlatform(
  paths: readonly string[],
  options: PlatformOptions,
  io: Io,
): Promise<VerifiedPlatform> {
  const { chain, chipId } = await readPlatform(paths, options);
  const input: SevChainInput = {
    chain,
    roots: await rootsOf(options["simulator-root"]),
    policy: await policyOf(options),
  };
  const fetch = cekFetcher(options, io);
  const verdict = await verifySevChain(input);
  const { notes } = chain;
  // An id that was named is a demand, which a signed CEK of another chip does not meet; one that only the
  // host states helps to find the CEK.
  const chipDemanded = options["chip-id"] !== undefined && options.cek === undefined;
  if (chipId === undefined || !(chipDemanded || lacksCek(verdict))) {
    return { chain, verdict, notes };
  }
  const fetched = await fetch(chipId);
  if (fetched.cek === undefined) {
    const undecided = chipDemanded
      ? await verifySevChain({ ...input, policy: { ...input.policy, chipDemanded } })
      : verdict;
    const told = { notes: [...notes, fetched.problem], cekUrl: fetched.url };
    return { chain, verdict: undecided, ...told };
  }
  const policy = { ...input.policy, cekOfKds: fetched.cek };
  return { chain, verdict: await verifySevChain({ ...input, policy }), notes };
}

/** Whether the signature under the CEK is missing, which AMD's service can give. */
function lacksCek({ findings }: SevChainVerdict): boolean {
  return findings.some(
    ({ id, outcome }) =>
      (id === "sev.cek.not-endorsed" || id === "sev.cek.missing") && outcome === "unknown",
  );
}

/**
 * Checks the options about the service, and gives what asks it.
 * @throws {UsageError} `bad-value`, `conflicting-options`.
 */
function cekFetcher(options: PlatformOptions, io: Io) {
  const { offline, kds, "kds-cache": cache, "kds-timeout": timeout = DEFAULT_TIMEOUT } = options;
  if (offline && kds !== undefined) {
    throw new UsageError("conflicting-options", "--kds and --offline cannot be given together");
  }
  const baseUrl = mirrorOf(options);
  const deadlineMs = parseSeconds(timeout, "--kds-timeout");
  return async (chipId: Uint8Array) => {
    const { cekPath, fetchCek } = await import("../../../kds/cek.ts");
    const url = `${baseUrl ?? KDS_BASE}${cekPath(chipId)}`;
    const cacheFolder = cache ?? defaultCacheFolder(process.env);
    try {
      const say = sayTo(io);
      return { cek: await fetchCek(chipId, { baseUrl, cacheFolder, deadlineMs, offline, say }) };
    } catch (error) {
      const { KdsError } = await import("../../../kds/error.ts");
      if (error instanceof KdsError) return { problem: error.message, url };
      throw error;
    }
  };
}
