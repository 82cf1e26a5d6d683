// SPDX-License-Identifier: Apache-2.0
// What `greenlight launch` tells: each step as it comes, the verdict with its findings, the guest's end.
// As text, steps are talk and the verdict is the result; as JSON, every event is a line of the result.

import { LAUNCH_STEPS } from "@greenlight/core/launch-appraisal";
import type { LaunchRecordEntry } from "@greenlight/core/launch-appraisal";
import type { GuestEnd, LaunchResult } from "@greenlight/host/launch";
import { countFindings, formatFindings } from "../../output/findings.ts";
import type { Io } from "../../output/io.ts";
import { toJsonLine } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { hang, paint } from "../../output/style.ts";

const SCHEMA = "greenlight/launch/v1";

const VERDICTS = {
  offered: { words: "Prepared", style: "green" },
  running: { words: "Running", style: "green" },
  refused: { words: "Refused", style: "red" },
  failed: { words: "Failed", style: "red" },
} as const;

const RELEASED = {
  yes: "The secrets were released.",
  no: "Nothing was released.",
  unknown: "Whether the secrets arrived is not known; the guest was told to end.",
} as const;

const HAND_OVER =
  "have the guest started, stopped, with the two .b64 files of the session folder; then launch " +
  "again without --prepare";

/** Tells a launch. */
export class Teller {
  readonly #io: Io;
  readonly #json: boolean;
  readonly #verbose: boolean;

  constructor(io: Io, { json, verbose }: { readonly json: boolean; readonly verbose: boolean }) {
    this.#io = io;
    this.#json = json;
    this.#verbose = verbose;
  }

  /** Something worth knowing beside the steps. */
  note(text: string): void {
    const shown = shownName(text);
    if (this.#json) this.#event({ event: "note", text: shown });
    else this.#io.err(`${hang("  note      ", shown)}\n`);
  }

  /** A line of the record. */
  step(entry: LaunchRecordEntry): void {
    if (this.#json) this.#event({ event: "step", ...entry, schema: SCHEMA });
    else this.#io.err(`${hang(`  ${entry.step.padEnd(10)}`, wordsOf(entry))}\n`);
  }

  /** What the launch came to. */
  result(result: LaunchResult): void {
    if (this.#json) {
      const { guest: _, ...told } = result;
      this.#event({ event: "result", ...told });
      return;
    }
    const { state, reason, hint, released, findings, record, recordDigest } = result;
    const { words, style } = VERDICTS[state];
    const colour = this.#io.colour;
    const shown = this.#verbose
      ? findings
      : findings.filter(({ outcome }) => outcome !== "pass" && outcome !== "skipped");
    const lines = [
      paint(style, hang("", `${words}: ${shownName(reason)}.`), colour),
      ...(state === "offered" ? [] : [RELEASED[released]]),
      "",
      `Findings: ${countFindings(findings)}`,
      ...(shown.length === 0 ? [] : [formatFindings(shown, { colour, verbose: this.#verbose })]),
      "",
      `record   ${shownName(record)}`,
      `digest   ${recordDigest}`,
    ];
    this.#io.out(`${lines.join("\n")}\n`);
    if (state === "offered") this.#io.err(`${hang("next: ", HAND_OVER)}\n`);
    if (state === "refused" && hint !== undefined) this.#io.err(`${hang("next: ", hint)}\n`);
    if (state !== "failed") return;
    this.#io.err(`greenlight launch: error: ${shownName(reason)}\n`);
    this.#io.err(`  hint: ${shownName(hint ?? `greenlight launch record ${record}`)}\n`);
  }

  /** How a guest that was let run came to its end. */
  end({ reason, exitCode }: GuestEnd): void {
    const text = shownName(reason);
    if (this.#json) this.#event({ event: "end", reason: text, exitCode: exitCode ?? null });
    else this.#io.out(`${hang("", `The guest has ended: ${text}.`)}\n`);
  }

  #event(event: object): void {
    this.#io.out(toJsonLine({ schema: SCHEMA, ...event }));
  }
}

/** A step in words, with what matters most of its detail. */
function wordsOf({ step, detail }: LaunchRecordEntry): string {
  const outcome = detail["outcome"];
  const launch = detail["launch"];
  const said = [
    ...(typeof outcome === "string" ? [outcome] : []),
    ...(step === "decided" && typeof launch === "string" ? [launch] : []),
  ];
  return said.length === 0 ? LAUNCH_STEPS[step] : `${LAUNCH_STEPS[step]}: ${said.join(", ")}`;
}
