// SPDX-License-Identifier: Apache-2.0
// Running `greenlight verify sev`: read, verify, tell.

import { ownerFingerprint, verifySevAttestationReport } from "@greenlight/core/sev-endorsement";
import { parseSevPolicy } from "@greenlight/core/session";
import { parseSevAttestationReport } from "@greenlight/core/sev-evidence";
import { outcomeOf } from "@greenlight/core/appraisal";
import { UsageError } from "../../../command/usage-error.ts";
import { parseBytes } from "../../../input/digest.ts";
import { naming } from "../../../input/named-error.ts";
import type { Io } from "../../../output/io.ts";
import { toJson } from "../../../output/json.ts";
import { readReportBytes } from "./inputs.ts";
import { jsonOfResult } from "./json.ts";
import type { VerifySevOptions } from "./options.ts";
import { verifyPlatform } from "./platform.ts";
import type { VerifySevResult } from "./result.ts";
import { formatResult } from "./text.ts";

const EXIT_CODES = { accepted: 0, rejected: 1, undecided: 3 } as const;

/** Runs the command. @returns the exit code. */
export async function runVerifySev(
  paths: readonly string[],
  options: VerifySevOptions,
  io: Io,
): Promise<number> {
  if (options.json && options.quiet) {
    throw new UsageError("conflicting-options", "--json and --quiet cannot be given together");
  }
  const wanted = await reportWanted(options);
  const platform = await verifyPlatform(paths, options, io);
  const { chain, verdict: chainVerdict, notes, cekUrl } = platform;
  const reported =
    wanted === undefined || chain.pek === undefined
      ? []
      : await verifySevAttestationReport({ ...wanted, pek: chain.pek });
  const findings = [...chainVerdict.findings, ...reported];
  const result: VerifySevResult = {
    verdict: outcomeOf(findings),
    findings,
    chain,
    chainVerdict,
    notes,
    ...(chain.oca === undefined ? {} : { owner: ownerFingerprint(chain.oca) }),
    ...(wanted === undefined ? {} : { report: wanted.report }),
    ...(cekUrl === undefined ? {} : { cekUrl }),
  };
  if (!options.quiet) {
    const style = { colour: io.colour, verbose: options.verbose };
    io.out(options.json ? toJson(jsonOfResult(result)) : formatResult(result, style));
  }
  return EXIT_CODES[result.verdict];
}

/** The report to verify and what it has to say. @throws {UsageError} {LayoutError} */
async function reportWanted(options: VerifySevOptions) {
  const { report: path, mnonce, measurement, policy } = options;
  if (path === undefined) {
    if (mnonce ?? measurement ?? policy) {
      throw new UsageError(
        "missing-option",
        "--mnonce, --measurement and --policy are about a report, and none is given",
        "add --report FILE",
      );
    }
    return undefined;
  }
  const report = await naming(path, async () =>
    parseSevAttestationReport(await readReportBytes(path)),
  );
  return {
    report,
    expected: {
      ...(mnonce === undefined ? {} : { mnonce: parseBytes(mnonce, "--mnonce", 16) }),
      ...(measurement === undefined
        ? {}
        : { digest: parseBytes(measurement, "--measurement", 32) }),
      ...(policy === undefined ? {} : { policy: parseSevPolicy(policy) }),
    },
  };
}
