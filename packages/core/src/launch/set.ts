// SPDX-License-Identifier: Apache-2.0
// Many digests at once: vCPU counts x vCPU types x guest features x VMSA profiles. The firmware is
// hashed once, and the digest for n vCPUs is one step before that for n + 1.

import type { Sha256 } from "#crypto";
import type { VcpuType } from "./cpu-models.ts";
import type { LaunchDigest } from "./page-info.ts";
import { checkLaunch, requireVcpus, vmsaParameters } from "./parameters.ts";
import type { LaunchParameters } from "./parameters.ts";
import { hashPieces, sevEsVmsaPieces, sharedPieces } from "./sev.ts";
import { snpPrefix, snpVmsaSteps } from "./snp.ts";
import { digestOf, extendBy } from "./steps.ts";
import type { VmsaProfile } from "./vmsa/profiles.ts";

/** The values each parameter may take. */
export interface DigestSetRequest extends LaunchParameters {
  readonly mode: "seves" | "snp";
  readonly vcpus: readonly number[];
  readonly vcpuTypes: readonly VcpuType[];
  readonly sevFeatures: readonly bigint[];
  readonly profiles: readonly VmsaProfile[];
  /** SEV-SNP only, see SnpParameters. */
  readonly ovmfHash?: Uint8Array;
  readonly vmsaGpa?: number;
}

/** One digest of a set and the parameters that give it. */
export interface DigestSetEntry {
  readonly profile: VmsaProfile;
  /** Absent where the profile does not measure the type. */
  readonly vcpuType?: VcpuType;
  readonly sevFeatures: bigint;
  readonly vcpus: number;
  /** 48 bytes for SEV-SNP, 32 for SEV-ES. */
  readonly digest: Uint8Array;
}

/**
 * All digests of the product, profile by profile, vCPU counts ascending innermost.
 * @throws {LaunchError} before the first entry when any value is out of range or does not suit.
 */
export function* digestSet(request: DigestSetRequest): Generator<DigestSetEntry, void, undefined> {
  const counts = [...new Set(request.vcpus)].toSorted((a, b) => a - b);
  counts.forEach(requireVcpus);
  const most = counts.at(-1);
  if (most === undefined) return;
  checkLaunch(request, request.mode, most);
  const combinations = [...combinationsOf(request)];
  for (const combination of combinations) {
    vmsaParameters({ ...combination, ...signatureOf(combination) }, request.mode, 0);
  }
  const chain = request.mode === "snp" ? snpChain(request) : sevEsChain(request);
  for (const combination of combinations) {
    const digests = chain(combination, most);
    for (let vcpus = 1, next = 0; vcpus <= most; vcpus++) {
      const wanted = vcpus === counts[next];
      const digest = digests(wanted);
      if (wanted) {
        next++;
        yield { ...combination, vcpus, digest: digest! };
      }
    }
  }
}

/** How many digests digestSet() will yield. */
export function digestSetSize(request: DigestSetRequest): number {
  const fixed = request.profiles.filter(({ rdx }) => rdx !== "cpu-signature").length;
  const typed = (request.profiles.length - fixed) * request.vcpuTypes.length;
  return new Set(request.vcpus).size * request.sevFeatures.length * (fixed + typed);
}

type Combination = Omit<DigestSetEntry, "vcpus" | "digest">;

/** Adds one more vCPU at each call; answers with the digest when it is wanted. */
type Advance = (wanted: boolean) => Uint8Array | undefined;

function* combinationsOf(request: DigestSetRequest): Generator<Combination> {
  for (const profile of request.profiles) {
    for (const sevFeatures of request.sevFeatures) {
      if (profile.rdx !== "cpu-signature") yield { profile, sevFeatures };
      else for (const vcpuType of request.vcpuTypes) yield { profile, sevFeatures, vcpuType };
    }
  }
}

function signatureOf({ vcpuType }: Combination): { readonly signature?: number } {
  return vcpuType === undefined ? {} : { signature: vcpuType.signature };
}

function snpChain(request: DigestSetRequest): (c: Combination, most: number) => Advance {
  const prefixes = new Map<string, LaunchDigest>();
  const prefixOf = (profile: VmsaProfile): LaunchDigest => {
    const key = `${profile.secMem} ${profile.cpuidLast}`;
    let prefix = prefixes.get(key);
    if (prefix === undefined) {
      const { steps, seed } = snpPrefix(request, profile);
      prefix = digestOf(steps, seed);
      prefixes.set(key, prefix);
    }
    return prefix;
  };
  return (combination, most) => {
    const digest = prefixOf(combination.profile).fork();
    const [boot, others] = snpVmsaSteps({
      ...request,
      ...combination,
      ...signatureOf(combination),
      vcpus: most,
    });
    let step = boot!;
    return (wanted) => {
      extendBy(digest, { ...step, repeat: 1 });
      step = others ?? step;
      return wanted ? digest.value() : undefined;
    };
  };
}

function sevEsChain(request: DigestSetRequest): (c: Combination, most: number) => Advance {
  const prefix = hashPieces(sharedPieces(request));
  return (combination, most) => {
    const state: Sha256 = prefix.fork();
    const [boot, others] = sevEsVmsaPieces({
      ...request,
      ...combination,
      ...signatureOf(combination),
      vcpus: most,
    });
    let piece = boot!;
    return (wanted) => {
      state.update(piece.data);
      piece = others ?? piece;
      return wanted ? state.fork().digest() : undefined;
    };
  };
}
