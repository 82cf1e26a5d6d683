// SPDX-License-Identifier: Apache-2.0
// A guest to read evidence in: a kernel with an SEV guest driver, in one call.

import { getEvidence } from "../../src/tsm/index.ts";
import type { EvidenceOptions, EvidenceRequest, TsmEvidence } from "../../src/tsm/index.ts";
import { KernelTsm } from "./kernel-tsm.ts";
import type { KernelOptions } from "./kernel-tsm.ts";
import { SevGuest } from "./sev-guest.ts";
import type { ReportRequest, SevGuestOptions } from "./sev-guest.ts";

/** 64 bytes that no other tests use. */
export function reportData(seed: number): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, i) => (seed * 31 + i * 7 + 1) & 0xff);
}

/** A table that says which report it came with. It is no certificate table; nothing here reads it. */
export function stampedTable({ serial }: ReportRequest): Uint8Array {
  const table = Buffer.alloc(100 + serial);
  table.writeUInt32LE(serial);
  return table;
}

/** A kernel with its driver. */
export interface Guest {
  readonly kernel: KernelTsm;
  readonly driver: SevGuest;
  /** Gets evidence without waiting between attempts. */
  readonly attest: (
    request?: Partial<EvidenceRequest>,
    options?: EvidenceOptions,
  ) => Promise<TsmEvidence>;
}

/** Makes a guest. */
export function guest(
  sev: SevGuestOptions = {},
  kernelOptions: Partial<KernelOptions> = {},
): Guest {
  const driver = new SevGuest(sev);
  const kernel = new KernelTsm({ provider: driver, ...kernelOptions });
  return {
    kernel,
    driver,
    attest: (request = {}, options = {}) =>
      getEvidence(
        { reportData: reportData(0), ...request },
        { files: kernel, pause: async () => undefined, ...options },
      ),
  };
}
