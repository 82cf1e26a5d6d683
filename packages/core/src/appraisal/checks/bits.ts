// SPDX-License-Identifier: Apache-2.0
// Checks of single bits: what the platform has switched on, and what the guest was launched to allow.

import {
  PLATFORM_INFO_BITS,
  PLATFORM_INFO_KNOWN,
  PLATFORM_INFO_NAMES,
  PLATFORM_INFO_SOURCE,
} from "../../evidence/index.ts";
import type { Report } from "../../evidence/index.ts";
import type { Finding, FindingId } from "../../finding/index.ts";
import { GUEST_POLICY_SOURCE } from "../../launch/guest-policy.ts";
import { GUEST_POLICY_BITS, GUEST_POLICY_NAMES } from "../policy/guest-policy-bits.ts";
import type { BitDemand, GuestPolicyBitName, Policy } from "../policy/types.ts";
import { ANSWER_OUTCOMES, found, reportRow } from "./check.ts";
import type { Row } from "./check.ts";

/** A bit that a policy can demand something of. */
interface BitRow {
  readonly row: Row;
  /** All that have a name are below 32. */
  readonly mask: number;
  readonly name: string;
  readonly clear: string;
  readonly set: string;
  readonly field: string;
  readonly demand: (policy: Policy) => BitDemand;
}

const PLATFORM_IDS: Readonly<Record<(typeof PLATFORM_INFO_NAMES)[number], FindingId>> = {
  smt: "snp.platform.smt",
  tsme: "snp.platform.tsme",
  ecc: "snp.platform.ecc",
  raplDis: "snp.platform.rapl-dis",
  ciphertextHidingDram: "snp.platform.ciphertext-hiding-dram",
  aliasCheckComplete: "snp.platform.alias-check-complete",
  iommuWriteSafe: "snp.platform.iommu-write-safe",
  tio: "snp.platform.tio",
};

const POLICY_IDS: Readonly<Record<GuestPolicyBitName, FindingId>> = {
  smt: "snp.guest-policy.smt",
  migrateMa: "snp.guest-policy.migrate-ma",
  debug: "snp.guest-policy.debug",
  singleSocket: "snp.guest-policy.single-socket",
  cxlAllow: "snp.guest-policy.cxl-allow",
  memAes256Xts: "snp.guest-policy.mem-aes-256-xts",
  raplDis: "snp.guest-policy.rapl-dis",
  ciphertextHidingDram: "snp.guest-policy.ciphertext-hiding-dram",
  pageSwapDisable: "snp.guest-policy.page-swap-disable",
};

const PLATFORM_ROWS: readonly BitRow[] = PLATFORM_INFO_NAMES.map((name) => {
  const { bit, amdName, clear, set } = PLATFORM_INFO_BITS[name];
  return {
    row: reportRow(PLATFORM_IDS[name], "platformInfo", PLATFORM_INFO_SOURCE),
    mask: 1 << bit,
    name: amdName,
    clear,
    set,
    field: `platform.info.${name}`,
    demand: ({ platform }) => platform.info[name],
  };
});

const POLICY_ROWS: readonly BitRow[] = GUEST_POLICY_NAMES.map((name) => {
  const { bit, amdName, clear, set } = GUEST_POLICY_BITS[name];
  return {
    row: reportRow(POLICY_IDS[name], "policy", GUEST_POLICY_SOURCE),
    mask: 1 << bit,
    name: amdName,
    clear,
    set,
    field: `guest.policy.${name}`,
    demand: ({ guest }) => guest.policy[name],
  };
});

/** Of each bit, the few findings there can be: they are the same for every report. */
const MADE = new Map<BitRow, Map<BitDemand, readonly [clear: Finding, set: Finding]>>();

function checkBit(bits: number, bit: BitRow, policy: Policy): Finding {
  const demand = bit.demand(policy);
  let made = MADE.get(bit);
  if (made === undefined) MADE.set(bit, (made = new Map()));
  let pair = made.get(demand);
  if (pair === undefined) {
    pair = [findingOf(bit, false, demand), findingOf(bit, true, demand)];
    made.set(demand, pair);
  }
  return pair[(bits & bit.mask) === 0 ? 0 : 1];
}

function findingOf(bit: BitRow, isSet: boolean, demand: BitDemand): Finding {
  const meaning = isSet ? bit.set : bit.clear;
  const actual = isSet ? "1" : "0";
  if (demand === "any") {
    return Object.freeze(found(bit.row, "skipped", `${bit.name}: ${meaning}`, actual));
  }
  const ok = isSet === (demand === 1);
  return Object.freeze(
    found(
      bit.row,
      ok ? "pass" : "fail",
      ok ? `${bit.name} is as demanded: ${meaning}` : `${bit.name} is not as demanded: ${meaning}`,
      actual,
      demand === 1 ? "1" : "0",
      `${bit.field} in the policy demands it`,
    ),
  );
}

const UNKNOWN_INFO = reportRow("snp.platform.unknown-bits", "platformInfo", PLATFORM_INFO_SOURCE);
const UNKNOWN_POLICY = reportRow("snp.guest-policy.unknown-bits", "policy", GUEST_POLICY_SOURCE);
const RESERVED_ONE = reportRow("snp.guest-policy.reserved-one", "policy", GUEST_POLICY_SOURCE);
const MINIMUM_ABI = reportRow("snp.guest-policy.abi-below-minimum", "policy", GUEST_POLICY_SOURCE);

const hexOf = (value: bigint): string => `0x${value.toString(16)}`;

/** Checks of PLATFORM_INFO: every bit, and those without a name. */
export function checkPlatformInfo(report: Report, policy: Policy): readonly Finding[] {
  const bits = Number(report.platformInfo & 0xffff_ffffn) | 0;
  const findings = PLATFORM_ROWS.map((row) => checkBit(bits, row, policy));
  const unknown = report.platformInfo & ~PLATFORM_INFO_KNOWN;
  findings.push(
    unknown === 0n
      ? found(UNKNOWN_INFO, "pass", "PLATFORM_INFO has no bit without a name")
      : found(
          UNKNOWN_INFO,
          ANSWER_OUTCOMES[policy.platform.info.unknown],
          "PLATFORM_INFO has bits without a name: what is switched on there is not known",
          hexOf(unknown),
          "0x0",
          "platform.info.unknown in the policy says whether that is taken",
        ),
  );
  return findings;
}

/** Bits 63:26 have no name; 17 is the reserved one. */
const POLICY_KNOWN = 0x3ff_ffffn;

/** Checks of the guest policy: every bit, those without a name, and the firmware it demands. */
export function checkGuestPolicy(
  report: Report,
  policy: Policy,
  minimumAbi: number | undefined,
): readonly Finding[] {
  const value = report.policy;
  const bits = Number(value & 0xffff_ffffn) | 0;
  const findings = POLICY_ROWS.map((row) => checkBit(bits, row, policy));
  const one = (bits & (1 << 17)) !== 0;
  findings.push(
    one
      ? found(RESERVED_ONE, "pass", "Bit 17 of the guest policy is one, as it always is")
      : found(
          RESERVED_ONE,
          "fail",
          "Bit 17 of the guest policy is zero, which cannot be",
          "0",
          "1",
        ),
  );
  const unknown = value & ~POLICY_KNOWN;
  findings.push(
    unknown === 0n
      ? found(UNKNOWN_POLICY, "pass", "The guest policy has no bit without a name")
      : found(
          UNKNOWN_POLICY,
          ANSWER_OUTCOMES[policy.guest.policy.unknown],
          "The guest policy has bits without a name: what they allow is not known",
          hexOf(unknown),
          "0x0",
          "guest.policy.unknown in the policy says whether that is taken",
        ),
  );
  findings.push(checkAbi(bits & 0xffff, minimumAbi));
  return findings;
}

function checkAbi(abi: number, least: number | undefined): Finding {
  const shown = (version: number): string => `${version >> 8}.${version & 0xff}`;
  if (least === undefined) {
    const title = "The policy does not demand that the guest insist on a firmware ABI";
    return found(MINIMUM_ABI, "skipped", title, shown(abi));
  }
  const ok = abi >= least;
  return found(
    MINIMUM_ABI,
    ok ? "pass" : "fail",
    ok
      ? "The guest was launched to insist on a firmware ABI that is new enough"
      : "The guest was launched without insisting on the firmware ABI that is demanded",
    shown(abi),
    `${shown(least)} or newer`,
    "launch the guest with a higher ABI version in its policy; guest.policy.minimumAbi demands it",
  );
}
