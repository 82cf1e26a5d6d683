// SPDX-License-Identifier: Apache-2.0
// What the given files amount to: the evidence that is looked at, what supports it, and how it is judged.

import { verifyEvidence } from "@greenlight/core/appraisal";
import type { ReportDataBinding, Verdict } from "@greenlight/core/appraisal";
import { hexDecode } from "@greenlight/core/bytes";
import type { Endorser } from "@greenlight/core/endorsement";
import type { Evidence, SuppliedCertificate } from "@greenlight/core/evidence";
import type { FirmwareImage } from "@greenlight/core/firmware";
import { DEFAULT_POLICY } from "@greenlight/core/policy";
import type { Policy } from "@greenlight/core/policy";
import type { GivenFile } from "./content.ts";
import { ownCertificates } from "./own-certificates.ts";

/** Evidence and the file it is in. */
export interface EvidenceFile {
  readonly file: GivenFile;
  readonly evidence: Evidence;
}

/** Firmware and the file it is in. */
export interface FirmwareFile {
  readonly file: GivenFile;
  readonly image: FirmwareImage;
}

/** The files by what they are for. */
export interface Roles {
  /** All evidence, in the order it was given in. */
  readonly evidence: readonly EvidenceFile[];
  /** Certificates and lists of all files that hold nothing else. */
  readonly supplied: readonly SuppliedCertificate[];
  /** The last policy that was given. */
  readonly policy?: { readonly file: GivenFile; readonly policy: Policy };
  /** The last firmware that was given. */
  readonly firmware?: FirmwareFile;
}

/** Sorts files by what they are for. */
export function rolesOf(files: readonly GivenFile[]): Roles {
  const evidence: EvidenceFile[] = [];
  const supplied: SuppliedCertificate[] = [];
  const last: { policy?: Roles["policy"] & {}; firmware?: FirmwareFile } = {};
  for (const file of files) {
    const { content } = file;
    if (content.kind === "evidence") evidence.push({ file, evidence: content.evidence });
    if (content.kind === "policy") last.policy = { file, policy: content.policy };
    if (content.kind === "firmware") last.firmware = { file, image: content.image };
    if (content.kind === "certificates") {
      for (const { der, role } of content.parts) {
        supplied.push({ der, from: file.name, ...(role === undefined ? {} : { role }) });
      }
    }
  }
  return { evidence, supplied, ...last };
}

/** Values a person typed instead of writing a policy; empty text demands nothing. */
export interface Typed {
  readonly measurement: string;
  readonly reportData: string;
}

/** Bytes of each value that can be typed. */
export const TYPED_SIZES: Readonly<Record<keyof Typed, number>> = {
  measurement: 48,
  reportData: 64,
};

/** Why a typed value cannot be taken; undefined when it can, or is empty. */
export function typedProblem(what: keyof Typed, text: string): string | undefined {
  const digits = digitsOf(text);
  const wanted = TYPED_SIZES[what] * 2;
  if (digits === "") return undefined;
  if (/[^0-9a-f]/.test(digits)) return "has other characters than hexadecimal digits";
  return digits.length === wanted
    ? undefined
    : `has ${digits.length} hexadecimal digits, needs ${wanted} (${TYPED_SIZES[what]} bytes)`;
}

/** The policy with what was typed added to it. Values that cannot be taken are left out. */
export function policyWith(policy: Policy | undefined, { measurement }: Typed): Policy {
  const base = policy ?? DEFAULT_POLICY;
  const hex = digitsOf(measurement);
  if (hex === "" || typedProblem("measurement", measurement) !== undefined) return base;
  return { ...base, guest: { ...base.guest, measurements: [{ value: hex, label: "typed here" }] } };
}

/** What REPORT_DATA is to be bound to: what was typed, else what the evidence itself refers to. */
export function bindingOf(
  evidence: Evidence,
  { reportData }: Typed,
): ReportDataBinding | undefined {
  const hex = digitsOf(reportData);
  if (hex !== "" && typedProblem("reportData", reportData) === undefined) {
    return { kind: "raw", reportData: hexDecode(hex) };
  }
  return evidence.runtimeData === undefined ? undefined : { kind: "azure-hcl" };
}

/** How something is to be judged. */
export interface Judging {
  readonly supplied: readonly SuppliedCertificate[];
  readonly policy: Policy | undefined;
  readonly typed: Typed;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A verdict and the certificates it was made with. */
export interface Judgment {
  readonly verdict: Verdict;
  readonly certificates: readonly SuppliedCertificate[];
}

/** Verifies evidence with everything the page was given. */
export async function judge(
  evidence: Evidence,
  { supplied, policy, typed, at }: Judging,
  endorser: Endorser,
): Promise<Judgment> {
  const binding = bindingOf(evidence, typed);
  const own = ownCertificates(evidence.report, supplied);
  const certificates = [...evidence.certificates, ...own];
  const context = { endorser, policy: policyWith(policy, typed), at };
  const verdict = await verifyEvidence(
    { ...evidence, certificates },
    binding === undefined ? context : { ...context, binding },
  );
  return { verdict, certificates };
}

function digitsOf(text: string): string {
  return text.replaceAll(/[\s:]/g, "").toLowerCase().replace(/^0x/, "");
}
