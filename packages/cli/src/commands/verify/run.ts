// SPDX-License-Identifier: Apache-2.0
// `greenlight verify`: one report or thousands, and how they are told.

import { availableParallelism } from "node:os";
import { Endorser } from "@greenlight/core/endorsement";
import type { SignatureVerifier } from "@greenlight/core/signature";
import { UsageError } from "../../command/usage-error.ts";
import { parseInstant } from "../../input/instant.ts";
import { parseNumber } from "../../input/number.ts";
import { kdsOpener } from "../../kds/options.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { bindingOf } from "./binding.ts";
import { policyOf } from "./demand.ts";
import { Fetcher } from "./fetcher.ts";
import { verifyOne } from "./one.ts";
import type { VerifyContext } from "./one.ts";
import type { VerifyOptions } from "./options.ts";
import { NO_RESULTS, counted, exitCodeOf } from "./result.ts";
import type { Result } from "./result.ts";
import { openSources } from "./sources.ts";
import type { Source } from "./sources.ts";

/** More than any machine of today has processors. */
const MAX_JOBS = 1024;

/** Verifies what the arguments name. @returns the exit code. */
export async function runVerify(
  paths: readonly string[],
  options: VerifyOptions,
  io: Io,
): Promise<number> {
  const at = parseInstant(options.at ?? "now", "--at");
  const jobs = jobsOf(options);
  const { several, each } = await openSources(paths);
  if (several && options.ear !== undefined) {
    throw new UsageError(
      "conflicting-options",
      "--ear takes one report, and these are several",
      "verify them one by one, or use --ndjson",
    );
  }
  if (options["ear-key"] !== undefined && options.ear === undefined) {
    throw new UsageError("missing-option", "--ear-key needs a file to write", "add --ear FILE");
  }
  const context = await contextOf(options, at, several ? jobs : 1, io);
  if (!several) {
    for await (const source of each) return single(source, context, options, io);
  }
  const { runBatch } = await import("./batch.ts");
  return runBatch(each, context, { options, jobs, at }, io);
}

async function single(
  source: Source,
  context: VerifyContext,
  options: VerifyOptions,
  io: Io,
): Promise<number> {
  const result = await verifyOne(source, context);
  if (options.ear !== undefined) {
    const { writeAttestationResult } = await import("./ear.ts");
    const { ear: file, "ear-key": keyFile, force } = options;
    await writeAttestationResult(result, { file, keyFile, force }, context);
  }
  if (!options.quiet) io.out(await printed(result, options, context.at, io));
  return exitCodeOf(counted(NO_RESULTS, result));
}

async function printed(
  result: Result,
  options: VerifyOptions,
  at: number,
  io: Io,
): Promise<string> {
  if (options.json || options.ndjson) {
    const { resultToJson } = await import("./json.ts");
    const { toJsonLine } = await import("../../output/json.ts");
    const value = resultToJson(result, at);
    return options.ndjson ? toJsonLine(value) : toJson(value);
  }
  const { formatResult } = await import("./text.ts");
  return formatResult(result, { colour: io.colour, verbose: options.verbose });
}

function jobsOf({ jobs }: VerifyOptions): number {
  if (jobs === undefined) return availableParallelism();
  const count = parseNumber(jobs, "--jobs", MAX_JOBS);
  if (count > 0) return count;
  throw new UsageError("bad-value", "--jobs is 0", "give at least 1");
}

async function contextOf(
  options: VerifyOptions,
  at: number,
  threads: number,
  io: Io,
): Promise<VerifyContext> {
  const [policy, binding] = await Promise.all([policyOf(options), bindingOf(options)]);
  const { certs, "simulator-root": simulatorRoots } = options;
  const named =
    certs.length > 0 || simulatorRoots.length > 0 ? await import("./trust.ts") : undefined;
  const shelf = await named?.Shelf.open(certs);
  const folders = [...options["kds-folder"], ...(named?.foldersOf(certs) ?? [])];
  const roots = simulatorRoots.length > 0 ? await named?.rootsOf(simulatorRoots) : undefined;
  const pool = threads > 1 ? await poolOf(threads) : undefined;
  return {
    endorser: new Endorser({
      ...(roots === undefined ? {} : { roots }),
      ...(pool === undefined ? {} : { signatures: pool }),
    }),
    policy,
    binding,
    at,
    supplied: (evidence) => shelf?.for(evidence) ?? [],
    fetcher: new Fetcher(kdsOpener({ ...options, "kds-folder": folders }, io)),
  };
}

/** Signatures on as many threads as reports are wanted at a time, and one more that is ready to go on. */
async function poolOf(threads: number): Promise<SignatureVerifier> {
  // Read by Node when the first thread is started, which nothing before this does.
  process.env["UV_THREADPOOL_SIZE"] ??= String(threads + 1);
  return (await import("@greenlight/core/signature")).pooledSignatures;
}
