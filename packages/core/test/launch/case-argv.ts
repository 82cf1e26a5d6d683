// SPDX-License-Identifier: Apache-2.0
// A digest case as an argument list: sev-snp-measure's own wherever it has the option.

import type { MeasureCase } from "./case-reader.ts";

/** Arguments after the command's name. */
export interface ArgvOptions {
  /** Findings to accept, by id. */
  readonly accept?: readonly string[];
  /** File that holds the case's `firmware_metadata`. */
  readonly descriptor?: string;
}

/** The argument list that asks for the digest of a case; file names are those of the case. */
export function argvOf(vector: MeasureCase, options: ArgvOptions = {}): readonly string[] {
  const { firmware, kernel, initrd, svsm, guest_features: features, vcpu_sig: signature } = vector;
  const given = (name: string, value: string | number | null | undefined): readonly string[] =>
    value === null || value === undefined ? [] : [`--${name}`, String(value)];
  const hexadecimal = (value: bigint | number | null | undefined): string | undefined =>
    value === null || value === undefined ? undefined : `0x${value.toString(16)}`;
  const oldEc2 = vector.profile === "ec2-rdx0";
  return [
    ...given("mode", vector.mode),
    ...given("ovmf", firmware?.file),
    ...given("firmware-descriptor", firmware === null ? options.descriptor : null),
    ...given("vcpus", vector.vcpus),
    ...given("vcpu-type", vector.vcpu_type),
    ...given("vcpu-sig", vector.vcpu_type === null ? hexadecimal(signature) : null),
    ...given("vmm-type", oldEc2 ? null : vector.vmm_type),
    ...given("vmsa-profile", oldEc2 ? vector.profile : null),
    ...given("guest-features", hexadecimal(features)),
    ...given("kernel", kernel?.file),
    ...given("kernel-hash", kernel?.file === null ? kernel.sha256 : null),
    ...given("initrd", initrd?.file),
    ...given("initrd-hash", initrd?.file === null ? initrd.sha256 : null),
    ...given("append", vector.cmdline),
    ...given("snp-ovmf-hash", vector.snp_ovmf_hash),
    ...given("svsm", svsm?.file),
    ...given("vars-size", vector.vars_size),
    ...given("vmsa-gpa", hexadecimal(vector.vmsa_gpa)),
    ...(options.accept ?? []).flatMap((id) => ["--accept", id]),
  ];
}
