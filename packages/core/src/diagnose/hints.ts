// SPDX-License-Identifier: Apache-2.0
// What to do about each kind of difference. A table: one row for each parameter.

import { SEV_FEATURES_BITS } from "../launch/guest-features.ts";
import { profileHosts } from "../launch/vmsa/hosts.ts";
import type { Dimension } from "./axis.ts";
import type { CandidateLaunch } from "./launch.ts";
import type { ParameterRow } from "./parameters.ts";
import type { SearchSpace } from "./space.ts";

type Hint = (row: ParameterRow, launch: CandidateLaunch) => readonly string[];

const HINTS: Readonly<Record<Dimension, Hint>> = {
  mode: ({ used, expected }) => [
    `The guest was launched as ${used}, not as ${expected}: check the host's -object sev-guest and its policy.`,
  ],
  firmware: (_row, { firmware }) => [firmwareHint(firmware.value.recipe.kind)],
  vcpus: ({ used, expected }) => [
    `If ${used} is right, measure with --vcpus ${used}; else start the guest with -smp ${expected}. ` +
      "What counts is what the guest starts with, not maxcpus.",
  ],
  "vcpu-type": ({ used, expected }) => [
    used.includes("-cpu host")
      ? "The guest gets the host's own CPU (-cpu host, or none chosen). Name a model with -cpu, so " +
        "that the digest does not depend on the machine, or measure with --vcpu-sig."
      : `If ${used} is right, measure with --vcpu-type ${used}; else start the guest with -cpu ${expected}.`,
  ],
  "guest-features": featuresHint,
  "vmsa-profile": (_row, { vmsa }) => [
    `This VMSA is that of: ${vmsa === undefined ? "an unknown host" : profileHosts(vmsa.profile.value.profile)}.`,
  ],
  "vmsa-gpa": () => ["This VMM measures VMSA pages at an address other than KVM's."],
  "kernel-hashes": kernelHashesHint,
  kernel: () => ["The host loads another kernel than the one you measured."],
  initrd: ({ used }) => [
    used === "no initrd"
      ? "The host passes no initrd (-initrd), or an empty one."
      : "The host loads another initrd than the one you measured.",
  ],
  "command-line": (_row, { table }) => [
    commandLineHint(table?.commandLine.value.text !== undefined),
  ],
};

/** What to do about the parameters that differ, in their order. */
export function hintsFor(
  rows: readonly ParameterRow[],
  launch: CandidateLaunch,
  space: SearchSpace,
): readonly string[] {
  const hints = rows
    .filter(({ differs }) => differs)
    .flatMap((row) => HINTS[row.dimension](row, launch));
  const unmeasured = launch.table === undefined && space.kernelHashes.expected?.value === false;
  return unmeasured && space.kernel.choices.length > 0 ? [...hints, NOT_IN_DIGEST] : hints;
}

const NOT_IN_DIGEST =
  "Kernel, initrd and command line are not in this digest: the host can have loaded any.";

function firmwareHint(kind: string): string {
  switch (kind) {
    case "code-part":
      return (
        "The host loads the CODE part alone and keeps the variables in another flash. " +
        "Measure the CODE file (OVMF_CODE.fd)."
      );
    case "joined":
      return (
        "The host loads VARS and CODE as one image, so the variables are measured too. " +
        "Measure the combined file."
      );
    case "ovmf-hash":
      return "The host loads an older build of the firmware: pin the file it really uses.";
    default:
      return "The host loads another firmware file: measure that one, or have it load yours.";
  }
}

function featuresHint({ used }: ParameterRow, { vmsa, mode }: CandidateLaunch): readonly string[] {
  const features = vmsa?.features.value;
  const value = used.split(" ")[0]!;
  const option = mode === "seves" ? "--es-features" : "--guest-features";
  const bit = 1n << BigInt(SEV_FEATURES_BITS.DebugSwap);
  const debugSwap =
    features !== undefined && (features.sevFeatures & bit) !== 0n
      ? " Host kernels 6.6 to 6.8 set DebugSwap by themselves (kvm_amd.debug_swap=0 turns it off)."
      : "";
  const vintr =
    features === undefined || features.vintrCtrl === 0n
      ? ""
      : ` KVM also set VINTR_CTRL to 0x${features.vintrCtrl.toString(16)} for Secure AVIC.`;
  return [`If these features are right, measure with ${option} ${value}.${debugSwap}${vintr}`];
}

function kernelHashesHint(_row: ParameterRow, { table, mode }: CandidateLaunch): readonly string[] {
  const object = mode === "snp" ? "sev-snp-guest" : "sev-guest";
  if (table !== undefined) {
    return [
      "The host measures kernel, initrd and command line (kernel-hashes=on): " +
        "measure with --kernel, --initrd and --append.",
    ];
  }
  return [
    `kernel-hashes=on is missing on the host (-object ${object},...,kernel-hashes=on). ${NOT_IN_DIGEST}`,
  ];
}

function commandLineHint(known: boolean): string {
  return known
    ? "The command line is measured byte for byte: pin it exactly as the host passes it to QEMU."
    : "The host passes another command line than the one you measured.";
}
