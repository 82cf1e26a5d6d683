// SPDX-License-Identifier: Apache-2.0
// `greenlight session make`: a launch session for a platform that was verified first.

import { formatSevPolicy, makeSession, sessionFiles } from "@greenlight/core/session";
import type { SessionFile } from "@greenlight/core/session";
import { defineCommand } from "../../command/command.ts";
import { toJson } from "../../output/json.ts";
import { pairs } from "../../output/table.ts";
import {
  FILE_OPTIONS,
  filePlan,
  fileRows,
  filesToJson,
  refuseReplacing,
  writeSessionFiles,
} from "./files.ts";
import type { FilePlan } from "./files.ts";
import { PLATFORM_FILES, PLATFORM_OPTIONS } from "./options.ts";
import { freshRandomness, platformFor, policyOf, tellRefusal } from "./verified.ts";
import type { MadeFor } from "./verified.ts";

const SCHEMA = "greenlight/session-make/v1";

export const command = defineCommand({
  name: "session make",
  brief: "make a session for a verified platform",
  description: [
    "Verifies the platform's certificates as `verify sev` does, makes fresh transport keys and wraps " +
      "them for it. Nothing is written for a platform that is rejected or undecided.",
    "Two files go to the host; the key files stay, readable by nobody else (mode 0600). Whoever has " +
      "them can fake the measurement and read the secrets. One session is for one launch.",
  ],
  positionals: PLATFORM_FILES,
  options: {
    ...PLATFORM_OPTIONS,
    ...FILE_OPTIONS,
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})`, group: "Output" },
  },
  examples: [
    {
      line: "session make platform.bin --name web --policy NODBG,NOKS,ES,NOSEND,api=0.17",
      brief: "files for QEMU or libvirt, for a platform exported by sevctl",
    },
    {
      line: "session make pdh.cert --unverified --form sev-tool",
      brief: "files as sev-tool writes them, for a PDH alone",
    },
  ],
  async run({ options, positionals, io }) {
    const policy = policyOf(options);
    const { json } = options;
    const plan = filePlan(options);
    refuseReplacing(plan);
    const platform = await platformFor(positionals, options, io);
    if (platform.pdh === undefined) return tellRefusal(platform, SCHEMA, json, io);
    const session = await makeSession({
      pdh: platform.pdh,
      policy,
      randomness: await freshRandomness(),
    });
    const files = sessionFiles(session, plan.form, plan.name);
    writeSessionFiles(files, plan);
    io.out(json ? jsonOf(platform, policy, files, plan) : textOf(platform, policy, files, plan));
    return 0;
  },
});

function jsonOf(
  { verdict, findings }: MadeFor,
  policy: number,
  files: readonly SessionFile[],
  plan: FilePlan,
): string {
  return toJson({
    schema: SCHEMA,
    verdict,
    policy,
    policyText: formatSevPolicy(policy),
    files: filesToJson(files, plan),
    findings,
  });
}

function textOf(
  { words }: MadeFor,
  policy: number,
  files: readonly SessionFile[],
  plan: FilePlan,
): string {
  const rows = fileRows(files, plan);
  return (
    `Session for ${words}\n` +
    `${pairs([["policy", formatSevPolicy(policy)], ...rows])}\n\n` +
    "Give the host its two files and start the guest paused; see `secret build`.\n"
  );
}
