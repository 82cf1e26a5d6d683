// SPDX-License-Identifier: Apache-2.0
// What a view of an artefact is: text, JSON, findings and the structures of its hexdump; and the words
// that several kinds share. views.ts finds the view of a kind.

import type { Annotation } from "@greenlight/core/bytes";
import type { Finding } from "@greenlight/core/finding";
import type { Artefact, ArtefactKind } from "../../input/artefact.ts";
import type { DumpPart } from "../../output/hexdump.ts";

/** One artefact, ready to be printed. */
export interface View {
  /** Words after the kind on the first line: `4 MiB`, `SEV-SNP, boot processor`. */
  readonly summary: string;
  /** Paragraphs and tables; findings are printed after them. */
  readonly blocks: readonly string[];
  readonly findings: readonly Finding[];
  /** What `--json` says besides kind, name and findings. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Structures for `--hex`; empty for kinds that are text. */
  readonly dump: readonly DumpPart[];
}

/** How much to show. */
export interface ViewOptions {
  readonly verbose: boolean;
}

/** An artefact of one kind out of the union. */
export type ArtefactOf<K extends ArtefactKind> = Extract<Artefact, { readonly kind: K }>;

/** Fields of a structure as JSON: everything a dump says about them. */
export function fieldsToJson(fields: readonly Annotation[]): readonly object[] {
  return fields.map(({ path, offset, size, type, text, problem }) => ({
    path,
    offset,
    size,
    type,
    value: text,
    ...(problem === undefined ? {} : { problem }),
  }));
}

/** An unsigned number as `0x..`. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** First and last address of an area: `0x810000-0x810bff`. */
export function range(base: number, size: number): string {
  return `${hex(base)}-${hex(base + Math.max(1, size) - 1)}`;
}

/** A size as people say it: `4 MiB (4194304 bytes)`, `300 bytes`. */
export function sizeText(bytes: number): string {
  if (bytes > 0 && bytes % 0x10_0000 === 0) return `${bytes / 0x10_0000} MiB (${bytes} bytes)`;
  if (bytes > 0 && bytes % 1024 === 0) return `${bytes / 1024} KiB (${bytes} bytes)`;
  return `${bytes} bytes`;
}
