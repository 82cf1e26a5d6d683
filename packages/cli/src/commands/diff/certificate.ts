// SPDX-License-Identifier: Apache-2.0
// Comparing certificates or revocation lists by what is said of them. The fingerprints are part of that,
// so that no difference goes unseen.

import type { Artefact } from "../../input/artefact.ts";
import { certificateRows } from "../inspect/certificate.ts";
import { crlRows } from "../inspect/crl.ts";
import type { Pair } from "../../output/table.ts";
import { rowsBlock } from "./comparison.ts";
import type { Comparison, ComparisonOptions, Row } from "./comparison.ts";

/** Kinds that are compared here. */
type CertificateArtefact = Extract<Artefact, { readonly kind: "certificate" | "crl" }>;

/** Compares what two files say. */
export function compareCertificates(
  a: CertificateArtefact,
  b: CertificateArtefact,
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  return compareProperties(rowsOf(a), rowsOf(b), summaries, options);
}

/** Compares two lists of properties by their labels. */
export function compareProperties(
  a: readonly Pair[],
  b: readonly Pair[],
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  const left = textsOf(a);
  const right = textsOf(b);
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const all = names.map((name): Row => ({
    name,
    a: left.get(name) ?? "(none)",
    b: right.get(name) ?? "(none)",
  }));
  const changed = all.filter((row) => row.a !== row.b);
  const shown = options.verbose ? all : changed;
  return {
    equal: changed.length === 0,
    extent: `${changed.length} of ${all.length} properties`,
    summaries,
    blocks: shown.length === 0 ? [] : [rowsBlock(shown, "property", options)],
    json: { properties: shown },
  };
}

function rowsOf(artefact: CertificateArtefact): readonly Pair[] {
  return artefact.kind === "crl" ? crlRows(artefact) : certificateRows(artefact);
}

/** Values by label; the same label again, as of a serial revoked twice, gets a number. */
function textsOf(rows: readonly Pair[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [label, ...values] of rows) {
    let name = label;
    for (let n = 2; texts.has(name); n++) name = `${label} (${n})`;
    texts.set(name, values.join(" "));
  }
  return texts;
}
