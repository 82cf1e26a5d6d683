// SPDX-License-Identifier: Apache-2.0
// `--dump-vmsa`: each measured VMSA page as vmsa<N>.bin in the current folder, as sev-snp-measure
// writes them.

import { writeFileSync } from "node:fs";
import { sevEsVmsaPieces, snpVmsaSteps } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { systemErrorCode } from "../../input/system-error.ts";
import type { MeasureRequest, Single } from "./command.ts";

/** Writes the pages of a launch.
 * @throws {UsageError} `conflicting-options` for mode sev, which measures none.
 */
export function dumpVmsa(request: MeasureRequest, single: Single): void {
  const { firmware, vmsaGpa } = request;
  const place = vmsaGpa === undefined ? {} : { vmsaGpa };
  if (request.mode === "sev") {
    throw new UsageError("conflicting-options", "--dump-vmsa: mode sev measures no VMSA");
  }
  const parts =
    request.mode === "snp"
      ? snpVmsaSteps({ ...single, ...place, firmware })
      : sevEsVmsaPieces({ ...single, firmware });
  writeVmsaPages(parts.flatMap(({ data, repeat }) => Array.from({ length: repeat }, () => data!)));
}

/** Writes pages as vmsa0.bin, vmsa1.bin, ... over what is there.
 * @throws {UsageError} `unwritable-file`.
 */
export function writeVmsaPages(pages: readonly Uint8Array[]): void {
  pages.forEach((page, i) => {
    try {
      writeFileSync(`vmsa${i}.bin`, page);
    } catch (error) {
      const reason = systemErrorCode(error) ?? "unknown reason";
      throw new UsageError("unwritable-file", `cannot write vmsa${i}.bin: ${reason}`);
    }
  });
}
