// SPDX-License-Identifier: Apache-2.0
// `npm start`: launches one guest again and again, on a host that is honest once. Real QEMU, firmware, kernel
// and encrypted disk; the secure processor is simulated. Without QEMU a few lines of software stand in.
//
//   node demo/run.ts [--software] [--only ID]
import { parseArgs } from "node:util";
import { hang } from "../packages/cli/src/output/style.ts";
import { launch } from "./launch.ts";
import type { Launched } from "./launch.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { Scenario } from "./scenarios.ts";
import { makeSetting, missingProgram } from "./setting.ts";
import type { Machinery } from "./setting.ts";

const USAGE = `usage: npm start -- [--software] [--only ID]
  --software   the software guest, also where there is QEMU
  --only ID    one of ${SCENARIOS.map(({ id }) => id).join(", ")}
`;

interface Wanted {
  readonly machinery: Machinery;
  readonly scenarios: readonly Scenario[];
}

const wanted = parse();
if (wanted === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = await demonstrate(wanted);
}

async function demonstrate({ machinery, scenarios }: Wanted): Promise<number> {
  say("A guest owner, a host that is not trusted, and a secret that only the right guest gets.");
  say(
    machinery === "qemu"
      ? "QEMU, firmware, kernel and encrypted disk are real; the secure processor is simulated."
      : "The secure processor is simulated, and a few lines of software stand in for the guest.",
  );
  const setting = await makeSetting(machinery, (what) => progress(`making ${what}`));
  process.once("SIGINT", () => {
    setting.remove();
    process.exit(130);
  });
  let wrong = 0;
  try {
    for (const [index, scenario] of scenarios.entries()) {
      say(`\n${index + 1}. ${scenario.host}`);
      say(`   $ greenlight launch ${scenario.id}.yaml`);
      const launched = await launch(setting, scenario, (line) => progress(line));
      show(scenario, launched);
      wrong += launched.deviations.length === 0 ? 0 : 1;
    }
  } finally {
    clear();
    setting.remove();
  }
  const all = scenarios.length;
  say(`\n${all - wrong} of ${all} launches came out as they must.`);
  say("\nYour own guest:");
  say("   npx greenlight session make CHAIN      a session for a platform that a host exported");
  say("   npx greenlight launch plan.yaml        all of it; see docs/launch.md");
  say("   npm run tour                           measurements and attestation reports");
  return wrong === 0 ? 0 : 1;
}

/** What one sees of a launch: the verdict with what decided it, the guest's words, the moral. */
function show(scenario: Scenario, { out, observed, deviations, milliseconds }: Launched): void {
  clear();
  for (const line of decisive(out)) say(line === "" ? "" : `   ${line}`);
  for (const line of spoken(observed.serial)) say(`   guest | ${line}`);
  for (const line of ending(out)) say(`   ${line}`);
  const mark = deviations.length === 0 ? "ok" : "NOT AS IT MUST BE";
  say(hang(`   ${mark}, ${(milliseconds / 1000).toFixed(1)} s: `, scenario.moral));
  for (const words of deviations) say(`   ! ${words}`);
}

/** The verdict, and the findings that failed: what the command prints before the warnings. */
function decisive(out: string): readonly string[] {
  const lines = out.trimEnd().split("\n");
  const end = lines.findIndex((line) => /^(Findings:|! warn|record )/.test(line));
  const verdict = lines.slice(0, end).filter((line) => line !== "");
  const failed = lines.findIndex((line) => line.startsWith("x fail"));
  if (failed < 0) return verdict;
  const rest = lines.slice(failed);
  const others = rest.findIndex((line, index) => index > 0 && /^([x?!] |$|record )/.test(line));
  return [...verdict, ...rest.slice(0, others)];
}

/** How a guest that was let run came to its end. */
function ending(out: string): readonly string[] {
  const lines = out.trimEnd().split("\n");
  const at = lines.findIndex((line) => line.startsWith("The guest has ended"));
  return at < 0 ? [] : lines.slice(at);
}

/** What our programs in the guest said; firmware and kernel say other things. */
function spoken(serial: string): readonly string[] {
  return serial
    .split(/\r*\n/)
    .flatMap((line) => /greenlight-(?:guest|shim): (.*)$/.exec(line)?.[1]?.trimEnd() ?? []);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line that is redrawn, on a terminal only. */
function progress(line: string): void {
  if (process.stderr.isTTY !== true) return;
  const width = Math.max(20, (process.stderr.columns ?? 80) - 1);
  const shown = `   ... ${line.trim().replaceAll(/\s+/g, " ")}`.slice(0, width);
  process.stderr.write(`\r\u001b[K${shown}`);
}

function clear(): void {
  if (process.stderr.isTTY === true) process.stderr.write("\r\u001b[K");
}

function parse(): Wanted | undefined {
  try {
    const { values } = parseArgs({
      options: { software: { type: "boolean" }, only: { type: "string" } },
    });
    const scenarios = SCENARIOS.filter(({ id }) => id === (values.only ?? id));
    if (scenarios.length === 0) return undefined;
    const missing = missingProgram();
    if (values.software === true) return { machinery: "software", scenarios };
    if (missing === undefined) return { machinery: "qemu", scenarios };
    process.stderr.write(`${missing} is not installed: the software guest is used instead\n`);
    return { machinery: "software", scenarios };
  } catch {
    return undefined;
  }
}
