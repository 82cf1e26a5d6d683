// SPDX-License-Identifier: Apache-2.0
// The CPU models of QEMU beside the EPYC ones. Data as QEMU 11.1.3 answers query-cpu-model-expansion
// over QMP, all of it except `base`, `host` and `max`, which have no signature of their own.

import { EPYC_MODELS, findCpuModel, unknownModel } from "./cpu-models.ts";
import type { CpuRow, VcpuType } from "./cpu-models.ts";

// A version suffix changes the signature of these Intel and Zhaoxin models only; such versions have
// rows of their own. Every other name stands for all its versions.
const OTHER_MODELS: readonly CpuRow[] = [
  ["486", 4, 8, 0],
  ["athlon", 6, 2, 3],
  ["Broadwell", 6, 61, 2],
  ["Broadwell-IBRS", 6, 61, 2],
  ["Broadwell-noTSX", 6, 61, 2],
  ["Broadwell-noTSX-IBRS", 6, 61, 2],
  ["Cascadelake-Server", 6, 85, 6],
  ["Cascadelake-Server-noTSX", 6, 85, 6],
  ["ClearwaterForest", 6, 221, 0],
  ["Conroe", 6, 15, 3],
  ["Cooperlake", 6, 85, 10],
  ["core2duo", 6, 15, 11],
  ["coreduo", 6, 14, 8],
  ["Denverton", 6, 95, 1],
  ["Dhyana", 24, 0, 1],
  ["DiamondRapids", 19, 1, 0],
  ["GraniteRapids", 6, 173, 0],
  ["GraniteRapids-v2", 6, 173, 1],
  ["GraniteRapids-v3", 6, 173, 1],
  ["GraniteRapids-v4", 6, 173, 1],
  ["GraniteRapids-v5", 6, 173, 1],
  ["GraniteRapids-v6", 6, 173, 1],
  ["GraniteRapids-v7", 6, 173, 1],
  ["Haswell", 6, 60, 4],
  ["Haswell-v2", 6, 60, 1],
  ["Haswell-v4", 6, 60, 1],
  ["Haswell-IBRS", 6, 60, 4],
  ["Haswell-noTSX", 6, 60, 1],
  ["Haswell-noTSX-IBRS", 6, 60, 1],
  ["Icelake-Server", 6, 134, 0],
  ["Icelake-Server-v4", 6, 106, 0],
  ["Icelake-Server-v5", 6, 106, 0],
  ["Icelake-Server-v6", 6, 106, 0],
  ["Icelake-Server-v7", 6, 106, 0],
  ["Icelake-Server-v8", 6, 106, 0],
  ["Icelake-Server-v9", 6, 106, 0],
  ["Icelake-Server-noTSX", 6, 134, 0],
  ["IvyBridge", 6, 58, 9],
  ["IvyBridge-IBRS", 6, 58, 9],
  ["KnightsMill", 6, 133, 0],
  ["kvm32", 15, 6, 1],
  ["kvm64", 15, 6, 1],
  ["n270", 6, 28, 2],
  ["Nehalem", 6, 26, 3],
  ["Nehalem-IBRS", 6, 26, 3],
  ["Opteron_G1", 15, 6, 1],
  ["Opteron_G2", 15, 6, 1],
  ["Opteron_G3", 16, 2, 3],
  ["Opteron_G4", 21, 1, 2],
  ["Opteron_G5", 21, 2, 0],
  ["Penryn", 6, 23, 3],
  ["pentium", 5, 4, 3],
  ["pentium2", 6, 5, 2],
  ["pentium3", 6, 7, 3],
  ["phenom", 16, 2, 3],
  ["qemu32", 6, 6, 3],
  ["qemu64", 15, 107, 1],
  ["SandyBridge", 6, 42, 1],
  ["SandyBridge-IBRS", 6, 42, 1],
  ["SapphireRapids", 6, 143, 4],
  ["SierraForest", 6, 175, 0],
  ["SierraForest-v2", 6, 175, 3],
  ["SierraForest-v3", 6, 175, 3],
  ["SierraForest-v4", 6, 175, 3],
  ["SierraForest-v5", 6, 175, 3],
  ["SierraForest-v6", 6, 175, 3],
  ["Skylake-Client", 6, 94, 3],
  ["Skylake-Client-IBRS", 6, 94, 3],
  ["Skylake-Client-noTSX-IBRS", 6, 94, 3],
  ["Skylake-Server", 6, 85, 4],
  ["Skylake-Server-IBRS", 6, 85, 4],
  ["Skylake-Server-noTSX-IBRS", 6, 85, 4],
  ["Snowridge", 6, 134, 1],
  ["Westmere", 6, 44, 1],
  ["Westmere-IBRS", 6, 44, 1],
  ["YongFeng", 7, 11, 3],
  ["YongFeng-v2", 7, 91, 3],
  ["YongFeng-v3", 7, 91, 3],
];

/** All models, the EPYC ones first. */
export const CPU_MODELS: readonly CpuRow[] = [...EPYC_MODELS, ...OTHER_MODELS];

/**
 * The vCPU type of a QEMU model name, any case, with any version suffix (`EPYC-Milan-v7`).
 * @throws {LaunchError} `host-cpu-model` for host, max and base, `unknown-cpu-model` for anything else.
 */
export function cpuModel(name: string): VcpuType {
  const found = findCpuModel(CPU_MODELS, name);
  if (found !== undefined) return found;
  throw unknownModel(name, "CPU model of QEMU", nearest(name.toLowerCase()));
}

/** The known name that shares the longest beginning with what was typed. */
function nearest(typed: string): string {
  const shared = (name: string): number => {
    let length = 0;
    while (length < name.length && name[length]!.toLowerCase() === typed[length]) length++;
    return length;
  };
  return CPU_MODELS.map(([name]) => name).reduce((best, name) =>
    shared(name) > shared(best) ? name : best,
  );
}
