// SPDX-License-Identifier: Apache-2.0
// One launch out of a space, every parameter a choice, and its digest computed the ordinary way, with
// none of the search's shortcuts.

import { launchMeasurement } from "../launch/measurement.ts";
import { sevEsLaunchDigest, sevLaunchDigest } from "../launch/sev.ts";
import { snpLaunchDigest } from "../launch/snp.ts";
import type { VmsaProfile } from "../launch/vmsa/profiles.ts";
import type { Choice, LaunchMode } from "./axis.ts";
import { hashesOf } from "./candidates.ts";
import type { Table } from "./candidates.ts";
import type { FirmwareCandidate } from "./firmware-candidate.ts";
import type { MeasurementSession } from "./sev-chain.ts";
import type { VmsaChoice } from "./vmsa-pages.ts";

/** A launch as the search found it. */
export interface CandidateLaunch {
  readonly mode: LaunchMode;
  readonly firmware: Choice<FirmwareCandidate>;
  /** Undefined when neither kernel nor initrd nor command line are measured. */
  readonly table: Table | undefined;
  /** Undefined for SEV, which measures no vCPU. */
  readonly vmsa: VmsaChoice | undefined;
  /** Number of vCPUs; 1 for SEV. */
  readonly vcpus: number;
}

/**
 * The digest of a launch, 48 bytes for SEV-SNP, else 32: as `measure` computes it, or with `session`
 * the measurement a platform makes of it.
 * @param accept Ids of firmware findings to live with.
 * @throws {LaunchError} when the launch could not have happened.
 */
export function launchDigest(
  launch: CandidateLaunch,
  accept: ReadonlySet<string>,
  session?: MeasurementSession,
): Uint8Array {
  const digest = plainDigest(launch, accept);
  return session === undefined ? digest : launchMeasurement({ ...session, digest });
}

function plainDigest(
  { mode, firmware, table, vmsa, vcpus }: CandidateLaunch,
  accept: ReadonlySet<string>,
): Uint8Array {
  const kernelHashes = hashesOf(table);
  const { load, ovmfHash } = firmware.value;
  const launch = {
    firmware: load(),
    accept,
    ...(kernelHashes === undefined ? {} : { kernelHashes }),
  };
  if (mode === "sev" || vmsa === undefined) return sevLaunchDigest(launch);
  const vcpu = {
    vcpus,
    profile: profileOf(vmsa),
    sevFeatures: vmsa.features.value.sevFeatures,
    ...(vmsa.vcpuType === undefined ? {} : { signature: vmsa.vcpuType.value }),
  };
  if (mode === "seves") return sevEsLaunchDigest({ ...launch, ...vcpu });
  return snpLaunchDigest({
    ...launch,
    ...vcpu,
    vmsaGpa: vmsa.gpa.value,
    ...(ovmfHash === undefined ? {} : { ovmfHash }),
  });
}

/** The profile with the VINTR_CTRL that goes with the features. */
function profileOf({ profile, features }: VmsaChoice): VmsaProfile {
  const { vintrCtrl } = features.value;
  const row = profile.value.profile;
  return vintrCtrl === 0n ? row : { ...row, registers: { ...row.registers, vintrCtrl } };
}
