// SPDX-License-Identifier: Apache-2.0
// The processor a platform says it is, as CPUID has it.

import { cpuSignature } from "@greenlight/core/launch";
import { CPUS } from "../hierarchy/report.ts";
import type { SnpLine } from "../platform/shared.ts";

/** CPUID Fn0000_0001_EAX of a line's processor. */
export function cpuFms(line: SnpLine): number {
  const { family, model, stepping } = CPUS[line];
  return cpuSignature(family, model, stepping);
}
