// SPDX-License-Identifier: Apache-2.0
// Options of commands that make a session: the platform it is for, and its policy.

import type { Options, OptionValues } from "../../command/command.ts";
import { OPTIONS as VERIFY_SEV_OPTIONS } from "../verify/sev/options.ts";

/** The platform's files, as `verify sev` takes them. */
export const PLATFORM_FILES = {
  usage: "FILE...",
  brief: "certificates of the platform, in any order; one may be - for standard input",
  min: 1,
  max: 64,
} as const;

const {
  "minimum-api": minimumApi,
  build,
  product,
  owner,
  cek,
  "chip-id": chipId,
  "simulator-root": simulatorRoot,
  offline,
  kds,
  "kds-allow-http": allowHttp,
  "kds-cache": cache,
  "kds-timeout": timeout,
} = VERIFY_SEV_OPTIONS;

/** Options of `session make` and `session export` alike. */
export const PLATFORM_OPTIONS = {
  policy: {
    kind: "value",
    short: "p",
    placeholder: "POLICY",
    brief: "guest policy: a number, or names such as NODBG,NOKS,ES,api=1.55",
    default: "NODBG,NOKS,ES,NOSEND",
  },
  unverified: {
    kind: "flag",
    brief: "do not verify the platform: whoever made the PDH gets what the guest gets",
  },
  "minimum-api": minimumApi,
  build,
  product,
  owner,
  cek,
  "chip-id": chipId,
  "simulator-root": simulatorRoot,
  offline,
  kds,
  "kds-allow-http": allowHttp,
  "kds-cache": cache,
  "kds-timeout": timeout,
} as const satisfies Options;

/** Values of {@link PLATFORM_OPTIONS}. */
export type PlatformOptions = OptionValues<typeof PLATFORM_OPTIONS>;
