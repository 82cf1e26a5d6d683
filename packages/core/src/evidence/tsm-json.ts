// SPDX-License-Identifier: Apache-2.0
// Attributes of configfs-tsm as JSON, under their names, with base64: as Veraison and go-configfs-tsm users
// write them.

import type { JsonObject } from "./json-object.ts";
import { MAX_CERTIFICATE_TABLE_SIZE, MAX_MANIFEST_SIZE } from "./limits.ts";

/** Providers of configfs-tsm that are no SEV-SNP guest, and what they are. */
const OTHER_PROVIDERS: ReadonlyMap<string, string> = new Map([
  ["tdx_guest", "Intel TDX"],
  ["arm_cca_guest", "Arm CCA"],
]);

/** What such JSON carries. */
export interface TsmJson {
  readonly report: Uint8Array;
  /** The raw certificate table. */
  readonly certificateTable?: Uint8Array;
  readonly manifest?: Uint8Array;
}

/** Whether JSON has the attribute that holds the report. */
export function isTsmJson(json: JsonObject): boolean {
  return json.has("outblob");
}

/** Reads it. @throws {LayoutError} `unknown-value` for another provider; members that do not fit. */
export function readTsmJson(json: JsonObject): TsmJson {
  if (json.has("provider")) {
    const provider = json.text("provider").trim();
    if (provider !== "sev_guest") {
      const other = OTHER_PROVIDERS.get(provider) ?? "another technology";
      json.fail("unknown-value", "provider", `is not sev_guest: the report is one of ${other}`);
    }
  }
  return {
    report: json.base64("outblob", 4096),
    ...(json.has("auxblob")
      ? { certificateTable: json.base64("auxblob", MAX_CERTIFICATE_TABLE_SIZE) }
      : {}),
    ...(json.has("manifestblob")
      ? { manifest: json.base64("manifestblob", MAX_MANIFEST_SIZE) }
      : {}),
  };
}
