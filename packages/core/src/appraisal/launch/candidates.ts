// SPDX-License-Identifier: Apache-2.0
// The launches that an owner would accept, each with its digest: firmware by firmware, VMSA profile by
// VMSA profile. What a platform measured must be exactly one of them.

import { hexEncode } from "../../bytes/index.ts";
import type { LaunchFirmware } from "../../firmware/image.ts";
import type { VcpuType } from "../../launch/cpu-models.ts";
import { cmdlineHash, noInitrdHash } from "../../launch/kernel-hashes.ts";
import type { KernelHashes } from "../../launch/kernel-hashes.ts";
import { sevEsLaunchDigest, sevLaunchDigest } from "../../launch/sev.ts";
import { snpLaunchDigest } from "../../launch/snp.ts";
import type { VmsaProfile } from "../../launch/vmsa/profiles.ts";

/** Generations of SEV that a plan can be for. */
export type Generation = "sev" | "sev-es" | "sev-snp";

/** A firmware that the owner takes. */
export interface AcceptedFirmware {
  /** What it is called in findings: a file name. */
  readonly name: string;
  readonly firmware: LaunchFirmware;
}

/** A file that is measured by its SHA-256. */
export interface MeasuredFile {
  /** What it is called in findings: a file name. */
  readonly name: string;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** What a measured direct boot loads. */
export interface DirectBoot {
  readonly kernel: MeasuredFile;
  readonly initrd?: MeasuredFile;
  /** Without a terminating NUL. */
  readonly cmdline: string;
}

/** What the owner expects of a launch. Of every list, any value is taken. */
export interface LaunchExpectation {
  readonly generation: Generation;
  /** The first is the one that is asked for. */
  readonly firmwares: readonly AcceptedFirmware[];
  /** Absent when no kernel is given, so that the firmware alone is measured. */
  readonly boot?: DirectBoot;
  readonly vcpus: number;
  /** Not looked at for SEV, which measures no vCPU. */
  readonly vcpuType?: VcpuType;
  readonly profiles: readonly VmsaProfile[];
  /** Guest features words that vCPUs may start with. */
  readonly sevFeatures: readonly bigint[];
}

/** A launch that would be accepted. */
export interface LaunchCandidate {
  /** In words: firmware, and what of the vCPUs is measured. */
  readonly label: string;
  readonly firmware: AcceptedFirmware;
  /** 32 bytes; 48 for SEV-SNP. */
  readonly digest: Uint8Array;
}

/**
 * All launches that the expectation takes, in its order, each digest once: of launches that no digest
 * tells apart only the first stays, with the others in its label.
 * @throws {LaunchError} for a firmware or vCPU that no host could launch so.
 */
export function launchCandidates(expectation: LaunchExpectation): readonly LaunchCandidate[] {
  const found = new Map<string, LaunchCandidate>();
  for (const firmware of expectation.firmwares) {
    for (const { label, digest } of digestsOf(expectation, firmware)) {
      const key = hexEncode(digest);
      const same = found.get(key);
      if (same === undefined) found.set(key, { label, firmware, digest });
      else found.set(key, { ...same, label: `${same.label}, or ${label}` });
    }
  }
  return [...found.values()];
}

type Labelled = Pick<LaunchCandidate, "label" | "digest">;

function* digestsOf(
  expectation: LaunchExpectation,
  { name, firmware }: AcceptedFirmware,
): Generator<Labelled> {
  const { generation, boot, vcpus, vcpuType, profiles } = expectation;
  const launch = {
    firmware,
    ...(boot === undefined ? {} : { kernelHashes: kernelHashesOf(boot) }),
  };
  if (generation === "sev") {
    yield { label: name, digest: sevLaunchDigest(launch) };
    return;
  }
  for (const profile of profiles) {
    for (const sevFeatures of expectation.sevFeatures) {
      const vcpu = {
        vcpus,
        profile,
        sevFeatures,
        ...(vcpuType === undefined ? {} : { signature: vcpuType.signature }),
      };
      const digest =
        generation === "sev-es"
          ? sevEsLaunchDigest({ ...launch, ...vcpu })
          : snpLaunchDigest({ ...launch, ...vcpu });
      const features = `0x${sevFeatures.toString(16)}`;
      yield { label: `${name}, VMSA profile ${profile.id}, features ${features}`, digest };
    }
  }
}

/** The hashes of the table that the host is to measure: always all three. */
function kernelHashesOf({ kernel, initrd, cmdline }: DirectBoot): KernelHashes {
  return {
    kernel: kernel.sha256,
    initrd: initrd?.sha256 ?? noInitrdHash(),
    cmdline: cmdlineHash(cmdline),
  };
}
