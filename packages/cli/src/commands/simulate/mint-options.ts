// SPDX-License-Identifier: Apache-2.0
// Options of `simulate mint`.

import type { Options, OptionValues } from "../../command/command.ts";
import { PLATFORM_OPTIONS } from "./options.ts";

const SNP = "SEV-SNP report";
const SEV = "SEV and SEV-ES";
const OUTPUT = "Output";

export const MINT_OPTIONS = {
  folder: {
    kind: "value",
    placeholder: "FOLDER",
    brief: "of the platform in this folder, which must not be served now",
    default: "of a new platform, gone afterwards",
    group: "The platform",
  },
  ...PLATFORM_OPTIONS,
  only: {
    kind: "value",
    placeholder: "KIND",
    brief: "only this",
    choices: ["sev", "snp"],
    default: "all that the line has",
    group: OUTPUT,
  },
  "report-data": {
    kind: "value",
    short: "r",
    placeholder: "HEX",
    brief: "what the guest binds the report to: at most 64 bytes, followed by zeros",
    default: "zeros",
    group: SNP,
  },
  measurement: {
    kind: "value",
    short: "m",
    placeholder: "DIGEST",
    brief: "the launch digest it states, as `greenlight measure` prints it",
    default: "that of a guest of one page",
    group: SNP,
  },
  "host-data": { kind: "value", placeholder: "HEX", brief: "host data, 32 bytes", group: SNP },
  policy: {
    kind: "value",
    placeholder: "N",
    brief: "guest policy",
    default: "0x30000",
    group: SNP,
  },
  vmpl: { kind: "value", placeholder: "N", brief: "VMPL, 0 to 3", default: "0", group: SNP },
  vlek: {
    kind: "flag",
    brief: "signed by a provider's key (VLEK) and not the chip's",
    group: SNP,
  },
  "mask-chip-id": { kind: "flag", brief: "the host masks the chip's id", group: SNP },
  "sev-policy": {
    kind: "value",
    placeholder: "N",
    brief: "guest policy",
    default: "0x1",
    group: SEV,
  },
  mnonce: {
    kind: "value",
    placeholder: "HEX",
    brief: "nonce of the report, 16 bytes",
    default: "zeros",
    group: SEV,
  },
  force: { kind: "flag", brief: "write over existing files", group: OUTPUT },
  json: { kind: "flag", brief: "print JSON (schema greenlight/simulate-mint/v1)", group: OUTPUT },
} as const satisfies Options;

/** What was given. */
export type MintOptions = OptionValues<typeof MINT_OPTIONS>;
