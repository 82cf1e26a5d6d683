// SPDX-License-Identifier: Apache-2.0
// `npm run bench`: speed and memory as ratios measured in one run on real files. Machines differ and
// are noisy: look at the ratios. The exit code is 0 whether goals are met or not; the table says.

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, cliManifest, packageFolder } from "../scripts/lib/bundle.ts";
import { root } from "../scripts/lib/process.ts";
import { diagnoseRows } from "./cases/diagnose.ts";
import { digestRows, setRow } from "./cases/digest.ts";
import { launchOverheadRows } from "./cases/launch-overhead.ts";
import { launchRows } from "./cases/launch.ts";
import { processRows } from "./cases/processes.ts";
import type { Programs } from "./cases/processes.ts";
import { verifyProcessRows, verifyRows } from "./cases/verify.ts";
import { makeInputs } from "./lib/inputs.ts";
import type { Command } from "./lib/processes.ts";
import { table } from "./lib/row.ts";
import type { Row } from "./lib/row.ts";

const HELP = `Usage: npm run bench -- [OPTION]...

  --peer FOLDER    a checkout of sev-snp-measure to compare with (default $GREENLIGHT_PEER)
  --python FILE    the Python that runs it (default /usr/bin/python3, which starts faster than
                   a version manager's)
  --binary FILE    the single-file binary (default: of npm run release)
  --runs N         runs of each process (default 21)
  --launches N     launches of each kind without QEMU (default 101)
  --boots N        guests booted by launch and plainly (default 7; needs what the demonstration needs)
  --only GROUPS    of digests, processes, diagnose, verify, launches, boots, with commas
  --json           write the rows as JSON
  --help           show this help

Example: npm run bench -- --peer ../sev-snp-measure --runs 51
`;

const { values } = parseArgs({
  options: {
    peer: { type: "string", ...defaultPeer() },
    python: { type: "string", default: "/usr/bin/python3" },
    binary: { type: "string", default: releasedBinary() },
    runs: { type: "string", default: "21" },
    launches: { type: "string", default: "101" },
    boots: { type: "string", default: "7" },
    only: { type: "string", default: "digests,processes,diagnose,verify,launches,boots" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  await bundle(packageFolder);
  const inputs = makeInputs();
  // What the programs keep for their next start is not left behind in the user's own cache.
  process.env["XDG_CACHE_HOME"] = join(inputs.folder, "cache");
  try {
    const programs = findPrograms();
    const rows: Row[] = [];
    const group = async (
      name: string,
      run: () => Promise<readonly Row[]> | readonly Row[],
    ): Promise<void> => {
      if (!values.only.split(",").includes(name)) return;
      console.error(`measuring ${name} ...`);
      rows.push(...(await run()));
    };
    await group("digests", () => [...digestRows(inputs.firmware), setRow(inputs.firmware)]);
    await group("processes", () => processRows(programs, inputs, Number(values.runs)));
    await group("diagnose", () => diagnoseRows(node("packages/cli/dist/greenlight.js"), inputs));
    await group("verify", async () => [
      ...(await verifyRows()),
      ...verifyProcessRows(
        node("packages/cli/dist/greenlight.js"),
        inputs.folder,
        Number(values.runs),
      ),
    ]);
    await group("launches", () => launchRows(inputs.firmware, Number(values.launches)));
    await group("boots", () =>
      launchOverheadRows(node("packages/cli/dist/greenlight.js"), Number(values.boots)),
    );
    const sorted = rows.toSorted((a, b) => a.group.localeCompare(b.group, "en"));
    if (values.json)
      console.log(JSON.stringify({ schema: "greenlight/bench/v1", rows: sorted }, null, 2));
    else print(sorted, programs);
  } finally {
    inputs.remove();
  }
}

function defaultPeer(): { readonly default?: string } {
  const folder = process.env["GREENLIGHT_PEER"];
  return folder === undefined ? {} : { default: folder };
}

/** Where scripts/release.ts puts the binary for this system. */
function releasedBinary(): string {
  const name = `greenlight-${cliManifest().version}-${process.platform}-${process.arch}`;
  return join(root, "dist", "release", name);
}

function node(script: string): Command {
  return { program: process.execPath, args: [join(root, script)] };
}

function measured(command: Command): Command {
  return { ...command, args: [...command.args, "measure"] };
}

function findPrograms(): Programs {
  const { peer, python, binary } = values;
  return {
    repository: measured(node("packages/cli/bin/greenlight.js")),
    bundled: measured(node("packages/cli/dist/greenlight.js")),
    ...(existsSync(binary) ? { binary: measured({ program: binary, args: [] }) } : {}),
    ...(peer === undefined
      ? {}
      : { peer: { program: python, args: [join(peer, "sev-snp-measure.py")] } }),
  };
}

function print(rows: readonly Row[], programs: Programs): void {
  const processors = cpus();
  console.log(
    `Node ${process.versions.node}, ${processors.length} x ${processors[0]?.model ?? "CPU"}\n`,
  );
  console.log(table(rows));
  if (programs.binary === undefined)
    console.log("\nno single-file binary: npm run release builds it");
  if (programs.peer === undefined)
    console.log("\nno peer: give a checkout of sev-snp-measure with --peer");
}
