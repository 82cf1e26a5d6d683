// SPDX-License-Identifier: Apache-2.0
// The options of `greenlight attest`.

import type { Options, OptionValues } from "../../command/command.ts";

const BOUND = "What the report is to speak for";
const ASKED = "What is asked of the kernel";
const OUTPUT = "Output";

/** Forms in which evidence is written. */
export const FORMS = ["bundle", "report", "extended"] as const;

export const OPTIONS = {
  "report-data": {
    kind: "value",
    short: "r",
    placeholder: "HEX",
    brief: "these bytes, at most 64, followed by zeros",
    group: BOUND,
  },
  random: {
    kind: "flag",
    brief: "64 random bytes, which are printed for the verifier",
    group: BOUND,
  },
  nonce: {
    kind: "value",
    placeholder: "HEX",
    brief:
      "the verifier's nonce; with --key: SHA-512 of nonce and key; with --service-provider: 64 " +
      "bytes, which the SVSM hashes with its manifest",
    group: BOUND,
  },
  key: {
    kind: "value",
    placeholder: "FILE",
    brief: "public key (PEM, DER), certificate, or whatever bytes are to be hashed",
    group: BOUND,
  },
  privlevel: {
    kind: "value",
    placeholder: "N",
    brief: "VMPL of the report",
    default: "the one the kernel runs at",
    group: ASKED,
  },
  "service-provider": {
    kind: "value",
    placeholder: "NAME",
    brief: "attest services too; svsm is the only provider",
    group: ASKED,
  },
  "service-guid": {
    kind: "value",
    placeholder: "GUID",
    brief: "one service",
    default: "all",
    group: ASKED,
  },
  "service-manifest-version": {
    kind: "value",
    placeholder: "N",
    brief: "version of that service's manifest",
    default: "0",
    group: ASKED,
  },
  attempts: {
    kind: "value",
    placeholder: "N",
    brief: "how often to try when another process interferes",
    default: "5",
    group: ASKED,
  },
  tsm: {
    kind: "value",
    placeholder: "FOLDER",
    brief: "the kernel's folder, where configfs is mounted elsewhere",
    default: "/sys/kernel/config/tsm/report",
    group: ASKED,
  },
  out: {
    kind: "value",
    short: "o",
    placeholder: "FILE",
    brief: "write the evidence to FILE; without it a bundle goes to standard output",
    group: OUTPUT,
  },
  form: {
    kind: "value",
    placeholder: "FORM",
    brief: "bundle: JSON with everything; report: 1184 bytes; extended: report, then certificates",
    choices: FORMS,
    default: "bundle",
    group: OUTPUT,
  },
  force: { kind: "flag", brief: "overwrite an existing file", group: OUTPUT },
  json: {
    kind: "flag",
    brief: "with --out: print what was written as JSON (schema greenlight/attest/v1)",
    group: OUTPUT,
  },
} as const satisfies Options;

/** What was given on the command line. */
export type AttestOptions = OptionValues<typeof OPTIONS>;
