// SPDX-License-Identifier: Apache-2.0
// The options of `greenlight verify`.

import type { Options, OptionValues } from "../../command/command.ts";
import { KDS_OPTIONS } from "../../kds/options.ts";

const DEMANDED = "What is demanded (a policy, and what stands above it)";
const BOUND = "What the report data must be bound to";
const GENUINE = "What proves it genuine";
const OUTPUT = "Output";

export const OPTIONS = {
  policy: {
    kind: "value",
    placeholder: "FILE",
    brief: "policy in YAML or JSON; `greenlight policy init` writes one",
    default: "no debugging, no migration, VMPL 0, nothing pinned",
    group: DEMANDED,
  },
  set: {
    kind: "list",
    placeholder: "FIELD=VALUE",
    brief: "one field of the policy, such as guest.svn.minimum=4",
    group: DEMANDED,
  },
  measurement: {
    kind: "list",
    short: "m",
    placeholder: "DIGEST",
    brief: "an allowed launch digest, as `greenlight measure` prints it",
    group: DEMANDED,
  },
  "host-data": {
    kind: "value",
    placeholder: "HEX64",
    brief: "host data, 32 bytes",
    group: DEMANDED,
  },
  vmpl: {
    kind: "list",
    placeholder: "N",
    brief: "an allowed VMPL, 0 to 3",
    default: "0",
    group: DEMANDED,
  },
  crl: {
    kind: "value",
    placeholder: "MODE",
    brief: "revocation lists",
    choices: ["off", "if-available", "required"],
    default: "if-available",
    group: DEMANDED,
  },
  "report-data": {
    kind: "value",
    short: "r",
    placeholder: "HEX",
    brief: "these bytes, at most 64, followed by zeros",
    group: BOUND,
  },
  nonce: {
    kind: "value",
    placeholder: "HEX",
    brief: "with --key: SHA-512 of nonce and key; with --svsm: of nonce and manifest",
    group: BOUND,
  },
  key: {
    kind: "value",
    placeholder: "FILE",
    brief: "public key (PEM, DER), certificate, or whatever bytes the guest hashed",
    group: BOUND,
  },
  "tls-key": {
    kind: "value",
    placeholder: "FILE",
    brief: "the hash of this public key or of a certificate's",
    group: BOUND,
  },
  "tls-key-hash": {
    kind: "value",
    placeholder: "HASH",
    brief: "the hash for --tls-key",
    choices: ["SHA-256", "SHA-384", "SHA-512"],
    default: "SHA-256",
    group: BOUND,
  },
  svsm: {
    kind: "flag",
    brief: "the services manifest of an SVSM that came with the evidence",
    group: BOUND,
  },
  certs: {
    kind: "list",
    short: "c",
    placeholder: "PATH",
    brief:
      "certificates and revocation lists (PEM, DER), or a folder of them, besides those that " +
      "came with the evidence",
    group: GENUINE,
  },
  at: {
    kind: "value",
    placeholder: "TIME",
    brief: "the instant at which everything must be valid: 2026-08-01, 2026-08-01T12:00:00Z",
    default: "now",
    group: GENUINE,
  },
  ...KDS_OPTIONS,
  "simulator-root": {
    kind: "list",
    placeholder: "FILE",
    brief: "trust this root of a simulator too (PEM or DER of its ARK, and of ASK and ASVK)",
    group: GENUINE,
  },
  json: { kind: "flag", brief: "print JSON (schema greenlight/verify/v1)", group: OUTPUT },
  ndjson: { kind: "flag", brief: "print JSON, one line for each report", group: OUTPUT },
  ear: {
    kind: "value",
    placeholder: "FILE",
    brief: "write the attestation result (EAR): a JWT with --ear-key, else its claims",
    group: OUTPUT,
  },
  "ear-key": {
    kind: "value",
    placeholder: "FILE",
    brief: "private key in PEM to sign the attestation result with",
    group: OUTPUT,
  },
  force: { kind: "flag", brief: "write over the file of --ear", group: OUTPUT },
  verbose: { kind: "flag", short: "v", brief: "show every check, and the report", group: OUTPUT },
  quiet: { kind: "flag", short: "q", brief: "print nothing; the exit code tells", group: OUTPUT },
  jobs: {
    kind: "value",
    short: "j",
    placeholder: "N",
    brief: "reports at a time",
    default: "as many as there are processors",
    group: OUTPUT,
  },
  like: {
    kind: "value",
    placeholder: "TOOL",
    brief: "show how to say here what one says to another tool, and nothing else",
    choices: ["go-sev-guest", "snpguest", "trustee", "tinfoil"],
    group: OUTPUT,
  },
} as const satisfies Options;

/** What was given on the command line. */
export type VerifyOptions = OptionValues<typeof OPTIONS>;
