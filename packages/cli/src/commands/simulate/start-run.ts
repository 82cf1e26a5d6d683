// SPDX-License-Identifier: Apache-2.0
// What `greenlight simulate start` does.

import { hexEncode } from "@greenlight/core/bytes";
import type { Platform } from "@greenlight/psp/platform";
import { PlatformFolder, servePlatform } from "@greenlight/psp/server";
import type { OptionValues } from "../../command/command.ts";
import { writeFiles } from "../../output/file.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { pairs } from "../../output/table.ts";
import { faultsOf } from "./faults.ts";
import { DEFAULT_FOLDER } from "./options.ts";
import type { START_OPTIONS } from "./options.ts";
import { platformOptions, refuseMaking } from "./platform.ts";
import { missing, rootFiles } from "./roots.ts";
import { stopAfter, untilStopped } from "./running.ts";

type StartOptions = OptionValues<typeof START_OPTIONS>;

/** Serves until it is told to stop. @returns 0. */
export async function start(options: StartOptions, io: Io): Promise<number> {
  const { folder: path = DEFAULT_FOLDER } = options;
  const patience = stopAfter(options["stop-after"]);
  const folder = openOrCreate(path, options);
  const server = await servePlatform(folder, {
    faults: faultsOf(options.fault),
    log: (command, status) => {
      if (io.liveProgress) io.err(`${shownName(command)}: ${status}\n`);
    },
  });
  try {
    const files = rootFiles(server.platform, folder.path);
    writeFiles(missing(files), false);
    const roots = files.map((file) => file.path);
    io.out(
      options.json
        ? toJson(asJsonValue(server.platform, server.socket, roots))
        : asText(server.platform, server.socket, roots),
    );
    if (!options.json) {
      io.err(`next: greenlight simulate status --folder ${path}, in another terminal\n`);
    }
    await untilStopped(patience);
  } finally {
    await server.stop();
  }
  return 0;
}

function openOrCreate(path: string, options: StartOptions): PlatformFolder {
  if (!PlatformFolder.has(path)) return PlatformFolder.create(path, platformOptions(options));
  refuseMaking(options, path);
  return PlatformFolder.open(path);
}

/** Rows that say which platform it is. */
export function platformRows(platform: Platform): readonly (readonly [string, string])[] {
  const { line, api, chipId, names, snp } = platform;
  return [
    ["product line", snp === undefined ? `${line} (SEV and SEV-ES only)` : line],
    ["firmware", `${api.major}.${api.minor}.${api.build}`],
    ["chip id", hexEncode(chipId.subarray(0, line === "Turin" ? 8 : 64))],
    ["names", names === "simulator" ? "the simulator's own" : "AMD's, forged"],
  ];
}

function asText(platform: Platform, socket: string, roots: readonly string[]): string {
  const [first = "", ...more] = roots;
  const rows = pairs([...platformRows(platform), ["socket", socket], ["roots", first, ...more]]);
  return `A simulated platform is served\n\n${rows}\n`;
}

function asJsonValue(platform: Platform, socket: string, roots: readonly string[]): object {
  const { line, api, chipId, names } = platform;
  return { schema: "greenlight/simulate-start/v1", line, api, chipId, names, socket, roots };
}
