// SPDX-License-Identifier: Apache-2.0
// Every subject that is fuzzed. A decoder belongs into the file of its subject; a new subject needs
// a line here.

import type { TargetIndex } from "../engine/target.ts";

/** Loaded one at a time, so that the blocks of one subject alone guide its targets. */
export const subjects: TargetIndex["subjects"] = {
  bytes: async () => import("./bytes.ts"),
  keys: async () => import("./keys.ts"),
  certificates: async () => import("./certificates.ts"),
  "sev certificates": async () => import("./sev-certificates.ts"),
  firmware: async () => import("./firmware.ts"),
  "firmware volumes": async () => import("./firmware-volumes.ts"),
  launch: async () => import("./launch.ts"),
  "launch sessions": async () => import("./launch-sessions.ts"),
  evidence: async () => import("./evidence.ts"),
  "evidence forms": async () => import("./evidence-forms.ts"),
  disks: async () => import("./disks.ts"),
  policies: async () => import("./policies.ts"),
  launches: async () => import("./launch-plans.ts"),
  kds: async () => import("./kds.ts"),
  "software platform": async () => import("./platform.ts"),
  "guest messages": async () => import("./guest-messages.ts"),
  hypervisors: async () => import("./hypervisors.ts"),
  lab: async () => import("./lab.ts"),
  "command line": async () => import("./command-line.ts"),
};
