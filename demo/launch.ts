// SPDX-License-Identifier: Apache-2.0
// One launch of the demonstration: the command as one would type it, in this process.

import { run } from "../packages/cli/src/main.ts";
import { deviations, observe, writePlan } from "./scenarios.ts";
import type { Observed, Scenario } from "./scenarios.ts";
import type { Setting } from "./setting.ts";

/** A launch that was carried out. */
export interface Launched {
  readonly observed: Observed;
  /** What is not as it must be. */
  readonly deviations: readonly string[];
  /** What the command printed: its result, and its talk. */
  readonly out: string;
  readonly err: string;
  readonly milliseconds: number;
}

/**
 * Runs `greenlight launch` on the plan of a scenario. The working folder is the setting's meanwhile.
 * @param talk Called with every line of talk.
 */
export async function launch(
  setting: Setting,
  scenario: Scenario,
  talk: (line: string) => void = () => undefined,
): Promise<Launched> {
  const started = performance.now();
  const plan = writePlan(setting, scenario);
  const before = process.cwd();
  process.chdir(setting.folder);
  let [out, err] = ["", ""];
  try {
    const exitCode = await run(["launch", plan], {
      out: (text) => void (out += text),
      err(text) {
        err += text;
        talk(text.trimEnd());
      },
      colour: false,
      liveProgress: false,
    });
    const observed = observe(setting, scenario, exitCode);
    const milliseconds = performance.now() - started;
    return { observed, deviations: deviations(scenario, observed), out, err, milliseconds };
  } finally {
    process.chdir(before);
  }
}
