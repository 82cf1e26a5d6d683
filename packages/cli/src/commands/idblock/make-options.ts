// SPDX-License-Identifier: Apache-2.0
// Options of `greenlight idblock make`: ours, snpguest's, and snp-create-id-block's.

import type { Options, OptionValues } from "../../command/command.ts";

/** Names of output formats. */
export const FORMATS = ["text", "snp-create-id-block", "snpguest"] as const;

/** All options. */
export const OPTIONS = {
  "launch-digest": {
    kind: "value",
    placeholder: "DIGEST",
    brief: "what the guest must measure: hexadecimal or base64; - reads it from standard input",
  },
  "id-key": {
    kind: "value",
    placeholder: "KEY",
    brief: "private P-384 key that signs the ID block",
  },
  "author-key": {
    kind: "value",
    placeholder: "KEY",
    brief: "private P-384 key that signs the ID key",
  },
  "family-id": {
    kind: "value",
    short: "f",
    placeholder: "HEX32",
    brief: "16 bytes of your choice in 32 digits",
    default: "zero",
    group: "What the guest must be",
  },
  "image-id": {
    kind: "value",
    short: "m",
    placeholder: "HEX32",
    brief: "16 bytes of your choice in 32 digits",
    default: "zero",
    group: "What the guest must be",
  },
  svn: {
    kind: "value",
    short: "s",
    placeholder: "N",
    brief: "security version of the guest",
    default: "0",
    group: "What the guest must be",
  },
  policy: {
    kind: "value",
    short: "p",
    placeholder: "POLICY",
    brief: "guest policy, decimal or with 0x",
    default: "0x30000",
    group: "What the guest must be",
  },
  version: {
    kind: "value",
    short: "v",
    placeholder: "N",
    brief: "version of the ID block format; 1 is the only one",
    group: "What the guest must be",
  },
  "output-format": {
    kind: "value",
    placeholder: "FORMAT",
    brief: "how to print it; with a peer's arguments its own format is the default",
    choices: FORMATS,
    group: "Output",
  },
  json: {
    kind: "flag",
    brief: "print JSON (schema greenlight/idblock-make/v1)",
    group: "Output",
  },
  quiet: { kind: "flag", short: "q", brief: "print nothing, only write files", group: "Output" },
  "id-file": {
    kind: "value",
    short: "i",
    placeholder: "FILE",
    brief: "write the ID block to FILE, in base64",
    group: "Output",
  },
  "auth-file": {
    kind: "value",
    short: "a",
    placeholder: "FILE",
    brief: "write the ID authentication information to FILE, in base64",
    group: "Output",
  },
  binary: { kind: "flag", brief: "write files as raw bytes", group: "Output" },
  force: { kind: "flag", brief: "overwrite existing files", group: "Output" },
  measurement: {
    kind: "value",
    placeholder: "BASE64",
    brief: "as --launch-digest",
    group: "As snp-create-id-block takes them",
  },
  idkey: {
    kind: "value",
    placeholder: "PATH",
    brief: "as --id-key",
    group: "As snp-create-id-block takes them",
  },
  authorkey: {
    kind: "value",
    placeholder: "PATH",
    brief: "as --author-key",
    group: "As snp-create-id-block takes them",
  },
} as const satisfies Options;

/** Parsed options. */
export type MakeOptions = OptionValues<typeof OPTIONS>;
