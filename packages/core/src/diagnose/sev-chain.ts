// SPDX-License-Identifier: Apache-2.0
// The search's inner loop for SEV and SEV-ES: one SHA-256 stream over the firmware, forked for each
// kernel-hashes table and each VMSA combination, and read out after each vCPU.

import { sha256Stream } from "#crypto";
import type { Sha256 } from "#crypto";
import { equalBytes } from "../crypto/equal.ts";
import { kernelHashesTable } from "../launch/kernel-hashes.ts";
import type { KernelHashes } from "../launch/kernel-hashes.ts";
import { launchMeasurement } from "../launch/measurement.ts";
import type { LaunchMeasureParameters } from "../launch/measurement.ts";
import { firmwareBytes } from "../launch/parameters.ts";
import type { Chain } from "./chain.ts";
import type { FirmwareCandidate } from "./firmware-candidate.ts";
import type { VmsaPages } from "./vmsa-pages.ts";

/** What turns a digest into the measurement that was observed. */
export type MeasurementSession = Omit<LaunchMeasureParameters, "digest">;

/** The chain of SEV (which has no VMSA pages) and SEV-ES. */
export class SevChain implements Chain {
  readonly #target: Uint8Array;
  readonly #session: MeasurementSession | undefined;
  readonly #pages: VmsaPages | undefined;
  readonly #roots = new Map<FirmwareCandidate, Sha256>();
  #prefix: Sha256 | undefined;
  #entryPoint = 0;

  /**
   * @param target The observed digest, or with `session` the measurement: 32 bytes.
   * @param pages For SEV-ES.
   */
  constructor(
    target: Uint8Array,
    session: MeasurementSession | undefined,
    pages: VmsaPages | undefined,
  ) {
    this.#target = target;
    this.#session = session;
    this.#pages = pages;
  }

  enter(firmware: FirmwareCandidate, hashes: KernelHashes | undefined): void {
    let root = this.#roots.get(firmware);
    if (root === undefined) {
      root = sha256Stream();
      root.update(firmwareBytes(firmware.load()));
      this.#roots.set(firmware, root);
    }
    this.#entryPoint = firmware.layout.resetEip ?? 0;
    this.#prefix = root;
    if (hashes === undefined) return;
    this.#prefix = root.fork();
    this.#prefix.update(kernelHashesTable(hashes));
  }

  walk(vmsa: number, first: number, last: number): number {
    if (this.#pages === undefined) return this.#isTarget(this.#prefix!.fork()) ? 1 : 0;
    const { boot, application } = this.#pages.build(vmsa, this.#entryPoint);
    const state = this.#prefix!.fork();
    for (let vcpus = 1; vcpus <= last; vcpus++) {
      state.update(vcpus === 1 ? boot : application);
      if (vcpus >= first && this.#isTarget(state.fork())) return vcpus;
    }
    return 0;
  }

  #isTarget(state: Sha256): boolean {
    const digest = state.digest();
    if (this.#session === undefined) return equalBytes(digest, this.#target);
    return equalBytes(launchMeasurement({ ...this.#session, digest }), this.#target);
  }
}
