// SPDX-License-Identifier: Apache-2.0
// The options of `greenlight verify sev`.

import { SEV_PRODUCT_LINES } from "@greenlight/core/sev-endorsement";
import type { Options, OptionValues } from "../../../command/command.ts";
import { CACHE_OPTION, KDS_OPTIONS } from "../../../kds/options.ts";

const DEMANDED = "What is demanded";
const GENUINE = "What proves it genuine";
const REPORT = "A legacy attestation report of a guest of the platform";
const OUTPUT = "Output";

const { offline, kds, "kds-allow-http": allowHttp, "kds-timeout": timeout } = KDS_OPTIONS;

export const OPTIONS = {
  "minimum-api": {
    kind: "value",
    placeholder: "MAJOR.MINOR[.BUILD]",
    brief: "least firmware that PEK and PDH may have been made by",
    group: DEMANDED,
  },
  build: {
    kind: "value",
    placeholder: "N",
    brief: "the build that the host states; certificates do not hold it",
    group: DEMANDED,
  },
  product: {
    kind: "list",
    placeholder: "LINE",
    brief: "an allowed product line",
    choices: SEV_PRODUCT_LINES,
    default: "all",
    group: DEMANDED,
  },
  owner: {
    kind: "list",
    placeholder: "OCA|SHA256",
    brief: "an allowed owner: a file with the OCA, or the digest that is shown for it",
    default: "anyone",
    group: DEMANDED,
  },
  cek: {
    kind: "value",
    placeholder: "FILE",
    brief: "the CEK that AMD's service has for the chip",
    group: GENUINE,
  },
  "chip-id": {
    kind: "value",
    placeholder: "HEX128",
    brief: "id of the chip (GET_ID, cpu0-id) that it must be: its CEK is fetched by it",
    default: "the cpu0-id of the files, if there is one",
    group: GENUINE,
  },
  "simulator-root": {
    kind: "list",
    placeholder: "FILE",
    brief: "trust this root of a simulator too (its ARK, or ASK and ARK, in AMD's format)",
    group: GENUINE,
  },
  offline,
  kds,
  "kds-allow-http": allowHttp,
  ...CACHE_OPTION,
  "kds-timeout": timeout,
  report: {
    kind: "value",
    placeholder: "FILE",
    brief: "the report, 208 bytes, binary or base64",
    group: REPORT,
  },
  mnonce: {
    kind: "value",
    placeholder: "HEX32",
    brief: "the nonce it was asked for with",
    group: REPORT,
  },
  measurement: {
    kind: "value",
    short: "m",
    placeholder: "DIGEST",
    brief: "the launch digest it has to have, as `greenlight measure` prints it",
    group: REPORT,
  },
  policy: {
    kind: "value",
    placeholder: "POLICY",
    brief: "the guest policy it has to have: a number, or NODBG,NOKS,ES,api=1.55",
    group: REPORT,
  },
  json: { kind: "flag", brief: "print JSON (schema greenlight/verify-sev/v1)", group: OUTPUT },
  verbose: { kind: "flag", short: "v", brief: "show every check", group: OUTPUT },
  quiet: { kind: "flag", short: "q", brief: "print nothing; the exit code tells", group: OUTPUT },
  like: {
    kind: "value",
    placeholder: "TOOL",
    brief: "show how to say here what one says to another tool, and nothing else",
    choices: ["sevctl", "sev-tool", "virt-qemu-sev-validate"],
    group: OUTPUT,
  },
} as const satisfies Options;

/** What was given on the command line. */
export type VerifySevOptions = OptionValues<typeof OPTIONS>;
