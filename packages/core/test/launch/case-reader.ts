// SPDX-License-Identifier: Apache-2.0
// Reads the digest cases other implementations made (measurement/cases.json) into parameters. Strict:
// a field, a mode, a VMM or a value this file does not know is an error, never ignored.

import {
  FIELDS,
  boolean,
  count,
  hex,
  listOf,
  nullable,
  oneOf,
  shape,
  text,
} from "./case-fields.ts";

/** Modes of sev-snp-measure. */
const MODES = ["sev", "seves", "snp", "snp:ovmf-hash", "snp:svsm"] as const;

/** VMMs of all tools, and QEMU as it starts vCPUs through the older kernel interfaces. */
const VMMS = ["QEMU", "QEMU-legacy", "ec2", "gce", "krun"] as const;

/** A file beside cases.json, or the recipe of one too large to keep. */
const FILE = shape({ file: nullable(text), sha256: hex(32) }, { size: count, generate: text });

/** What another tool answered to the same question. */
const ANSWER = shape({}, { digest: hex(), error: text });

const CASE = shape(
  {
    tool: text,
    mode: oneOf(MODES),
    firmware: nullable(FILE),
    vcpus: nullable(count),
    vcpu_type: nullable(text),
    vmm_type: nullable(oneOf(VMMS)),
    guest_features: nullable(FIELDS.u64),
    kernel: nullable(FILE),
    initrd: nullable(FILE),
    cmdline: nullable(text),
    cmdline_sha256_with_nul: nullable(hex(32)),
  },
  {
    argv: listOf(text),
    ec2_rdx: FIELDS.u64,
    expected_digest: hex(),
    expected_error: text,
    extra: boolean,
    firmware_metadata: FIELDS.any,
    independent_check: boolean,
    note: text,
    rust_agrees: boolean,
    "rust_sev_8.0.0": ANSWER,
    snp_ovmf_hash: hex(48),
    svsm: FILE,
    vars_size: count,
    vcpu_sig: nullable(FIELDS.u32),
    vmsa_gpa: FIELDS.gpa,
  },
);

/** A case as it stands in the file, every field checked. */
export type RawCase = ReturnType<typeof CASE>;

/** A file a case names. */
export type CaseFile = ReturnType<typeof FILE>;

/** A case with what follows from it. */
export interface MeasureCase extends RawCase {
  /** Place in the file and the parameters in short; names the test. */
  readonly title: string;
  /** Id of the VMSA profile; null where no VMSA is measured. */
  readonly profile: string | null;
  /** SEV_FEATURES as measured. */
  readonly sevFeatures: bigint;
}

/**
 * All cases.
 * @throws Error that names case and field.
 */
export function readCases(json: unknown): readonly MeasureCase[] {
  if (!Array.isArray(json)) throw new Error("the cases are not an array");
  return json.map((each, index) => readCase(each, index));
}

function readCase(json: unknown, index: number): MeasureCase {
  const raw = CASE(json, `case ${index}`);
  const refuse = (problem: string): never => {
    throw new Error(`case ${index}: ${problem}`);
  };
  if ((raw.expected_digest === undefined) === (raw.expected_error === undefined)) {
    refuse("exactly one of expected_digest and expected_error must be there");
  }
  const measuresVcpus = raw.mode !== "sev" && raw.mode !== "snp:ovmf-hash";
  if (measuresVcpus && (raw.vcpus ?? 0) < 1) refuse("vcpus is missing");
  if ((raw.firmware === null) !== (raw.firmware_metadata !== undefined)) {
    refuse("exactly one of firmware and firmware_metadata must be there");
  }
  if (raw.firmware === null && raw.mode !== "snp") refuse("firmware_metadata is for mode snp");
  if ((raw.svsm !== undefined) !== (raw.mode === "snp:svsm")) refuse("svsm is for mode snp:svsm");
  if ((raw.vars_size !== undefined) !== (raw.mode === "snp:svsm")) refuse("vars_size without svsm");
  if (raw.snp_ovmf_hash !== undefined && raw.mode !== "snp") refuse("snp_ovmf_hash without snp");
  if (raw.vmsa_gpa !== undefined && raw.mode !== "snp") refuse("vmsa_gpa without snp");
  if (raw.kernel === null && (raw.initrd !== null || (raw.cmdline ?? "") !== "")) {
    refuse("initrd or cmdline without a kernel");
  }
  if (raw.kernel !== null && !["sev", "seves", "snp"].includes(raw.mode)) {
    refuse(`a kernel in mode ${raw.mode}`);
  }
  if ((raw.kernel === null) !== (raw.cmdline_sha256_with_nul === null)) {
    refuse("cmdline_sha256_with_nul belongs to a kernel");
  }
  const profile = measuresVcpus ? (profileOf(raw) ?? refuse("no such VMSA profile")) : null;
  return { ...raw, profile, sevFeatures: featuresOf(raw), title: titleOf(raw, index) };
}

/** The profile a case stands for; undefined for a combination that nobody defines. */
function profileOf({ mode, vmm_type, ec2_rdx }: RawCase): string | undefined {
  if (ec2_rdx !== undefined && vmm_type !== "ec2") return undefined;
  if (mode === "snp:svsm") return (vmm_type ?? "QEMU") === "QEMU" ? "svsm" : undefined;
  switch (vmm_type) {
    case null:
    case "QEMU":
      return "qemu";
    case "QEMU-legacy":
      return mode === "seves" ? "qemu-es-legacy" : "qemu-pre-6.9";
    case "ec2":
      if (ec2_rdx === undefined || ec2_rdx === 0x600n) return "ec2";
      return ec2_rdx === 0n ? "ec2-rdx0" : undefined;
    default:
      return vmm_type;
  }
}

/** For SEV-ES and SVSM the peers ignore what they are given, and measure 0 and 1. */
function featuresOf({ mode, tool, guest_features }: RawCase): bigint {
  if (mode === "snp:svsm") return 1n;
  if (mode !== "seves") return guest_features ?? 1n;
  return /^(virtee\/|upstream)/.test(tool) ? 0n : (guest_features ?? 0n);
}

function titleOf(raw: RawCase, index: number): string {
  const signature = raw.vcpu_sig ?? null;
  const cpu = raw.vcpu_type ?? (signature === null ? null : `0x${signature.toString(16)}`);
  const parts = [
    `#${index}`,
    raw.mode,
    raw.firmware?.file ?? "descriptor",
    raw.vmm_type,
    cpu,
    raw.vcpus === null ? null : `x${raw.vcpus}`,
    raw.guest_features === null ? null : `features 0x${raw.guest_features.toString(16)}`,
    raw.kernel === null ? null : "with kernel",
    raw.note === undefined ? null : `(${raw.note})`,
    `[${raw.tool}]`,
  ];
  return parts.filter((part) => part !== null).join(" ");
}
