// SPDX-License-Identifier: Apache-2.0
// The CPUID signature of a vCPU model, which KVM puts into the measured pages of processors.

import { LaunchError, cpuModel } from "@greenlight/core/launch";
import type { PlatformLine } from "@greenlight/psp/platform";

/** QEMU's model without -cpu. */
const USUAL_MODEL = "qemu64";

/** Model of the machine's own processor: what `host` and `max` are on it. */
const OWN_MODELS: Readonly<Record<PlatformLine, string>> = {
  Naples: "EPYC",
  Rome: "EPYC-Rome",
  Milan: "EPYC-Milan",
  Genoa: "EPYC-Genoa",
  Turin: "EPYC-Turin",
};

/** CPUID Fn0000_0001_EAX of a model; of the machine's own processor for names without one. */
export function vcpuSignature(model: string | undefined, line: PlatformLine): number {
  try {
    return cpuModel(model ?? USUAL_MODEL).signature;
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    return cpuModel(OWN_MODELS[line]).signature;
  }
}
