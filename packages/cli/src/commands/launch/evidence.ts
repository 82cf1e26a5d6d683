// SPDX-License-Identifier: Apache-2.0
// What a running SEV-SNP guest's evidence is judged by, out of a plan.

import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import type { Policy, Verdict } from "@greenlight/core/appraisal";
import { hexEncode } from "@greenlight/core/bytes";
import { Endorser } from "@greenlight/core/endorsement";
import { launchCandidates } from "@greenlight/core/launch-appraisal";
import type { LaunchExpectation, LaunchPlan } from "@greenlight/core/launch-appraisal";
import type { SnpMaterials } from "@greenlight/host/launch";
import { kdsOpener } from "../../kds/options.ts";
import type { KdsSettings } from "../../kds/options.ts";
import type { Io } from "../../output/io.ts";
import { Fetcher } from "../verify/fetcher.ts";
import { verifyOne } from "../verify/one.ts";
import { Shelf, foldersOf, rootsOf } from "../verify/trust.ts";

/**
 * What judges evidence by a plan.
 * @throws {UsageError} {LayoutError} for a policy, certificates or roots that cannot be used.
 */
export async function evidenceVerifier(
  plan: LaunchPlan,
  expectation: LaunchExpectation,
  settings: KdsSettings,
  io: Io,
): Promise<SnpMaterials["verifyEvidence"]> {
  const { certificates, simulatorRoots } = plan.platform;
  const policy = withDemands(await policyOf(plan), plan, expectation);
  const shelf = await Shelf.open(certificates);
  const endorser = new Endorser({ roots: await rootsOf(simulatorRoots) });
  const folders = [...(settings["kds-folder"] ?? []), ...foldersOf(certificates)];
  const fetcher = new Fetcher(kdsOpener({ ...settings, "kds-folder": folders }, io));
  return async ({ report, table }, binding): Promise<Verdict> => {
    const at = Date.now();
    const context = {
      endorser,
      policy,
      binding,
      at,
      supplied: shelf.for.bind(shelf),
      fetcher,
    };
    // The table is the host's word: where it cannot be read, the report has to do without it.
    for (const bytes of [Buffer.concat([report, table]), report]) {
      const source = { name: "the guest", found: false, read: () => bytes };
      const result = await verifyOne(source, context);
      if (result.kind === "appraised") {
        for (const problem of result.problems) io.err(`note: ${problem}\n`);
        return result.verdict;
      }
    }
    const nothing = { certificates: [], extras: [], encodings: [], notes: [] };
    return verifyEvidence({ form: "report", report, ...nothing }, context);
  };
}

async function policyOf({ evidence }: LaunchPlan): Promise<Policy> {
  if (evidence.policy === undefined) return DEFAULT_POLICY;
  const { loadPolicy } = await import("../../input/policy-file.ts");
  return loadPolicy(evidence.policy, []);
}

/** The policy, with what the plan knows where the policy demands nothing. */
function withDemands(
  policy: Policy,
  { guest }: LaunchPlan,
  expectation: LaunchExpectation,
): Policy {
  const { measurements, hostData } = policy.guest;
  const digests = launchCandidates(expectation).map(({ label, digest }) => ({
    value: hexEncode(digest),
    label: label.slice(0, 200),
  }));
  return {
    ...policy,
    guest: {
      ...policy.guest,
      measurements: measurements === "any" ? digests : measurements,
      hostData:
        hostData === "any" && guest.hostData !== undefined
          ? [{ value: guest.hostData.toLowerCase() }]
          : hostData,
    },
  };
}
