// SPDX-License-Identifier: Apache-2.0
// What measure is asked to compute, and how it prints one digest.

import { hexEncode } from "@greenlight/core/bytes";
import type {
  LaunchParameters,
  VcpuParameters,
  VcpuType,
  VmsaProfile,
} from "@greenlight/core/launch";
import type { Io } from "../../output/io.ts";
import type { MeasureOptions } from "./options.ts";
import type { Mode } from "./request.ts";

/** What the digests are computed from, all values still as sets. */
export interface MeasureRequest extends LaunchParameters {
  readonly mode: Mode;
  readonly accept: ReadonlySet<string>;
  readonly vcpus: readonly number[];
  readonly vcpuTypes: readonly VcpuType[];
  readonly sevFeatures: readonly bigint[];
  readonly profiles: readonly VmsaProfile[];
  readonly ovmfHash?: Uint8Array;
  readonly vmsaGpa?: number;
}

/** One vCPU configuration out of a request that has only one. */
export type Single = VcpuParameters & { readonly vcpus: number };

/** The only vCPU configuration of a request that is no set. Mode sev has none and ignores it. */
export function singleOf(request: MeasureRequest): Single {
  const [profile] = request.profiles;
  const [type] = request.vcpuTypes;
  return {
    vcpus: request.vcpus[0]!,
    sevFeatures: request.sevFeatures[0]!,
    profile: profile!,
    ...(type === undefined ? {} : { signature: type.signature }),
  };
}

/** Modes as sev-snp-measure -v names them. */
export const MODE_NAMES = { sev: "SEV", seves: "SEV_ES", snp: "SEV_SNP", svsm: "SEV_SNP_SVSM" };

/** A digest in the format asked for. */
export function formatDigest(digest: Uint8Array, options: MeasureOptions): string {
  return options["output-format"] === "base64"
    ? Buffer.from(digest).toString("base64")
    : hexEncode(digest);
}

/** Prints one digest as sev-snp-measure does. */
export function printDigest(
  digest: Uint8Array,
  modeName: string,
  options: MeasureOptions,
  io: Io,
): void {
  const text = formatDigest(digest, options);
  io.out(options.verbose ? `Calculated ${modeName} guest measurement: ${text}\n` : `${text}\n`);
}
