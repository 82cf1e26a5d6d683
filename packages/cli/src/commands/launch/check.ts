// SPDX-License-Identifier: Apache-2.0
// `greenlight launch check`: mistakes in plans, and what firmware and host configuration leave open.
// Nothing is started, and no host is asked.

import { outcomeOf } from "@greenlight/core/appraisal";
import { blockers } from "@greenlight/core/finding";
import type { Finding } from "@greenlight/core/finding";
import {
  checkSecretArea,
  checkSevPolicy,
  launchCandidates,
  withAcceptance,
} from "@greenlight/core/launch-appraisal";
import { hexEncode } from "@greenlight/core/bytes";
import { buildSecretTable } from "@greenlight/core/session";
import { defineCommand } from "../../command/command.ts";
import { describePlaced } from "../../input/document-file.ts";
import type { PlacedProblem } from "../../input/document-file.ts";
import { countFindings, formatFindings } from "../../output/findings.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { hang, paint } from "../../output/style.ts";
import { loadMaterials } from "./materials.ts";
import type { LoadedPlan } from "./materials.ts";
import { readPlanFile } from "./plan-file.ts";

const SCHEMA = "greenlight/launch-check/v1";

export const command = defineCommand({
  name: "launch check",
  brief: "find mistakes in plans, and what they leave open",
  description: [
    "Reads a plan and all files that it names, and tells what a launch by it would be refused for: " +
      "firmware that takes unmeasured code from the host, guest policies that let the host look " +
      "into the guest, secrets that do not fit. Prints the launch digests that would be accepted. " +
      "No host is asked, so that the platform is not looked at.",
    "Exit code 0: a launch may begin; 1: it would be refused; 2: the plan cannot be used; 3: " +
      "something could not be decided.",
  ],
  positionals: { usage: "PLAN", brief: "the plan", min: 1, max: 1 },
  options: {
    verbose: { kind: "flag", short: "v", brief: "every finding with all its parts" },
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})` },
  },
  examples: [
    { line: "launch check plan.yaml", brief: "whether a launch by it may begin" },
    { line: "launch check plan.yaml --json", brief: "the same for a program" },
  ],
  async run({ options, positionals, io }) {
    const path = positionals[0] ?? "";
    const file = await readPlanFile(path);
    if ("problems" in file) {
      const { problems } = file;
      if (options.json) io.out(toJson({ schema: SCHEMA, file: path, ok: false, problems }));
      else io.out(`${problems.map((problem) => problemLines(path, problem)).join("\n")}\n`);
      return 2;
    }
    const settings = {
      offline: true,
      kds: undefined,
      "kds-allow-http": false,
      "kds-folder": [],
      "kds-cache": undefined,
      "kds-timeout": undefined,
    };
    const loaded = await loadMaterials(file, settings, io);
    const { accept, expectation } = loaded.materials;
    const findings = withAcceptance(findingsOf(loaded), accept);
    const outcome = outcomeOf(findings);
    const candidates = launchCandidates(expectation).map(({ label, digest }) => ({
      label,
      digest: hexEncode(digest),
    }));
    if (options.json) {
      io.out(toJson({ schema: SCHEMA, file: path, ok: true, outcome, findings, candidates }));
    } else {
      tell({ findings, candidates, verbose: options.verbose }, io);
    }
    return { accepted: 0, rejected: 1, undecided: 3 }[outcome];
  },
});

function problemLines(path: string, problem: PlacedProblem): string {
  const line = describePlaced(path, problem);
  return problem.hint === undefined ? line : `${line}\n${hang("  hint: ", problem.hint)}`;
}

function findingsOf({ materials }: LoadedPlan): readonly Finding[] {
  if (materials.generation === "sev-snp") return materials.findings;
  const { policy, generation, minimum, expectation, secrets, nulForGrub, findings } = materials;
  const size = secrets.length === 0 ? undefined : buildSecretTable(secrets, { nulForGrub }).length;
  return [
    ...findings,
    ...checkSevPolicy(policy, generation, minimum),
    ...expectation.firmwares.flatMap((firmware) => checkSecretArea(firmware, size)),
  ];
}

interface Told {
  readonly findings: readonly Finding[];
  readonly candidates: readonly { readonly label: string; readonly digest: string }[];
  readonly verbose: boolean;
}

function tell({ findings, candidates, verbose }: Told, io: Io): void {
  const open = blockers(findings);
  const words =
    open.length === 0
      ? paint("green", "A launch by this plan may begin.", io.colour)
      : paint("red", "A launch by this plan would be refused.", io.colour);
  io.out(`${words}\n\nFindings: ${countFindings(findings)}\n`);
  const shown = verbose ? findings : findings.filter(({ outcome }) => outcome !== "pass");
  if (shown.length > 0) io.out(`${formatFindings(shown, { colour: io.colour, verbose })}\n`);
  io.out("\nAccepted launch digests:\n");
  for (const { label, digest } of candidates) io.out(`  ${digest}\n${hang("    ", label)}\n`);
  if (open.length > 0) {
    io.err("next: cure what is found, or name it under accept: in the plan to live with it\n");
  }
}
