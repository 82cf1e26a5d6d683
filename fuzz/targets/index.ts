// SPDX-License-Identifier: Apache-2.0
// Every subject that is fuzzed. A decoder belongs into the file of its subject; a new subject needs
// a line here.

import type { TargetIndex } from "../engine/target.ts";

/** Loaded one at a time, so that the blocks of one subject alone guide its targets. */
export const subjects: TargetIndex["subjects"] = {
  bytes: async () => import("./bytes.ts"),
  keys: async () => import("./keys.ts"),
  certificates: async () => import("./certificates.ts"),
  firmware: async () => import("./firmware.ts"),
  launch: async () => import("./launch.ts"),
  evidence: async () => import("./evidence.ts"),
  "evidence forms": async () => import("./evidence-forms.ts"),
  policies: async () => import("./policies.ts"),
  kds: async () => import("./kds.ts"),
  "command line": async () => import("./command-line.ts"),
};
