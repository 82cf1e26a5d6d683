// SPDX-License-Identifier: Apache-2.0
// Reports on a guest: which key signs, what they say (AMD 56860 rev. 1.58, section 7.3, table
// ATTESTATION_REPORT).

import { encodeTcb } from "@greenlight/core/evidence";
import { chipId as imaginaryChip, encodeReport, signReport } from "../hierarchy/index.ts";
import type { Vek } from "../hierarchy/index.ts";
import { CPUS } from "../hierarchy/report.ts";
import { reportedTcb } from "./machine.ts";
import type { SnpMachine } from "./machine.ts";
import type { LaunchedGuest } from "./guest.ts";
import { platformInfo } from "./options.ts";

/** VMPL of reports that the host asked for. */
export const HOST_VMPL = 0xffff_ffff;

/** Bits of KEY_INFO. */
const AUTHOR_KEY_EN = 1;
const MASK_CHIP_KEY = 2;
const SIGNING_KEY = { VCEK: 0 << 2, VLEK: 1 << 2, none: 7 << 2 } as const;

/** Which key a request gets. */
export type Selected =
  | { readonly kind: "VCEK" | "VLEK"; readonly vek: Vek }
  | { readonly kind: "none" }
  | { readonly problem: "INVALID_PARAM" | "INVALID_KEY" };

/**
 * The key for a report or derived key.
 * @param selection KEY_SEL: 0 VLEK if loaded, else VCEK; 1 VCEK; 2 VLEK.
 */
export function selectKey(
  machine: SnpMachine,
  { identity }: LaunchedGuest,
  selection: number,
): Selected {
  const { keys, vlek } = machine;
  if (selection > 2) return { problem: "INVALID_PARAM" };
  const isVlek = selection === 2 || (selection === 0 && vlek !== undefined);
  if (isVlek) {
    if (vlek === undefined) return { problem: "INVALID_KEY" };
    return { kind: "VLEK", vek: keys.vlek(reportedTcb(machine), vlek.cspId) };
  }
  if (identity.vcekDisabled) return { problem: "INVALID_KEY" };
  if (machine.maskChipKey) return { kind: "none" };
  return { kind: "VCEK", vek: keys.vcek(reportedTcb(machine)) };
}

/** What the guest, or the host, wants in the report. */
export interface ReportWish {
  readonly reportData: Uint8Array;
  /** {@link HOST_VMPL} for the host. */
  readonly vmpl: number;
}

/** A report, 1184 bytes; without signature when the key is masked. */
export function makeReport(
  machine: SnpMachine,
  guest: LaunchedGuest,
  selected: Exclude<Selected, { readonly problem: unknown }>,
  wish: ReportWish,
): Uint8Array {
  const fault = machine.shared.faults.snp?.report;
  if (fault === "replayed" && guest.firstReport !== undefined) return guest.firstReport;
  const report = encodeReport(fieldsOf(machine, guest, selected.kind, wish));
  const signed =
    selected.kind === "none" ? report : signReport(report, keyFor(machine, selected.vek));
  if (fault === "flipped-bit") signed[0x90]! ^= 1;
  guest.firstReport ??= signed;
  return signed;
}

function keyFor(machine: SnpMachine, vek: Vek): Vek["key"] {
  return machine.shared.faults.snp?.report === "other-key"
    ? machine.keys.stranger(reportedTcb(machine)).key
    : vek.key;
}

function fieldsOf(
  machine: SnpMachine,
  guest: LaunchedGuest,
  signingKey: "VCEK" | "VLEK" | "none",
  { reportData, vmpl }: ReportWish,
): Parameters<typeof encodeReport>[0] {
  const { shared, setup, committedVersion, maskChipId, maskChipKey } = machine;
  const { line, api } = shared;
  const { reportVersion: version, facts } = setup;
  const { identity } = guest;
  const cpu = version >= 3 ? CPUS[line] : undefined;
  const chip =
    shared.faults.snp?.report === "other-chip" ? imaginaryChip(line, "2") : shared.chipId;
  const mitigations = version >= 5;
  return {
    version,
    guestSvn: identity.guestSvn,
    policy: guest.policy,
    familyId: identity.familyId,
    imageId: identity.imageId,
    vmpl,
    signatureAlgo: 1,
    currentTcb: encodeTcb(setup.currentTcb, line),
    platformInfo: platformInfo(facts),
    signerInfo:
      (identity.authorKeyEnabled ? AUTHOR_KEY_EN : 0) |
      (maskChipKey ? MASK_CHIP_KEY : 0) |
      SIGNING_KEY[signingKey],
    reportData,
    measurement: guest.digest,
    hostData: identity.hostData,
    idKeyDigest: identity.idKeyDigest,
    authorKeyDigest: identity.authorKeyDigest,
    reportId: guest.reportId,
    reportIdMa: new Uint8Array(32).fill(0xff),
    reportedTcb: encodeTcb(reportedTcb(machine), line),
    cpuFamily: cpu?.family,
    cpuModel: cpu?.model,
    cpuStepping: cpu?.stepping,
    chipId: maskChipId ? new Uint8Array(64) : chip,
    committedTcb: encodeTcb(machine.committedTcb, line),
    currentBuild: api.build,
    currentMinor: api.minor,
    currentMajor: api.major,
    committedBuild: committedVersion.build,
    committedMinor: committedVersion.minor,
    committedMajor: committedVersion.major,
    launchTcb: encodeTcb(guest.launchTcb, line),
    launchMitVector: mitigations ? guest.launchMitVector : undefined,
    currentMitVector: mitigations ? setup.mitigations : undefined,
    signatureR: new Uint8Array(48),
    signatureS: new Uint8Array(48),
  };
}
