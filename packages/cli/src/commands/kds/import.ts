// SPDX-License-Identifier: Apache-2.0
// `greenlight kds import`: certificates and lists from files into the cache.

import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { CACHE_OPTION, openCache, sayTo } from "../../kds/options.ts";
import { toJson } from "../../output/json.ts";
import { hang } from "../../output/style.ts";
import { readBrought } from "./brought.ts";
import type { Brought } from "./brought.ts";
import { keep } from "./keeping.ts";

export const command = defineCommand({
  name: "kds import",
  brief: "take certificates and lists from files",
  description: [
    "Reads certificates and revocation lists, DER or PEM, says what each is, and puts what the KDS " +
      "would have answered into the cache. Takes the folder that `greenlight kds export` writes " +
      "and compares its files with the manifest, Trustee's offline store, and loose files.",
    "Nothing is trusted by being imported: it is verified when a report is.",
    "Exit code 1 when a file is not the one that the manifest lists.",
  ],
  positionals: {
    usage: "PATH...",
    brief: "files, or folders that are walked through",
    min: 1,
    max: Number.POSITIVE_INFINITY,
  },
  options: {
    json: { kind: "flag", brief: "print JSON (schema greenlight/kds-import/v1)" },
    ...CACHE_OPTION,
  },
  examples: [
    { line: "kds import vcek.der", brief: "a certificate that came some other way" },
    { line: "kds import kds-store", brief: "a folder written by kds export, or Trustee's" },
  ],
  async run({ options, positionals, io }) {
    const brought: Brought[] = [];
    for (const path of positionals) brought.push(...(await readBrought(path)));
    const cache = await openCache(options["kds-cache"], sayTo(io));
    if (cache === undefined) {
      throw new UsageError(
        "unwritable-file",
        "there is no cache to import into",
        "name a folder with --kds-cache",
      );
    }
    const results = keep(brought, cache, Date.now());
    const refused = results.filter(({ outcome }) => outcome === "refused").length;
    if (options.json) {
      io.out(toJson({ schema: "greenlight/kds-import/v1", files: results }));
    } else {
      for (const { file, outcome, what, reason } of results) {
        const text = `${file}: ${what}${reason === undefined ? "" : `, ${reason}`}`;
        io.out(`${hang(outcome.padEnd(10), text)}\n`);
      }
      const kept = results.filter(({ outcome }) => outcome === "kept").length;
      const there = results.filter(({ outcome }) => outcome === "present").length;
      const rest = results.length - kept - there - refused;
      io.out(`${kept} kept, ${there} there already, ${rest} not needed, ${refused} refused\n`);
    }
    return refused > 0 ? 1 : 0;
  },
});
