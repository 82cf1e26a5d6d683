// SPDX-License-Identifier: Apache-2.0
// What `greenlight simulate kds` does.

import { createHierarchy } from "@greenlight/psp/hierarchy";
import { startKds, subjectOf, subjectsOf } from "@greenlight/psp/kds";
import type { KdsFault, KdsSubject, RunningKds } from "@greenlight/psp/kds";
import { PlatformFolder } from "@greenlight/psp/server";
import type { OptionValues } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { parseNumber } from "../../input/number.ts";
import { systemErrorCode } from "../../input/system-error.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import type { KDS_COMMAND_OPTIONS } from "./options.ts";
import { stopAfter, untilStopped } from "./running.ts";

type KdsCommandOptions = OptionValues<typeof KDS_COMMAND_OPTIONS>;

/** Serves until it is told to stop. @returns 0. */
export async function serveKds(options: KdsCommandOptions, io: Io): Promise<number> {
  const patience = stopAfter(options["stop-after"]);
  const subjects = subjectsOfOptions(options);
  const kds = await started(options, subjects, io);
  try {
    const { url } = kds;
    const lines = subjects.map(({ line }) => line);
    io.out(
      options.json
        ? toJson({ schema: "greenlight/simulate-kds/v1", url, lines })
        : `A simulated key distribution service is at ${url}\n`,
    );
    if (!options.json) {
      io.err(`next: greenlight verify REPORT --kds ${url} --simulator-root FILE\n`);
    }
    await untilStopped(patience);
  } finally {
    await kds.stop();
  }
  return 0;
}

function subjectsOfOptions({ folder, line }: KdsCommandOptions): readonly KdsSubject[] {
  const platforms = folder.map((path) => PlatformFolder.open(path).load());
  const hierarchies = (["Milan", "Genoa", "Turin"] as const)
    .filter((each) => line.includes(each))
    .map((each) => subjectOf(createHierarchy({ line: each })));
  const subjects = [...subjectsOf(platforms), ...hierarchies];
  if (subjects.length > 0) return subjects;
  throw new UsageError("missing-option", "nothing to serve", "add --folder FOLDER or --line LINE");
}

async function started(
  options: KdsCommandOptions,
  subjects: readonly KdsSubject[],
  io: Io,
): Promise<RunningKds> {
  const faults = options.fail.map(faultOf);
  const port = options.port === undefined ? 0 : parseNumber(options.port, "--port", 65_535);
  const log = (path: string, status: number): void => {
    if (io.liveProgress) io.err(`${status === 0 ? "cut" : status} ${path.slice(0, 200)}\n`);
  };
  try {
    return await startKds({ subjects, port, faults, log });
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw new UsageError("bad-value", `--port ${port}: ${reason}`, "leave it out for any free one");
  }
}

function faultOf(text: string): KdsFault {
  if (text === "cut" || text === "truncated") return text;
  const [, status, seconds] = /^([45]\d\d)(?:\/(\d{1,5}))?$/.exec(text) ?? [];
  if (status === undefined) {
    throw new UsageError(
      "bad-value",
      `--fail is ${JSON.stringify(text.slice(0, 40))}`,
      "give a status such as 404, a status and seconds such as 429/2, cut, or truncated",
    );
  }
  return {
    status: Number(status),
    ...(seconds === undefined ? {} : { retryAfter: Number(seconds) }),
  };
}
