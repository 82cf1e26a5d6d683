// SPDX-License-Identifier: Apache-2.0
// Comparing two certificate tables, or two manifests of an SVSM: entry by entry, by the GUID.

import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { certificateGuidFacts } from "@greenlight/core/evidence";
import type { Artefact } from "../../input/artefact.ts";
import { rowsBlock } from "./comparison.ts";
import type { Comparison, ComparisonOptions, Row } from "./comparison.ts";

type Table = Extract<Artefact, { kind: "certificate-table" | "svsm-manifest" }>;

/** Compares two tables of one kind. */
export function compareTables(
  a: Table,
  b: Table,
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  const left = contentsOf(a);
  const right = contentsOf(b);
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const rows = names.map((name): Row => {
    return { name, a: left.get(name) ?? "not there", b: right.get(name) ?? "not there" };
  });
  const changed = rows.filter((row) => row.a !== row.b);
  const shown = options.verbose ? rows : changed;
  return {
    equal: changed.length === 0,
    extent: `${changed.length} of ${rows.length} entries`,
    summaries,
    blocks: shown.length === 0 ? [] : [rowsBlock(shown, "entry", options)],
    json: { entries: shown },
  };
}

/** What each entry holds, as size and SHA-256, by a name that is unique. */
function contentsOf(artefact: Table): ReadonlyMap<string, string> {
  const contents = new Map<string, string>();
  const entries =
    artefact.kind === "certificate-table" ? artefact.table.entries : artefact.manifest.services;
  for (const { guid, bytes } of entries) {
    const title = certificateGuidFacts(guid)?.title ?? guid;
    let name = title;
    for (let n = 2; contents.has(name); n++) name = `${title} (${n})`;
    contents.set(name, `${bytes.length} bytes, SHA-256 ${hexEncode(sha256(bytes))}`);
  }
  return contents;
}
