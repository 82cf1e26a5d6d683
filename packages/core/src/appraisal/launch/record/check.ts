// SPDX-License-Identifier: Apache-2.0
// Whether a record can be believed: whole, unbroken, in a possible order, and without a release that no
// acceptance came before.

import type { Finding } from "../../../finding/index.ts";
import { FIRST_PREVIOUS, LAUNCH_RECORD_SCHEMA, LAUNCH_TRANSITIONS } from "./format.ts";
import type { LaunchRecordEntry, LaunchState } from "./format.ts";
import type { LaunchRecordLine } from "./parse.ts";

/**
 * Judges a record, every check reported. The chain shows changes to a record of which the last line is
 * known from elsewhere; whoever can write the whole file can write another one.
 */
export function checkLaunchRecord(lines: readonly LaunchRecordLine[]): readonly Finding[] {
  const entries = lines.flatMap((line) => ("entry" in line ? [line.entry] : []));
  return [
    layoutFinding(lines),
    chainFinding(lines),
    orderFinding(entries),
    endFinding(entries),
    releaseFinding(entries),
  ];
}

function layoutFinding(lines: readonly LaunchRecordLine[]): Finding {
  const id = "launch.record.layout";
  const [first] = lines;
  const broken = lines.find((line) => "problem" in line);
  if (broken !== undefined && "problem" in broken) {
    const title = `Line ${broken.number} does not follow the format: ${broken.problem}`;
    return { id, outcome: "fail", title };
  }
  const isRecord =
    first !== undefined && "entry" in first && first.entry.schema === LAUNCH_RECORD_SCHEMA;
  if (isRecord) return { id, outcome: "pass", title: "Every line follows the format" };
  return {
    id,
    outcome: "fail",
    title: "The first line does not say that this is the record of a launch",
    expected: LAUNCH_RECORD_SCHEMA,
  };
}

function chainFinding(lines: readonly LaunchRecordLine[]): Finding {
  const id = "launch.record.chain";
  let previous = FIRST_PREVIOUS;
  for (const [index, line] of lines.entries()) {
    if (!("entry" in line)) {
      const title = `Line ${line.number} cannot be read, so that the chain ends there`;
      return { id, outcome: "fail", title };
    }
    const { entry, number, digest } = line;
    if (entry.seq !== index || entry.previous !== previous) {
      return {
        id,
        outcome: "fail",
        title: `Line ${number} does not follow the line before it: one was changed or left out`,
        expected: `${index}, ${previous}`,
        actual: `${entry.seq}, ${entry.previous}`,
      };
    }
    previous = digest;
  }
  return { id, outcome: "pass", title: "Every line follows the one before it", actual: previous };
}

/** What a launch that is over has come to. */
const ENDS: ReadonlySet<LaunchState> = new Set(["running", "refused", "failed"]);

function orderFinding(entries: readonly LaunchRecordEntry[]): Finding {
  const id = "launch.record.order";
  for (const [index, { state, step }] of entries.entries()) {
    const before = entries[index - 1];
    const isPossible =
      before === undefined
        ? state === "planned" && step === "begun"
        : before.step !== "ended" &&
          (before.state === state || LAUNCH_TRANSITIONS[before.state].includes(state));
    if (isPossible && (step !== "ended" || ENDS.has(state))) continue;
    return {
      id,
      outcome: "fail",
      title: `Line ${index + 1} cannot follow the line before it`,
      actual: `${before === undefined ? "nothing" : `${before.state}, ${before.step}`}, then ${state}, ${step}`,
    };
  }
  return { id, outcome: "pass", title: "The steps come in an order that a launch can have" };
}

function endFinding(entries: readonly LaunchRecordEntry[]): Finding {
  const id = "launch.record.unended";
  const last = entries.at(-1);
  if (last?.step === "ended") {
    return {
      id,
      outcome: "pass",
      title: "The record says how the launch ended",
      actual: last.state,
    };
  }
  return {
    id,
    outcome: "unknown",
    title: "The record does not say how the launch ended: it was interrupted, or still goes on",
    ...(last === undefined ? {} : { actual: `${last.state}, ${last.step}` }),
  };
}

function releaseFinding(entries: readonly LaunchRecordEntry[]): Finding {
  const id = "launch.record.release-without-acceptance";
  const release = entries.findIndex(({ step }) => step === "releasing" || step === "released");
  if (release === -1) return { id, outcome: "pass", title: "Nothing was released" };
  const decided = entries.slice(0, release).findLast(({ step }) => step === "decided");
  if (decided?.detail["outcome"] === "accepted") {
    return {
      id,
      outcome: "pass",
      title: "The secrets were released after the launch was accepted",
    };
  }
  return { id, outcome: "fail", title: "Secrets were released without the launch being accepted" };
}
