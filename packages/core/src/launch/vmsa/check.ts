// SPDX-License-Identifier: Apache-2.0
// Judging a VMSA page: could a processor run it at all, and is anything set that no layout names?

import { annotate } from "../../bytes/index.ts";
import type { Finding, FindingId } from "../../finding/index.ts";
import { SEV_FEATURES_BITS, sevFeatureNames } from "../guest-features.ts";
import { VMSA } from "./layout.ts";
import type { Vmsa } from "./layout.ts";

const VMRUN = "AMD APM volume 2 (24593), section 15.5.1, canonicalization and consistency checks";

const UPPER_HALF = 0xffff_ffff_0000_0000n;

/** A demand on one register; without it VMRUN ends with VMEXIT_INVALID. */
interface Rule {
  readonly id: FindingId;
  readonly field: "cr0" | "dr6" | "dr7" | "efer" | "rflags";
  readonly passes: (value: bigint) => boolean;
  readonly good: string;
  readonly bad: string;
  readonly source: string;
}

const RULES: readonly Rule[] = [
  {
    id: "vmsa.efer.svme-clear",
    field: "efer",
    passes: (efer) => (efer & 0x1000n) !== 0n,
    good: "EFER.SVME is set",
    bad: "EFER.SVME is clear, so the vCPU cannot be started",
    source: VMRUN,
  },
  {
    id: "vmsa.rflags.bit1-clear",
    field: "rflags",
    passes: (rflags) => (rflags & 2n) !== 0n,
    good: "RFLAGS bit 1, which always reads as one, is one",
    bad: "RFLAGS bit 1, which always reads as one, is zero",
    source: "AMD APM volume 2 (24593), section 3.1.6 RFLAGS register",
  },
  {
    id: "vmsa.cr0.invalid",
    field: "cr0",
    // NW (bit 29) without CD (bit 30) is not a caching mode.
    passes: (cr0) => (cr0 & UPPER_HALF) === 0n && (cr0 & 0x6000_0000n) !== 0x2000_0000n,
    good: "CR0 is a valid combination",
    bad: "CR0 has bits set above 31, or NW without CD",
    source: VMRUN,
  },
  {
    id: "vmsa.dr6.upper-bits",
    field: "dr6",
    passes: (dr6) => (dr6 & UPPER_HALF) === 0n,
    good: "DR6 has no bits above 31",
    bad: "DR6 has bits set above 31",
    source: VMRUN,
  },
  {
    id: "vmsa.dr7.upper-bits",
    field: "dr7",
    passes: (dr7) => (dr7 & UPPER_HALF) === 0n,
    good: "DR7 has no bits above 31",
    bad: "DR7 has bits set above 31",
    source: VMRUN,
  },
];

/**
 * All checks of a VMSA page. `fail`: no processor runs it. `warn`: something is set that is not
 * known here; it is measured all the same.
 * @throws {LayoutError} when the page does not have 4096 bytes.
 */
export function checkVmsa(page: Uint8Array): readonly Finding[] {
  const vmsa = VMSA.decode(page);
  return [
    ...RULES.map((rule) => checkRule(rule, vmsa)),
    checkReserved(page),
    checkFeatures(vmsa.sevFeatures),
  ];
}

function checkRule({ id, field, passes, good, bad, source }: Rule, vmsa: Vmsa): Finding {
  const value = vmsa[field];
  const passed = passes(value);
  return {
    id,
    outcome: passed ? "pass" : "fail",
    title: passed ? good : bad,
    actual: `0x${value.toString(16)}`,
    where: place(field, 8),
    source,
    ...(passed ? {} : { hint: "is this a VMSA page, and of a vCPU that has not run yet?" }),
  };
}

function checkReserved(page: Uint8Array): Finding {
  const isSet = (offset: number, size: number): boolean =>
    page.subarray(offset, offset + size).some((byte) => byte !== 0);
  const found = annotate(VMSA, page).filter(
    ({ path, offset, size }) => /^(reserved|unused)/.test(path) && isSet(offset, size),
  );
  const first = found[0];
  const common = { id: "vmsa.reserved.not-zero" as const, source: VMSA.source };
  if (first === undefined) {
    const where = { artefact: "VMSA" };
    return { ...common, outcome: "pass", title: "All reserved bytes are zero", where };
  }
  return {
    ...common,
    outcome: "warn",
    title: `Reserved bytes are not zero: ${found.map(({ path }) => path).join(", ")}`,
    where: { artefact: "VMSA", offset: first.offset, size: first.size },
    hint: "newer processors may give them a meaning; no VMSA profile known here sets them",
  };
}

function checkFeatures(features: bigint): Finding {
  const known = Object.values(SEV_FEATURES_BITS).reduce(
    (mask, bit) => mask | (1n << BigInt(bit)),
    0n,
  );
  const unknown = sevFeatureNames(features & ~known);
  return {
    id: "vmsa.sev-features.unknown-bits",
    outcome: unknown.length === 0 ? "pass" : "warn",
    title:
      unknown.length === 0
        ? "All bits set in SEV_FEATURES are known"
        : `SEV_FEATURES has bits set that are not known here: ${unknown.join(", ")}`,
    actual: `0x${features.toString(16)}`,
    where: place("sevFeatures", 8),
    source: "AMD APM volume 2 (24593), table B-4",
  };
}

function place(field: Rule["field"] | "sevFeatures", size: number): Finding["where"] & object {
  return { artefact: "VMSA", offset: VMSA.offsetOf(field), size };
}
