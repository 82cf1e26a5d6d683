// SPDX-License-Identifier: Apache-2.0
// What is demanded when nobody says anything: right for most guests, and the value of every field that
// a policy file leaves out. Plain data, so that it can be used without loading the schema.

import { POLICY_SCHEMA } from "./types.ts";
import type { Policy } from "./types.ts";

/**
 * Refuses guests that may be debugged or migrated, reports from another VMPL than 0 or asked for by the
 * host, masked chips, and bits without a name. Pins no measurement and no report data: both are
 * reported as warnings.
 */
export const DEFAULT_POLICY: Policy = {
  schema: POLICY_SCHEMA,
  name: "default",
  description: "",
  evidence: {
    reportVersions: [2, 3, 4, 5],
    productLines: ["Milan", "Genoa", "Turin", "Venice"],
    cpus: "any",
    signingKeys: ["VCEK", "VLEK"],
    hostRequested: "refuse",
    chips: { allow: "any", deny: [], masked: "refuse" },
    csp: { allow: "any" },
    revocation: { mode: "if-available", maxAge: "any" },
    certificateTable: [],
    unknownExtensions: "warn",
  },
  platform: {
    firmware: {
      minimumVersion: "any",
      minimumBuild: 0,
      compareBuild: "within-version",
      provisional: "warn",
    },
    tcb: {},
    launchTcb: {},
    mitigations: { launch: "0x0", current: "0x0" },
    info: {
      smt: "any",
      tsme: "any",
      ecc: "any",
      raplDis: "any",
      ciphertextHidingDram: "any",
      aliasCheckComplete: "any",
      iommuWriteSafe: "any",
      tio: "any",
      unknown: "refuse",
    },
  },
  guest: {
    measurements: "any",
    policy: {
      minimumAbi: "any",
      smt: "any",
      migrateMa: 0,
      debug: 0,
      singleSocket: "any",
      cxlAllow: "any",
      memAes256Xts: "any",
      raplDis: "any",
      ciphertextHidingDram: "any",
      pageSwapDisable: "any",
      unknown: "refuse",
    },
    vmpl: [0],
    svn: { minimum: 0 },
    familyId: "any",
    imageId: "any",
    hostData: "any",
    reportId: "any",
    reportIdMa: "any",
    idBlock: { required: false, idKeys: "any", authorKeys: "any", authorKeyRequired: false },
    reportData: "any",
    binding: { mode: "if-given", kinds: "any" },
  },
};
