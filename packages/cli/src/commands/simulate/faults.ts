// SPDX-License-Identifier: Apache-2.0
// Faults by name, as --fault takes them.

import type { Faults } from "@greenlight/psp/platform";
import { UsageError } from "../../command/usage-error.ts";

/** Every fault, by name. */
const FAULTS = {
  "pdh=other": { pdh: "other" },
  "pdh=off-curve": { pdh: "off-curve" },
  "pdh=unsigned": { pdh: "unsigned" },
  "pdh=truncated": { pdh: "truncated" },
  "chain=flipped-bit": { chain: "flipped-bit" },
  "chain=other-cek": { chain: "other-cek" },
  "chain=truncated": { chain: "truncated" },
  "policy=debug-allowed": { policy: "debug-allowed" },
  "data=flipped-bit": { data: "flipped-bit" },
  "api=overstated": { api: "overstated" },
  "mnonce=repeated": { mnonce: "repeated" },
  "measurement=flipped-bit": { measurement: "flipped-bit" },
  "attestation=other-key": { attestation: "other-key" },
  "snp.report=flipped-bit": { snp: { report: "flipped-bit" } },
  "snp.report=other-key": { snp: { report: "other-key" } },
  "snp.report=other-chip": { snp: { report: "other-chip" } },
  "snp.report=replayed": { snp: { report: "replayed" } },
  "snp.data=flipped-bit": { snp: { data: "flipped-bit" } },
  "snp.policy=debug-allowed": { snp: { policy: "debug-allowed" } },
  "snp.response=flipped-bit": { snp: { response: "flipped-bit" } },
  "snp.response=replayed": { snp: { response: "replayed" } },
} as const satisfies Readonly<Record<string, Faults>>;

/** Their names. */
const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

/**
 * The faults of these names together.
 * @throws {UsageError} `bad-value` for a name that there is not, or two of one kind.
 */
export function faultsOf(names: readonly string[]): Faults {
  const all: Readonly<Record<string, Faults>> = FAULTS;
  const kinds = new Set<string>();
  const chosen = names.map((name) => {
    const fault = all[name];
    const [kind = ""] = name.split("=");
    if (fault !== undefined && !kinds.has(kind)) {
      kinds.add(kind);
      return fault;
    }
    throw new UsageError(
      "bad-value",
      fault === undefined
        ? `there is no fault ${JSON.stringify(name.slice(0, 40))}`
        : `two faults of ${kind} are given`,
      `choose one of: ${FAULT_NAMES.join(", ")}`,
    );
  });
  const snp = Object.fromEntries(chosen.flatMap((fault) => Object.entries(fault.snp ?? {})));
  const faults = Object.fromEntries(chosen.flatMap((fault) => Object.entries(fault)));
  return Object.keys(snp).length === 0 ? faults : { ...faults, snp };
}
