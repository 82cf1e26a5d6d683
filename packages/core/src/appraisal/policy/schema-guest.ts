// SPDX-License-Identifier: Apache-2.0
// The section `guest` of a policy: what must have been launched, how, and what the report speaks for.

import * as z from "zod/mini";
import { GUEST_POLICY_SOURCE } from "../../launch/guest-policy.ts";
import { BINDING_NAMES } from "../binding.ts";
import { DEFAULT_POLICY } from "./default.ts";
import { field } from "./field.ts";
import { GUEST_POLICY_BITS } from "./guest-policy-bits.ts";
import { anyOrLabelled, anyOrNumbers, anyOrWords } from "./lists.ts";
import { ANSWERS } from "./schema-evidence.ts";
import type { BindingKind, GuestPolicyBitName, Hex } from "./types.ts";
import { bit, firmwareVersion, flag, wholeNumber, word } from "./values.ts";
import { answers, listed, pinned } from "./words.ts";

const REPORT = "AMD 56860, table ATTESTATION_REPORT";
const { guest } = DEFAULT_POLICY;

const KINDS: readonly BindingKind[] = [
  "raw",
  "padded",
  "nonce-and-key",
  "tls-key",
  "svsm-manifest",
  "azure-hcl",
];

/** REPORT_ID_MA where there is no migration agent. */
const NO_AGENT: Hex = "ff".repeat(32);

function policyBit(name: GuestPolicyBitName, grave?: true) {
  const { bit: number, amdName, clear, set } = GUEST_POLICY_BITS[name];
  return field(bit(), guest.policy[name], {
    meaning: `Bit ${number} of the guest policy, ${amdName}. 0: ${clear}. 1: ${set}.`,
    source: GUEST_POLICY_SOURCE,
    demands: (value) =>
      value === "any" ? undefined : `${amdName} is ${value}: ${value === 1 ? set : clear}.`,
    open: `${amdName} may be 0 (${clear}) or 1 (${set}).`,
    ...(grave === undefined ? {} : { grave }),
  });
}

function bytesField(
  length: number,
  what: string,
  meaning: string,
  open: string,
  names: Readonly<Record<string, Hex>> = {},
) {
  return field(anyOrLabelled([length], names), "any", {
    meaning: `${meaning} ${length} bytes, one value or several.`,
    source: REPORT,
    demands: (values) => pinned(what, values),
    open,
  });
}

/** The section. */
export const GUEST_SECTION = z.prefault(
  z.strictObject({
    measurements: field(anyOrLabelled([48]), "any", {
      meaning:
        "Launch digests the guest may have, 48 bytes: firmware, and with kernel hashes also kernel, " +
        "initrd and command line. The guest policy is not part of them.",
      source: "AMD 56860, section 8.17, and table ATTESTATION_REPORT",
      demands: (values) => pinned("The launch digest (MEASUREMENT)", values),
      open: "Every launch digest is taken: the guest may run anything at all.",
      grave: true,
    }),
    policy: z.prefault(
      z.strictObject({
        minimumAbi: field(firmwareVersion(), "any", {
          meaning:
            'Lowest firmware ABI version that the guest was launched to demand, as text: "1.51".',
          source: GUEST_POLICY_SOURCE,
          demands: (version) =>
            version === "any"
              ? undefined
              : `The guest was launched to demand firmware ABI ${version} or newer.`,
          open: "The guest need not have been launched to demand any firmware ABI version.",
        }),
        smt: policyBit("smt"),
        migrateMa: policyBit("migrateMa", true),
        debug: policyBit("debug", true),
        singleSocket: policyBit("singleSocket"),
        cxlAllow: policyBit("cxlAllow"),
        memAes256Xts: policyBit("memAes256Xts"),
        raplDis: policyBit("raplDis"),
        ciphertextHidingDram: policyBit("ciphertextHidingDram"),
        pageSwapDisable: policyBit("pageSwapDisable"),
        unknown: field(word(ANSWERS), guest.policy.unknown, {
          meaning: "Bits of the guest policy that have no name here.",
          source: GUEST_POLICY_SOURCE,
          ...answers(
            "Unknown bits of the guest policy",
            "Unknown bits of the guest policy are passed over.",
          ),
        }),
      }),
      {},
    ),
    vmpl: field(anyOrNumbers(0, 3), [0], {
      meaning:
        "Privilege levels (VMPL) inside the guest that may have asked for the report. 0 is the most " +
        "privileged: an SVSM, a paravisor, or the kernel where there is neither.",
      source: REPORT,
      demands: (levels) =>
        levels === "any" ? undefined : `The report was asked for at VMPL ${listed(levels, "or")}.`,
      open: "The report may have been asked for at any VMPL, also by less privileged software.",
      grave: true,
    }),
    svn: z.prefault(
      z.strictObject({
        minimum: field(wholeNumber(0, 0xffff_ffff), 0, {
          meaning:
            "Lowest security version of the guest (GUEST_SVN), which comes from the ID block.",
          source: REPORT,
          demands: (svn) => (svn === 0 ? undefined : `The guest SVN is ${svn} or higher.`),
          open: "Guests of every security version are taken.",
        }),
      }),
      {},
    ),
    familyId: bytesField(
      16,
      "The family id",
      "FAMILY_ID from the ID block:",
      "Every family id is taken.",
    ),
    imageId: bytesField(
      16,
      "The image id",
      "IMAGE_ID from the ID block:",
      "Every image id is taken.",
    ),
    hostData: bytesField(
      32,
      "HOST_DATA",
      "HOST_DATA: chosen by the host at launch and fixed from then on.",
      "HOST_DATA may be whatever the host chose.",
    ),
    reportId: bytesField(
      32,
      "The report id",
      "REPORT_ID: of one running guest.",
      "The report may be of any guest.",
    ),
    reportIdMa: bytesField(
      32,
      "The report id of the migration agent",
      "REPORT_ID_MA: of the migration agent, or none for guests without one.",
      "There may be any migration agent, as far as the guest policy lets one in.",
      { none: NO_AGENT },
    ),
    idBlock: z.prefault(
      z.strictObject({
        required: field(flag(), false, {
          meaning:
            "Whether the guest must have been launched with an ID block. Any list of keys demands one " +
            "too. Without a list, an ID block by anybody's key will do.",
          source: "AMD 56860, section 8.18 (SNP_LAUNCH_FINISH)",
          demands: (required) =>
            required ? "The guest was launched with a signed ID block." : undefined,
          open: "The guest may have been launched without an ID block.",
        }),
        idKeys: field(anyOrLabelled([48]), "any", {
          meaning:
            "Keys that may have signed the ID block, by ID_KEY_DIGEST (48 bytes, see idblock " +
            "key-digest). An ID key that a trusted author key signed is trusted too.",
          source: REPORT,
          demands: (keys) => pinned("The digest of the ID key", keys),
          open: "An ID block may be signed by anybody.",
        }),
        authorKeys: field(anyOrLabelled([48]), "any", {
          meaning: "Keys that may have signed the ID key, by AUTHOR_KEY_DIGEST (48 bytes).",
          source: REPORT,
          demands: (keys) => pinned("The digest of the author key, or of a trusted ID key,", keys),
          open: "An author key may be anybody's.",
        }),
        authorKeyRequired: field(flag(), false, {
          meaning: "Whether an author key must have been used, and be trusted.",
          source: `${REPORT}, AUTHOR_KEY_EN`,
          demands: (required) => (required ? "An author key was used." : undefined),
          open: "No author key need have been used.",
        }),
      }),
      {},
    ),
    reportData: bytesField(
      64,
      "REPORT_DATA",
      "REPORT_DATA as fixed bytes. Mostly it is bound to a nonce or a key at run time instead.",
      "REPORT_DATA is not fixed by the policy.",
    ),
    binding: z.prefault(
      z.strictObject({
        mode: field(word(["if-given", "required"]), guest.binding.mode, {
          meaning:
            "Whether the verifier must say what REPORT_DATA is bound to (a nonce, a key, a manifest). " +
            "Without, a report may be old or of another channel.",
          demands: (mode) =>
            mode === "required"
              ? "The report is bound to a nonce, a key or a manifest."
              : undefined,
          open: "The report need not be bound to anything: it may be old, or somebody else's.",
          grave: true,
        }),
        kinds: field(anyOrWords(KINDS), "any", {
          meaning: `Ways it may be bound: ${KINDS.map((kind) => `${kind} (${BINDING_NAMES[kind]})`).join(", ")}.`,
          demands: (kinds) =>
            kinds === "any" ? undefined : `REPORT_DATA is bound by ${listed(kinds, "or")}.`,
          open: "REPORT_DATA may be bound in any known way.",
        }),
      }),
      {},
    ),
  }),
  {},
);
