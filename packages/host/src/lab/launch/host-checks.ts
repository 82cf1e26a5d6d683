// SPDX-License-Identifier: Apache-2.0
// What KVM and QEMU look at before a launch: the encryption bit of the product line, and a secure
// processor that is initialised.

import type { Platform, PlatformLine, PlatformStatus } from "@greenlight/psp/platform";
import { KVM_FAILED, firmwareError } from "./firmware-error.ts";
import type { GuestObject } from "../command-line/guest-object.ts";
import { QemuRefusal } from "../qemu-refusal.ts";

/** CPUID leaf 8000001F by product line: position of the encryption bit. */
const CBITPOS: Readonly<Record<PlatformLine, number>> = {
  Naples: 47,
  Rome: 47,
  Milan: 51,
  Genoa: 51,
  Turin: 51,
};

/** Physical address bits that encryption takes from a guest. */
const REDUCED_PHYS_BITS = 1;

/** What query-sev-capabilities tells of the processor. */
export function platformBits(line: PlatformLine): { cbitpos: number; "reduced-phys-bits": number } {
  return { cbitpos: CBITPOS[line], "reduced-phys-bits": REDUCED_PHYS_BITS };
}

/** @throws {QemuRefusal} when the command line has the encryption bit elsewhere. */
export function requireBits(line: PlatformLine, object: GuestObject, where: string): void {
  const host = CBITPOS[line];
  if (object.cbitpos !== host) {
    const problem = `cbitpos check failed, host '${host}' requested '${object.cbitpos}'`;
    throw new QemuRefusal(`${where}: ${problem}`, KVM_FAILED);
  }
  const bits = object.reducedPhysBits;
  if (bits >= 1 && bits < 64) return;
  const problem = "reduced_phys_bits check failed, it should be in the range of 1 to 63,";
  throw new QemuRefusal(`${where}: ${problem} requested '${bits}'`, KVM_FAILED);
}

/** The status of the legacy half, after INIT where that was not done: the host's kernel does it. */
export function initialisedSev({ sev }: Platform): PlatformStatus {
  let status = sev.platformStatus();
  if (status.status === "SUCCESS" && status.state === "UNINIT") {
    // Hardware without SEV-ES refuses it; such a host initialises without.
    const withEs = sev.init({ es: true });
    const done = withEs.status === "SUCCESS" ? withEs : sev.init();
    if (done.status !== "SUCCESS") {
      throw new QemuRefusal(`sev_kvm_init: failed to initialize ${firmwareError(done.status)}`);
    }
    status = sev.platformStatus();
  }
  if (status.status === "SUCCESS") return status;
  throw new QemuRefusal(
    `sev_kvm_init: failed to get platform status ${firmwareError(status.status)}`,
    KVM_FAILED,
  );
}
