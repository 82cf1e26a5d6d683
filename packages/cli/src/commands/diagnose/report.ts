// SPDX-License-Identifier: Apache-2.0
// What `greenlight diagnose` prints: the answer, what it rests on, and what to do.

import {
  exclusionSentence,
  modesTried,
  nextSteps,
  notCovered,
  triedValues,
} from "@greenlight/core/diagnose";
import type {
  Explanation,
  ParameterRow,
  SearchOutcome,
  SearchRequest,
  SetAside,
} from "@greenlight/core/diagnose";
import type { Io } from "../../output/io.ts";
import { hang, paint } from "../../output/style.ts";
import { table } from "../../output/table.ts";
import type { Target } from "./observed.ts";
import { grouped } from "./numbers.ts";
import { shellWord } from "./reproduce.ts";
import type { Reproduction } from "./reproduce.ts";
import type { TimedOutcome } from "./run.ts";

/** Values up to here stand side by side in the table. */
const MAX_CELL = 30;

/** In the place of an expected value that was not given. */
const OPEN = "(open)";

/** Prints a launch that explains the digest. */
export function printExplained(
  explanation: Explanation,
  again: Reproduction,
  { outcome, seconds }: TimedOutcome,
  io: Io,
): void {
  const { sentence, rows, equivalents, hints, asExpected } = explanation;
  const style = asExpected ? "green" : "yellow";
  io.out(`${paint(style, hang("", sentence), io.colour)}\n\n`);
  io.out(`${parameterTable(rows)}\n`);
  printList("The digest cannot tell apart:", equivalents, io);
  printSetAside(outcome, io);
  printList("What to do:", hints, io);
  printCommands(again, io);
  io.out(`\n${effort(outcome, seconds)}\n`);
}

/** Prints a search that found nothing: what is ruled out, and what to try. */
export function printUnexplained(
  { observed }: Target,
  request: SearchRequest,
  { outcome, seconds }: TimedOutcome,
  io: Io,
): void {
  io.out(`${paint("red", hang("", unexplainedSentence(request, outcome)), io.colour)}\n\n`);
  io.out(`${hang("", exclusionSentence(outcome))}\n`);
  for (const space of request.spaces) {
    const rows = triedValues(space).map(({ title, count, values }) => ({ title, count, values }));
    const titles = Math.max(...rows.map(({ title }) => title.length));
    const counts = Math.max(...rows.map(({ count }) => grouped(count).length));
    if (request.spaces.length > 1) io.out(`\n${space.mode}:\n`);
    for (const { title, count, values } of rows) {
      const head = `  ${title.padEnd(titles)}  ${grouped(count).padStart(counts)}  `;
      io.out(`${hang(head, values)}\n`);
    }
  }
  printSetAside(outcome, io);
  io.out(`\n${hang("", notCovered(request))}\n`);
  printList("What to try next:", nextSteps(request, outcome, observed.report !== undefined), io);
  io.out(`\n${effort(outcome, seconds)}\n`);
}

function unexplainedSentence(request: SearchRequest, { status, progress }: SearchOutcome): string {
  const modes = modesTried(request);
  const compared = grouped(progress.compared);
  switch (status) {
    case "stopped":
      return `Not explained: stopped after ${compared} of ${grouped(progress.total)} ${modes} launches.`;
    case "limit":
      return `Not explained by the nearest ${compared} of ${grouped(progress.total)} ${modes} launches.`;
    default:
      return `Not explained: none of ${compared} ${modes} launches has this digest.`;
  }
}

/** Parameters side by side; those that differ are marked, those with long values follow unfolded. */
function parameterTable(rows: readonly ParameterRow[]): string {
  const isLong = ({ used, expected = "" }: ParameterRow): boolean =>
    Math.max(used.length, expected.length) > MAX_CELL;
  const columns = [{ title: "" }, { title: "" }, { title: "expected" }, { title: "host used" }];
  const cells = rows
    .filter((row) => !isLong(row))
    .map(({ title, expected = OPEN, used, differs }) => [
      differs ? "*" : "",
      title,
      expected,
      used,
    ]);
  return [table(columns, cells), ...rows.filter(isLong).map(unfold)].join("\n");
}

function unfold({ title, expected = OPEN, used, exactly, differs }: ParameterRow): string {
  const head = `  ${differs ? "*" : " "}  ${title}`;
  const lines =
    expected === used
      ? [hang("       as expected  ", used)]
      : [hang("       expected     ", expected), hang("       host used    ", used)];
  if (exactly !== undefined) lines.push(hang("       exactly      ", exactly));
  return [head, ...lines].join("\n");
}

function printList(title: string, sentences: readonly string[], io: Io): void {
  if (sentences.length === 0) return;
  io.out(`\n${title}\n`);
  for (const sentence of sentences) io.out(`${hang("  - ", sentence)}\n`);
}

/** One line for each firmware and use; --json has every finding. */
function printSetAside({ setAside }: SearchOutcome, io: Io): void {
  const sentences = setAside.flatMap(({ firmware, use, finding, title }, i) => {
    const isSame = (other: SetAside): boolean => other.firmware === firmware && other.use === use;
    if (setAside.findIndex(isSame) !== i) return [];
    const more = setAside.filter(isSame).length - 1;
    const rest = more === 0 ? "" : `, and ${more} more`;
    return [`${firmware}${use === "launch" ? "" : `, for ${use}`}: ${title} [${finding}]${rest}`];
  });
  printList("Left out, because QEMU would not launch it:", sentences, io);
}

function printCommands({ before, measure }: Reproduction, io: Io): void {
  if (measure === undefined) {
    io.out("\nmeasure cannot compute this digest: it has no option for VINTR_CTRL.\n");
    return;
  }
  io.out("\nTo compute this digest:\n");
  for (const command of before) io.out(`  ${command}\n`);
  io.out(`  ${["greenlight", ...measure].map(shellWord).join(" ")}\n`);
}

function effort({ progress }: SearchOutcome, seconds: number): string {
  const digests = progress.compared === 1 ? "1 digest" : `${grouped(progress.compared)} digests`;
  return `${digests} compared in ${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
}
