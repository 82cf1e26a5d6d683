// SPDX-License-Identifier: Apache-2.0
// `greenlight idblock verify`: what the firmware checks when a guest with an ID block is launched,
// and whether the block is the one the guest owner means.

import type { Finding, FindingId } from "@greenlight/core/finding";
import { ID_BLOCK, checkMinimumSvn, verifyIdBlock } from "@greenlight/core/id-block";
import type { IdBlockExpectations } from "@greenlight/core/id-block";
import { defineCommand } from "../../command/command.ts";
import type { Options, OptionValues } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { formatFindings, sortFindings } from "../../output/findings.ts";
import { toJson } from "../../output/json.ts";
import { hang, paint } from "../../output/style.ts";
import {
  loadBytes,
  parseId,
  parseKeyDigest,
  parseLaunchDigest,
  parsePolicy,
  parseSvn,
} from "./inputs.ts";

const EXPECTED = "What it should be";

const OPTIONS = {
  "id-block": { kind: "value", placeholder: "FILE|BASE64", brief: "the ID block" },
  "id-auth": {
    kind: "value",
    placeholder: "FILE|BASE64",
    brief: "the ID authentication information",
  },
  "launch-digest": {
    kind: "value",
    placeholder: "DIGEST",
    brief: "hexadecimal or base64; - reads it from standard input",
    group: EXPECTED,
  },
  policy: {
    kind: "value",
    short: "p",
    placeholder: "POLICY",
    brief: "guest policy",
    group: EXPECTED,
  },
  "family-id": {
    kind: "value",
    short: "f",
    placeholder: "HEX32",
    brief: "family id",
    group: EXPECTED,
  },
  "image-id": {
    kind: "value",
    short: "m",
    placeholder: "HEX32",
    brief: "image id",
    group: EXPECTED,
  },
  "min-svn": { kind: "value", placeholder: "N", brief: "lowest security version", group: EXPECTED },
  "id-key-digest": {
    kind: "value",
    placeholder: "DIGEST",
    brief: "digest of the ID key, as idblock key-digest prints it",
    group: EXPECTED,
  },
  "author-key-digest": {
    kind: "value",
    placeholder: "DIGEST",
    brief: "digest of the author key, which is required then",
    group: EXPECTED,
  },
  "author-key-enabled": {
    kind: "value",
    placeholder: "on|off",
    brief: "whether the guest is launched with QEMU's author-key-enabled",
    choices: ["on", "off"],
    default: "on when there is an author key",
    group: EXPECTED,
  },
  json: { kind: "flag", brief: "print JSON (schema greenlight/idblock-verify/v1)" },
  verbose: { kind: "flag", short: "v", brief: "show everything about every check" },
} as const satisfies Options;

export const command = defineCommand({
  name: "idblock verify",
  brief: "check signatures and expected values of an ID block",
  description: [
    "Checks an ID block with its ID authentication information as the firmware does, and compares " +
      "what you say it should be. Valid signatures alone mean little: anyone can sign with a key " +
      "of their own, so give --id-key-digest or --author-key-digest.",
    "Exit code 0: accepted; 1: rejected; 2: unreadable.",
  ],
  options: OPTIONS,
  examples: [
    {
      line: "idblock verify --id-block id-block.b64 --id-auth id-auth.b64 --min-svn 1",
      brief: "whether it is signed, and new enough",
    },
  ],
  async run({ options, io }) {
    const idBlock = await loadBytes(required(options, "id-block"), "--id-block", "id-block");
    const idAuth = await loadBytes(required(options, "id-auth"), "--id-auth", "id-auth");
    const expected = await expectationsOf(options);
    const leastSvn = parseSvn(options["min-svn"], "--min-svn");
    const checked = await verifyIdBlock(idBlock, idAuth, expected);
    const findings =
      leastSvn === undefined
        ? checked
        : checked.map((finding) =>
            finding.id === "snp.id-block.guest-svn"
              ? checkMinimumSvn(ID_BLOCK.decode(idBlock), leastSvn)
              : finding,
          );
    const verdict = verdictOf(findings);
    if (options.json) {
      const schema = "greenlight/idblock-verify/v1";
      io.out(toJson({ schema, verdict, findings: sortFindings(findings) }));
    } else {
      const style = { colour: io.colour, verbose: options.verbose };
      const head = headline(verdict, findings, style.colour);
      io.out(`${head}\n\n${formatFindings(findings, style)}\n`);
    }
    return EXIT_CODES[verdict];
  },
});

type Verdict = "accepted" | "rejected" | "undecided";

const EXIT_CODES = { accepted: 0, rejected: 1, undecided: 3 } as const;

function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ outcome }) => outcome === "fail")) return "rejected";
  return findings.some(({ outcome }) => outcome === "unknown") ? "undecided" : "accepted";
}

/** What comparisons are called when nothing was given to compare with, by finding id. */
const COMPARED: Readonly<Partial<Record<FindingId, string>>> = {
  "snp.id-block.launch-digest": "launch digest",
  "snp.id-block.policy": "policy",
  "snp.id-block.guest-svn": "guest SVN",
  "snp.id-block.family-id": "family id",
  "snp.id-block.image-id": "image id",
  "snp.id-auth.id-key-digest": "ID key",
  "snp.id-auth.author-key-digest": "author key",
};

function headline(verdict: Verdict, findings: readonly Finding[], colour: boolean): string {
  const failed = findings.filter(({ outcome }) => outcome === "fail").length;
  // A skipped comparison that has an actual value lacks only the expected one.
  const skipped = findings.flatMap(({ id, outcome, actual }) => {
    const name = COMPARED[id];
    return outcome === "skipped" && actual !== undefined && name !== undefined ? [name] : [];
  });
  const reasons = {
    accepted: "every check passed",
    rejected: `${failed} ${failed === 1 ? "check" : "checks"} failed`,
    undecided: "something needed is missing",
  };
  const word = paint(verdict === "accepted" ? "green" : "red", verdict, colour);
  const lines = [`ID block ${word}: ${reasons[verdict]}`];
  if (skipped.length > 0) lines.push(hang("Not compared, not given: ", skipped.join(", ")));
  return lines.join("\n");
}

async function expectationsOf(options: OptionValues<typeof OPTIONS>): Promise<IdBlockExpectations> {
  const digest = options["launch-digest"];
  const given = {
    launchDigest:
      digest === undefined ? undefined : await parseLaunchDigest(digest, "--launch-digest"),
    policy: parsePolicy(options.policy, "--policy"),
    familyId: parseId(options["family-id"], "--family-id"),
    imageId: parseId(options["image-id"], "--image-id"),
    idKeyDigest: parseKeyDigest(options["id-key-digest"], "--id-key-digest"),
    authorKeyDigest: parseKeyDigest(options["author-key-digest"], "--author-key-digest"),
    authorKeyEnabled:
      options["author-key-enabled"] === undefined
        ? undefined
        : options["author-key-enabled"] === "on",
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function required(options: OptionValues<typeof OPTIONS>, name: "id-block" | "id-auth"): string {
  const value = options[name];
  if (value !== undefined) return value;
  throw new UsageError("missing-option", `--${name} is missing`, `add --${name} FILE`);
}
