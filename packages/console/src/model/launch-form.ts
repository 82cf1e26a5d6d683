// SPDX-License-Identifier: Apache-2.0
// The launch form: text fields to the parameters of a launch digest.

import type { LaunchFirmware } from "@greenlight/core/firmware";
import {
  allEpycTypes,
  cmdlineHash,
  cpuFamilyModelStepping,
  noInitrdHash,
  vmsaProfile,
} from "@greenlight/core/launch";
import type { KernelHashes, SnpParameters } from "@greenlight/core/launch";

/** The form as it is typed. */
export interface LaunchForm {
  readonly vcpus: string;
  /** Name of an EPYC model, or `signature` for the number beside it. */
  readonly model: string;
  /** CPUID Fn0000_0001_EAX, `0x00a00f11`. */
  readonly signature: string;
  readonly profile: string;
  /** SEV_FEATURES, `0x1`. */
  readonly features: string;
  readonly cmdline: string;
}

/** A file that is measured by its hash. */
export interface BootFile {
  readonly name: string;
  readonly hash: Uint8Array;
}

/** Kernel and initrd, where the host measures them. */
export interface BootHashes {
  readonly kernel?: BootFile;
  readonly initrd?: BootFile;
}

/** CPU models to choose from: name, and name with family, model and stepping. */
export function cpuModels(): readonly { readonly name: string; readonly title: string }[] {
  return allEpycTypes().map(({ name, signature }) => {
    const { family, model, stepping } = cpuFamilyModelStepping(signature);
    return { name, title: `${name} (${family}/${model}/${stepping})` };
  });
}

/** The parameters of the form, or what is wrong with it. */
export function launchParameters(
  firmware: LaunchFirmware,
  form: LaunchForm,
  boot: BootHashes,
): { readonly parameters: SnpParameters } | { readonly problem: string } {
  const vcpus = numberOf(form.vcpus);
  if (vcpus === undefined) return { problem: "the number of vCPUs is not a number" };
  const features = numberOf(form.features);
  if (features === undefined) return { problem: "the guest features are not a number such as 0x1" };
  const signature =
    form.model === "signature"
      ? numberOf(form.signature)
      : allEpycTypes().find(({ name }) => name === form.model)?.signature;
  if (signature === undefined) {
    return { problem: "the CPU signature is not a number such as 0x00a00f11" };
  }
  const kernelHashes = hashesOf(form, boot);
  if (typeof kernelHashes === "string") return { problem: kernelHashes };
  return {
    parameters: {
      firmware,
      profile: vmsaProfile(form.profile),
      vcpus: Number(vcpus),
      signature: Number(signature),
      sevFeatures: BigInt(features),
      ...(kernelHashes === undefined ? {} : { kernelHashes }),
    },
  };
}

function hashesOf(
  { cmdline }: LaunchForm,
  { kernel, initrd }: BootHashes,
): KernelHashes | string | undefined {
  if (kernel === undefined) {
    return initrd === undefined && cmdline === ""
      ? undefined
      : "an initrd or a command line is measured together with a kernel only";
  }
  if (cmdline.includes("\0")) return "the command line contains a NUL character";
  return {
    kernel: kernel.hash,
    initrd: initrd?.hash ?? noInitrdHash(),
    cmdline: cmdlineHash(cmdline),
  };
}

function numberOf(text: string): number | bigint | undefined {
  const compact = text.trim().toLowerCase();
  if (/^[0-9]{1,9}$/.test(compact)) return Number(compact);
  return /^0x[0-9a-f]{1,16}$/.test(compact) ? BigInt(compact) : undefined;
}
