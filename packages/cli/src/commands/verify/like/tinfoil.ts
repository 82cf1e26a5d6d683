// SPDX-License-Identifier: Apache-2.0
// Tinfoil's verifier for browsers, and what to write here.

import type { Peer } from "./row.ts";

export const TINFOIL: Peer = {
  name: "tinfoil",
  title: "@tinfoilsh/verifier (tinfoil-js, April 2026)",
  example: {
    theirs: "verifyAttestation(document, vcekBase64)",
    ours: "greenlight verify report.bin --certs vcek.der --set platform.info.tsme=1",
  },
  groups: [
    {
      title: "Checks, with the values that are fixed there",
      rows: [
        {
          theirs: "VCEK of Genoa only",
          meaning: "which chips",
          ours: "Milan, Genoa with Bergamo and Siena, Turin; VCEK and VLEK",
          fields: ["evidence.productLines", "evidence.signingKeys"],
        },
        {
          theirs: "minimum TCB bootloader 7, snp 14, microcode 0x48",
          meaning: "TCB",
          ours: "platform.tcb.Genoa",
          fields: ["platform.tcb"],
        },
        {
          theirs: "minimum build 21, version 1.55",
          meaning: "firmware",
          ours: "platform.firmware.minimumVersion and .minimumBuild",
          fields: ["platform.firmware.minimumVersion", "platform.firmware.minimumBuild"],
        },
        {
          theirs: "no DEBUG, no MIGRATE_MA, SMT allowed",
          meaning: "guest policy",
          ours: "the default",
          fields: ["guest.policy.debug", "guest.policy.migrateMa", "guest.policy.smt"],
        },
        {
          theirs: "TSME required",
          meaning: "platform",
          ours: "platform.info.tsme=1",
          fields: ["platform.info.tsme"],
        },
        {
          theirs: "provisional firmware, ID block, author key: not implemented",
          meaning: "",
          ours: "platform.firmware.provisional, guest.idBlock",
          fields: ["platform.firmware.provisional", "guest.idBlock.required"],
        },
        {
          theirs: "report data: SHA-256 of the TLS key, then the HPKE key",
          meaning: "binding",
          ours: "--report-data with both, 64 bytes; --tls-key where it is the TLS key alone",
          options: ["report-data", "tls-key"],
        },
        {
          theirs: "measurement out of a Sigstore bundle",
          meaning: "reference value",
          ours: "--measurement; signed reference values are not read yet",
          options: ["measurement"],
        },
        {
          theirs: "runs in a browser",
          meaning: "",
          ours: "the explorer page, and @greenlight/core in any program",
        },
        {
          theirs: "kds-proxy, 2 retries",
          meaning: "certificates",
          ours: "--kds URL, with a deadline and Retry-After honoured; --offline",
          options: ["kds", "kds-timeout", "offline"],
        },
      ],
    },
  ],
};
