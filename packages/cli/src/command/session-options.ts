// SPDX-License-Identifier: Apache-2.0
// Options for the values of an SEV or SEV-ES launch session, which make a measurement of a digest.

import type { Options } from "./command.ts";

/** Heading of these options in help. */
export const SESSION_GROUP = "Launch session, from digest to measurement (SEV, SEV-ES)";

const group = SESSION_GROUP;

export const SESSION_OPTIONS = {
  tk: {
    kind: "value",
    placeholder: "FILE",
    brief: "TEK and TIK in one file, 32 bytes (sev-tool's tmp_tk.bin), in place of --tik",
    group,
  },
  "api-major": { kind: "value", placeholder: "N", brief: "platform API major version", group },
  "api-minor": { kind: "value", placeholder: "N", brief: "platform API minor version", group },
  "build-id": { kind: "value", placeholder: "N", brief: "platform build id", group },
  policy: { kind: "value", placeholder: "VALUE", brief: "guest policy of the session", group },
} as const satisfies Options;
