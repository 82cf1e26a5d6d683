// SPDX-License-Identifier: Apache-2.0
// `--dump-vmsa`: each measured VMSA page as vmsa<N>.bin in the current folder, as sev-snp-measure
// writes them.

import { sevEsVmsaPieces, snpVmsaSteps } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { writeFiles } from "../../output/file.ts";
import type { MeasureRequest, Single } from "./result.ts";

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
  const files = pages.map((content, i) => ({ path: `vmsa${i}.bin`, content }));
  writeFiles(files, true);
}
