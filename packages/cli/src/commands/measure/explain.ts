// SPDX-License-Identifier: Apache-2.0
// `--explain`: the steps of a launch digest, as text of 80 columns and as JSON.

import { hexEncode } from "@greenlight/core/bytes";
import { explain } from "@greenlight/core/launch";
import type { ExplainedStep, LaunchPiece, LaunchStep, PageUpdate } from "@greenlight/core/launch";
import { sha256Stream } from "@greenlight/core/crypto";
import type { Io } from "../../output/io.ts";

/** Digits of a digest shown in a table; --json has all. */
const SHORT = 16;

/** Prints an SEV-SNP launch step by step; with `pages`, every PAGE_INFO under its step. */
export function printSteps(
  steps: readonly LaunchStep[],
  seed: Uint8Array | undefined,
  pages: boolean,
  io: Io,
): void {
  const updates = new Map<LaunchStep, PageUpdate[]>();
  const trace = (step: LaunchStep, update: PageUpdate): void => {
    const list = updates.get(step) ?? [];
    list.push(update);
    updates.set(step, list);
  };
  const explained = explain(steps, seed, pages ? trace : undefined);
  io.out(stepRow("", "what", "type", "guest physical", "pages", "digest after"));
  const start = seed === undefined ? "0".repeat(96) : hexEncode(seed);
  const from = seed === undefined ? "start" : "start (OVMF hash)";
  io.out(stepRow("", from, "", "", "", start.slice(0, SHORT)));
  explained.forEach(({ step, after }, i) => {
    const count = String((step.size / 4096) * step.repeat);
    const digest = hexEncode(after).slice(0, SHORT);
    io.out(stepRow(String(i + 1), step.what, step.pageType, rangeOf(step), count, digest));
    for (const update of updates.get(step) ?? []) io.out(pageRow(update));
  });
  io.out("\n");
}

/** Prints what SEV and SEV-ES hash, with the SHA-256 of everything so far. */
export function printPieces(pieces: readonly LaunchPiece[], io: Io): void {
  io.out(`${"what".padEnd(24)}${"bytes".padStart(10)}  SHA-256 so far\n`);
  for (const { what, bytes, after } of runningDigests(pieces)) {
    io.out(`${what.padEnd(24)}${String(bytes).padStart(10)}  ${after.slice(0, 40)}...\n`);
  }
  io.out("\n");
}

/** Steps as JSON values, digests whole. */
export function stepsToJson(steps: readonly ExplainedStep[]): readonly object[] {
  return steps.map(({ step, before, after }) => ({
    what: step.what,
    pageType: step.pageType,
    gpa: `0x${step.gpa.toString(16)}`,
    pages: (step.size / 4096) * step.repeat,
    before: hexEncode(before),
    after: hexEncode(after),
  }));
}

/** One PAGE_INFO as a JSON value. */
export function pageToJson({ pageType, gpa, before, contents, after }: PageUpdate): object {
  return {
    pageType,
    gpa: `0x${gpa.toString(16)}`,
    contents: hexEncode(contents),
    before: hexEncode(before),
    after: hexEncode(after),
  };
}

/** Pieces as JSON values. */
export function piecesToJson(pieces: readonly LaunchPiece[]): readonly object[] {
  return runningDigests(pieces);
}

function runningDigests(
  pieces: readonly LaunchPiece[],
): readonly { readonly what: string; readonly bytes: number; readonly after: string }[] {
  const state = sha256Stream();
  return pieces.map(({ what, data, repeat }) => {
    for (let i = 0; i < repeat; i++) state.update(data);
    return { what, bytes: data.length * repeat, after: hexEncode(state.fork().digest()) };
  });
}

function rangeOf({ gpa, size }: LaunchStep): string {
  const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
  return size === 4096 ? hex(gpa) : `${hex(gpa)}-${hex(gpa + size - 1).slice(2)}`;
}

function stepRow(
  index: string,
  what: string,
  type: string,
  range: string,
  pages: string,
  digest: string,
): string {
  const left = `${index.padStart(2)} ${what.padEnd(20)} ${type.padEnd(10)} ${range.padEnd(20)}`;
  return `${left} ${pages.padStart(5)} ${digest}\n`.replaceAll(/ +\n/g, "\n");
}

function pageRow({ pageType, gpa, before, contents, after }: PageUpdate): string {
  const short = (bytes: Uint8Array): string => hexEncode(bytes).slice(0, 12);
  const address = `0x${gpa.toString(16).padStart(8, "0")}`.padEnd(14);
  const type = pageType.padEnd(10);
  return `     ${address} ${type} contents ${short(contents)}  ${short(before)} -> ${short(after)}\n`;
}
