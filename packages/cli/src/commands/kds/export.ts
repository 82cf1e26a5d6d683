// SPDX-License-Identifier: Apache-2.0
// `greenlight kds export`: from the cache into a folder, to be taken where there is no network.

import type { KdsAddress } from "@greenlight/core/endorsement";
import { productLineNamed } from "@greenlight/core/evidence";
import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { CACHE_OPTION, openCache, sayTo } from "../../kds/options.ts";
import { MANIFEST, StoreFolder } from "../../kds/store.ts";
import { titleOfAddress } from "../../kds/words.ts";
import { toJson } from "../../output/json.ts";

/** What was done with something out of the cache. */
interface Exported {
  readonly address: KdsAddress;
  readonly outcome: "written" | "kept";
}

export const command = defineCommand({
  name: "kds export",
  brief: "write what was fetched into a folder",
  description: [
    "Writes certificates and revocation lists from the cache into a folder, with a manifest of their " +
      "SHA-256. `greenlight kds import` and `--kds-folder` take it; VCEKs lie as Trustee's offline " +
      "store has them, so that Trustee can use the folder too. A further export into the same " +
      "folder adds to it.",
  ],
  positionals: { usage: "FOLDER", brief: "made when it is not there", min: 1, max: 1 },
  options: {
    line: { kind: "value", placeholder: "LINE", brief: "only of this product line" },
    force: { kind: "flag", brief: "overwrite files that hold something else" },
    json: { kind: "flag", brief: "print JSON (schema greenlight/kds-export/v1)" },
    ...CACHE_OPTION,
  },
  examples: [
    { line: "kds export kds", brief: "everything that was fetched" },
    { line: "kds export kds-milan --line Milan", brief: "only what Milan needs" },
  ],
  async run({ options, positionals, io }) {
    const [folder = ""] = positionals;
    const line = options.line === undefined ? undefined : productLineNamed(options.line);
    if (options.line !== undefined && line === undefined) {
      const shown = JSON.stringify(options.line.slice(0, 40));
      throw new UsageError("bad-value", `--line is ${shown}`, "choose Milan, Genoa or Turin");
    }
    const cache = await openCache(options["kds-cache"], sayTo(io));
    const store = new StoreFolder(folder, options.force);
    const exported: Exported[] = [];
    try {
      for (const [address, cached] of cache?.entries() ?? []) {
        if (line !== undefined && address.line !== line) continue;
        exported.push({ address, outcome: store.put(address, cached) });
      }
    } finally {
      if (exported.length > 0) store.save();
    }
    if (exported.length === 0) {
      throw new UsageError(
        "empty-file",
        `the cache ${cache?.folder ?? ""} has nothing${line === undefined ? "" : ` of ${line}`}`,
        "fetch something first, see greenlight kds fetch --help",
      );
    }
    if (options.json) {
      io.out(
        toJson({
          schema: "greenlight/kds-export/v1",
          folder,
          manifest: MANIFEST,
          files: store.files,
        }),
      );
      return 0;
    }
    const written = exported.filter(({ outcome }) => outcome === "written");
    for (const { address } of written.slice(0, 20)) io.out(`written  ${titleOfAddress(address)}\n`);
    if (written.length > 20) io.out(`written  ${written.length - 20} more\n`);
    io.out(`${written.length} written, ${exported.length - written.length} there already\n`);
    return 0;
  },
});
