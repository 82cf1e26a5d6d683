// SPDX-License-Identifier: Apache-2.0
// What becomes of brought files: into the cache, or not, and why.

import { quote } from "@greenlight/core/bytes";
import { kdsPath } from "@greenlight/core/endorsement";
import type { DiskCache } from "../../kds/cache.ts";
import { sha256 } from "../../kds/files.ts";
import { addressesOf } from "../../kds/folder.ts";
import type { Answer } from "../../kds/folder.ts";
import { contentOf } from "../../kds/material.ts";
import type { Material } from "../../kds/material.ts";
import { titleOfAddress } from "../../kds/words.ts";
import type { Brought } from "./brought.ts";

/** What became of a certificate or list. */
export interface Kept {
  readonly file: string;
  /** What it is, in words. */
  readonly what: string;
  /**
   * `kept`: it is in the cache now. `present`: it was. `older`: a later list is kept. `unused`: nobody
   * asks the KDS for it. `refused`: the file is not what it should be.
   */
  readonly outcome: "kept" | "present" | "older" | "unused" | "refused";
  readonly reason?: string;
  /** Path and query at the KDS. */
  readonly path?: string;
}

/**
 * Puts what the KDS would have answered into the cache.
 * @param now Milliseconds since 1970.
 */
export function keep(brought: readonly Brought[], cache: DiskCache, now: number): readonly Kept[] {
  const good = brought.filter(({ refusal }) => refusal === undefined);
  const loose = good.flatMap(({ file, material, listed }) =>
    material.map((each) => ({ material: each, path: listed?.path ?? file, file })),
  );
  const answers = new Map<Material, Answer>();
  for (const answer of addressesOf(loose)) answers.set(answer.parts[0]!, answer);
  return brought.flatMap(({ file, material, listed, refusal }): readonly Kept[] => {
    if (refusal !== undefined) {
      return [{ file, what: "not taken", outcome: "refused", reason: refusal }];
    }
    const fetched = listed === undefined ? undefined : Date.parse(listed.fetched);
    return material.map((each) => {
      const answer = answers.get(each);
      if (answer === undefined) return unused(file, each);
      const known = fetched === undefined || Number.isNaN(fetched) ? undefined : fetched;
      return keepOne(file, answer, cache, known ?? fetchedAtLeast(each, now));
    });
  });
}

function keepOne(file: string, answer: Answer, cache: DiskCache, fetched: number): Kept {
  const { address, parts } = answer;
  const told = { file, what: titleOfAddress(address), path: kdsPath(address) };
  const content = contentOf(address, parts);
  const before = cache.get(address);
  if (before !== undefined && sha256(before.content.bytes) === sha256(content.bytes)) {
    return { ...told, outcome: "present" };
  }
  const isOlder =
    address.kind === "CRL" && (before?.content.nextUpdate ?? 0) > (content.nextUpdate ?? 0);
  if (isOlder) return { ...told, outcome: "older", reason: "a later one is kept" };
  cache.put(address, { content, fetched, from: file });
  return { ...told, outcome: "kept" };
}

/** A list without date of its fetching was fetched when it was issued, or later. */
function fetchedAtLeast(material: Material, now: number): number {
  return material.kind === "CRL" ? material.thisUpdate : now;
}

function unused(file: string, material: Material): Kept {
  const { kind } = material;
  const line = "line" in material ? material.line : undefined;
  const of = line === undefined ? "" : ` of ${line}`;
  if (kind === "VLEK") {
    const reason = "which comes with the evidence; give it to greenlight verify --certs";
    return { file, what: `VLEK of ${quote(material.provider)}`, outcome: "unused", reason };
  }
  const reason = kind === "ARK" ? "which is pinned" : "which names no known product line";
  return { file, what: `${kind}${of}`, outcome: "unused", reason };
}
