// SPDX-License-Identifier: Apache-2.0
// Options for the values of an SEV or SEV-ES launch session, which make a measurement of a digest.

import type { Options } from "./command.ts";

const group = "From digest to measurement (SEV, SEV-ES)";

export const SESSION_OPTIONS = {
  "api-major": { kind: "value", placeholder: "N", brief: "platform API major version", group },
  "api-minor": { kind: "value", placeholder: "N", brief: "platform API minor version", group },
  "build-id": { kind: "value", placeholder: "N", brief: "platform build id", group },
  policy: { kind: "value", placeholder: "VALUE", brief: "guest policy of the session", group },
} as const satisfies Options;
