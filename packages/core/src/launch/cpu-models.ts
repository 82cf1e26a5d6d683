// SPDX-License-Identifier: Apache-2.0
// CPU models by name: the CPUID signature (Fn0000_0001_EAX) QEMU gives a vCPU of each model, which
// the VMSA holds in RDX. Here the EPYC models, in cpu-models-other.ts all others. Data as QEMU 11.1.3
// answers query-cpu-model-expansion over QMP.

import { LaunchError } from "./error.ts";

/** Family, model and stepping as AMD and Intel print them (extended values already added). */
export type CpuRow = readonly [name: string, family: number, model: number, stepping: number];

/** A vCPU's CPU: the name it was asked for by, and its CPUID signature. */
export interface VcpuType {
  readonly name: string;
  /** CPUID Fn0000_0001_EAX, an unsigned 32-bit integer. */
  readonly signature: number;
}

/** The models a SEV guest is normally given, oldest first. EPYC-IBPB is an alias of EPYC-v2. */
export const EPYC_MODELS: readonly CpuRow[] = [
  ["EPYC", 23, 1, 2],
  ["EPYC-IBPB", 23, 1, 2],
  ["EPYC-Rome", 23, 49, 0],
  ["EPYC-Milan", 25, 1, 1],
  ["EPYC-Genoa", 25, 17, 0],
  ["EPYC-Turin", 26, 0, 0],
];

/** One vCPU type for each distinct EPYC signature: what `--vcpu-type all` stands for. */
export function allEpycTypes(): readonly VcpuType[] {
  return EPYC_MODELS.filter(([name]) => name !== "EPYC-IBPB").map(typeOf);
}

/**
 * CPUID signature from family, model and stepping.
 * Source: AMD CPUID Specification (25481), Fn0000_0001_EAX.
 */
export function cpuSignature(family: number, model: number, stepping: number): number {
  const extended = family > 15 ? ((family - 15) & 0xff) << 20 : 0;
  const low = (Math.min(family, 15) & 0xf) << 8;
  const models = (((model >> 4) & 0xf) << 16) | ((model & 0xf) << 4);
  return (extended | models | low | (stepping & 0xf)) >>> 0;
}

/** Family, model and stepping of a signature; the inverse of {@link cpuSignature}. */
export function cpuFamilyModelStepping(signature: number): {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
} {
  const base = (signature >>> 8) & 0xf;
  return {
    family: base === 15 ? base + ((signature >>> 20) & 0xff) : base,
    model: (((signature >>> 16) & 0xf) << 4) | ((signature >>> 4) & 0xf),
    stepping: signature & 0xf,
  };
}

/** Version suffix of a model name in lower case. */
const VERSION = /-v[0-9]+$/;

/**
 * The vCPU type of an EPYC model name, see {@link findCpuModel}.
 * @throws {LaunchError} `host-cpu-model` for host, max and base, `unknown-cpu-model` for anything else.
 */
export function epycModel(name: string): VcpuType {
  const found = findCpuModel(EPYC_MODELS, name);
  if (found !== undefined) return found;
  throw unknownModel(name, "EPYC model", EPYC_MODELS.map(([known]) => known).join(", "));
}

/**
 * The vCPU type of a name in a table of models, or undefined. Names are taken in any case and with any
 * version suffix (`EPYC-Milan-v7`): a version never changes the signature of an AMD model, so one newer
 * than the table is still right.
 * @throws {LaunchError} `host-cpu-model` for host, max and base.
 */
export function findCpuModel(models: readonly CpuRow[], name: string): VcpuType | undefined {
  const lower = name.toLowerCase();
  const named = (wanted: string): CpuRow | undefined =>
    models.find(([known]) => known.toLowerCase() === wanted);
  const row = named(lower) ?? named(lower.replace(VERSION, ""));
  if (row !== undefined) return { ...typeOf(row), name: canonicalName(row[0], lower) };
  if (!["host", "max", "base"].includes(lower)) return undefined;
  throw new LaunchError(
    "host-cpu-model",
    `CPU model ${lower} takes its signature from the host, so its name does not say it`,
    { hint: "give the host's CPUID Fn0000_0001_EAX as --vcpu-sig" },
  );
}

/** The error for a name that no model of a table has. */
export function unknownModel(name: string, models: string, nearest: string): LaunchError {
  const quoted = JSON.stringify(name.slice(0, 40));
  return new LaunchError("unknown-cpu-model", `no ${models} is called ${quoted}`, {
    hint: `did you mean ${nearest}? Otherwise give --vcpu-sig`,
  });
}

function typeOf([name, family, model, stepping]: CpuRow): VcpuType {
  return { name, signature: cpuSignature(family, model, stepping) };
}

/** The name as QEMU writes it, with the version that was asked for. */
function canonicalName(known: string, asked: string): string {
  const [version = ""] = VERSION.exec(asked) ?? [];
  return known.endsWith(version) ? known : `${known}${version}`;
}
