// SPDX-License-Identifier: Apache-2.0
// The SEV and SEV-ES launch digest: SHA-256 of what LAUNCH_UPDATE_DATA and LAUNCH_UPDATE_VMSA were
// given, one after the other. Source: AMD SEV API (55766), LAUNCH_UPDATE_DATA, LAUNCH_UPDATE_VMSA.

import { sha256Stream } from "#crypto";
import type { Sha256 } from "#crypto";
import { kernelHashesTable } from "./kernel-hashes.ts";
import {
  checkLaunch,
  firmwareBytes,
  otherVcpus,
  requireVcpus,
  vmsaParameters,
} from "./parameters.ts";
import type { LaunchParameters, VcpuParameters } from "./parameters.ts";
import { applicationVmsaPage, bootVmsaPage } from "./vmsa/build.ts";

/** What an SEV-ES launch digest is computed from. */
export interface SevEsParameters extends LaunchParameters, VcpuParameters {
  readonly vcpus: number;
}

/** One piece of what SEV and SEV-ES hash. */
export interface LaunchPiece {
  readonly what: string;
  readonly data: Uint8Array;
  readonly repeat: number;
}

/**
 * What an SEV launch hashes, in order: firmware and, with kernel hashes, their 176-byte table.
 * @throws {LaunchError} when the firmware cannot hold kernel hashes, or is only a descriptor.
 */
export function sevPieces(parameters: LaunchParameters): readonly LaunchPiece[] {
  checkLaunch(parameters, "sev", 1);
  return sharedPieces(parameters);
}

/**
 * What an SEV-ES launch hashes, in order: as SEV, then one VMSA page for each vCPU.
 * @throws {LaunchError} as {@link sevPieces}, and for vCPU parameters that do not fit.
 */
export function sevEsPieces(parameters: SevEsParameters): readonly LaunchPiece[] {
  requireVcpus(parameters.vcpus);
  checkLaunch(parameters, "seves", parameters.vcpus);
  return [...sharedPieces(parameters), ...sevEsVmsaPieces(parameters)];
}

/** The VMSA pages of an SEV-ES launch: the boot processor's, then that of all others. */
export function sevEsVmsaPieces(parameters: SevEsParameters): readonly LaunchPiece[] {
  const { vcpus, firmware } = parameters;
  const vmsa = vmsaParameters(parameters, "seves", firmware.resetEip ?? 0);
  const boot = { what: "VMSA of vCPU 0", data: bootVmsaPage(vmsa), repeat: 1 };
  if (vcpus === 1) return [boot];
  return [boot, { what: otherVcpus(vcpus), data: applicationVmsaPage(vmsa), repeat: vcpus - 1 }];
}

/** The SEV launch digest, 32 bytes. It is not yet the measurement: see launchMeasurement(). */
export function sevLaunchDigest(parameters: LaunchParameters): Uint8Array {
  return hashPieces(sevPieces(parameters)).digest();
}

/** The SEV-ES launch digest, 32 bytes. It is not yet the measurement: see launchMeasurement(). */
export function sevEsLaunchDigest(parameters: SevEsParameters): Uint8Array {
  return hashPieces(sevEsPieces(parameters)).digest();
}

/** SHA-256 over pieces, still open for more. */
export function hashPieces(pieces: readonly LaunchPiece[]): Sha256 {
  const state = sha256Stream();
  for (const { data, repeat } of pieces) {
    for (let i = 0; i < repeat; i++) state.update(data);
  }
  return state;
}

/** The pieces before the VMSA pages, unchecked. */
export function sharedPieces(parameters: LaunchParameters): readonly LaunchPiece[] {
  const firmware = {
    what: "firmware",
    data: firmwareBytes(parameters.firmware),
    repeat: 1,
  };
  if (parameters.kernelHashes === undefined) return [firmware];
  const data = kernelHashesTable(parameters.kernelHashes);
  return [firmware, { what: "kernel-hashes table", data, repeat: 1 }];
}
