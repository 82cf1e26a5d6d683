// SPDX-License-Identifier: Apache-2.0
// The answer of `greenlight diagnose` for programs.

import { exclusionSentence, nextSteps, triedValues } from "@greenlight/core/diagnose";
import type { Explanation, SearchRequest } from "@greenlight/core/diagnose";
import { toJson } from "../../output/json.ts";
import type { Target } from "./observed.ts";
import { shellWord } from "./reproduce.ts";
import type { Reproduction } from "./reproduce.ts";
import type { TimedOutcome } from "./run.ts";

/** Schema of the result. */
const DIAGNOSE_SCHEMA = "greenlight/diagnose/v1";

/** The whole result as JSON text. */
export function diagnosisToJson(
  target: Target,
  request: SearchRequest,
  { outcome, seconds }: TimedOutcome,
  explained: { readonly explanation: Explanation; readonly again: Reproduction } | undefined,
  passedOver: ReadonlyMap<string, readonly string[]>,
): string {
  const { progress, completed, setAside, status } = outcome;
  return toJson({
    schema: DIAGNOSE_SCHEMA,
    observed: { bytes: target.observed.digest, form: target.observed.form },
    result:
      explained === undefined
        ? "not-explained"
        : explained.explanation.asExpected
          ? "as-expected"
          : "explained",
    ...(explained === undefined
      ? unexplained(target, request, outcome)
      : explainedBody(explained.explanation, explained.again)),
    search: {
      status,
      compared: progress.compared,
      total: progress.total,
      completedDifferences: completed,
      seconds: Math.round(seconds * 1000) / 1000,
      setAside,
      passedOver: Object.fromEntries(passedOver),
    },
  });
}

function explainedBody(
  { sentence, rows, equivalents, hints }: Explanation,
  again: Reproduction,
): object {
  return {
    sentence,
    parameters: rows.map(({ dimension, expected, used, exactly, measured, differs }) => ({
      parameter: dimension,
      expected: expected ?? null,
      used,
      ...(exactly === undefined ? {} : { exactly }),
      measured,
      differs,
    })),
    equivalents,
    hints,
    reproduce:
      again.measure === undefined
        ? null
        : {
            before: again.before,
            arguments: again.measure,
            command: ["greenlight", ...again.measure].map(shellWord).join(" "),
          },
  };
}

function unexplained(
  { observed }: Target,
  request: SearchRequest,
  outcome: TimedOutcome["outcome"],
): object {
  return {
    sentence: exclusionSentence(outcome),
    tried: request.spaces.map((space) => ({ mode: space.mode, values: triedValues(space) })),
    hints: nextSteps(request, outcome, observed.report !== undefined),
  };
}
