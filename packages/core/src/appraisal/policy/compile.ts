// SPDX-License-Identifier: Apache-2.0
// A policy made ready for comparing: byte strings instead of digits, sets instead of lists. Done once
// for each policy, however many reports it judges.

import { hexDecode } from "../../bytes/index.ts";
import type { Labelled, OneOf, Policy } from "./types.ts";

/** A byte string to compare with. */
export interface Wanted {
  readonly bytes: Uint8Array;
  readonly label: string | undefined;
}

/** Byte strings to compare with, and how findings show them; undefined where any will do. */
export type WantedBytes = { readonly each: readonly Wanted[]; readonly text: string } | undefined;

/** A policy with everything that would cost time for every report. */
export interface CompiledPolicy {
  readonly measurements: WantedBytes;
  readonly familyId: WantedBytes;
  readonly imageId: WantedBytes;
  readonly hostData: WantedBytes;
  readonly reportId: WantedBytes;
  readonly reportIdMa: WantedBytes;
  readonly reportData: WantedBytes;
  readonly idKeys: WantedBytes;
  readonly authorKeys: WantedBytes;
  readonly chipsAllowed: WantedBytes;
  readonly chipsDenied: WantedBytes;
  /** SHA-256 of each entry of `evidence.certificateTable`, in its order. */
  readonly tableDigests: readonly WantedBytes[];
  readonly launchMitigations: bigint;
  readonly currentMitigations: bigint;
  /** Major and minor version as one number, as in `major << 8 | minor`. */
  readonly minimumVersion: number | undefined;
  readonly minimumAbi: number | undefined;
}

const compiled = new WeakMap<Policy, CompiledPolicy>();

/** The policy made ready. The same object is made ready only once, so it must not be changed. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const { evidence, platform, guest } = policy;
  const { chips, certificateTable } = evidence;
  const made: CompiledPolicy = {
    measurements: wanted(guest.measurements),
    familyId: wanted(guest.familyId),
    imageId: wanted(guest.imageId),
    hostData: wanted(guest.hostData),
    reportId: wanted(guest.reportId),
    reportIdMa: wanted(guest.reportIdMa),
    reportData: wanted(guest.reportData),
    idKeys: wanted(guest.idBlock.idKeys),
    authorKeys: wanted(guest.idBlock.authorKeys),
    chipsAllowed: wantedChips(chips.allow),
    chipsDenied: chips.deny.length === 0 ? undefined : wantedChips(chips.deny),
    tableDigests: certificateTable.map(({ sha256 }) => wanted(sha256)),
    launchMitigations: BigInt(platform.mitigations.launch),
    currentMitigations: BigInt(platform.mitigations.current),
    minimumVersion: versionNumber(platform.firmware.minimumVersion),
    minimumAbi: versionNumber(guest.policy.minimumAbi),
  };
  compiled.set(policy, made);
  return made;
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** Milliseconds of a span such as `60d`; undefined for `any`. */
export function durationMs(span: string): number | undefined {
  if (span === "any") return undefined;
  return Number.parseInt(span, 10) * (UNITS[span.slice(-1)] ?? Number.NaN);
}

/** CHIP_ID has 64 bytes; where only 8 are in use, the rest is zero. */
function wantedChips(chips: OneOf<Labelled>): WantedBytes {
  if (chips === "any") return undefined;
  return wanted(chips.map((chip) => ({ ...chip, value: chip.value.padEnd(128, "0") })));
}

function wanted(values: OneOf<Labelled>): WantedBytes {
  if (values === "any") return undefined;
  const each = values.map(({ value, label }) => ({ bytes: hexDecode(value), label }));
  return { each, text: shownWanted(values) };
}

/** How many values are written out; more are counted. */
const SHOWN = 4;

function shownWanted(values: readonly Labelled[]): string {
  const shown = values
    .slice(0, SHOWN)
    .map(({ value, label }) => (label === undefined ? value : `${value} (${label})`));
  const more = values.length - shown.length;
  return `${shown.join(" or ")}${more > 0 ? ` or ${more} more` : ""}`;
}

function versionNumber(version: string): number | undefined {
  if (version === "any") return undefined;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (major << 8) | minor;
}
