// SPDX-License-Identifier: Apache-2.0
// What `greenlight simulate status` does.

import { PspError, PlatformFolder, connectPsp } from "@greenlight/psp/server";
import type { PspClient } from "@greenlight/psp/server";
import type { OptionValues } from "../../command/command.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { pairs } from "../../output/table.ts";
import { DEFAULT_FOLDER } from "./options.ts";
import type { STATUS_OPTIONS } from "./options.ts";
import { platformRows } from "./start-run.ts";

type Outputs = Readonly<Record<string, unknown>>;

/** Shows the state. @returns 0. */
export async function status(
  options: OptionValues<typeof STATUS_OPTIONS>,
  io: Io,
): Promise<number> {
  const folder = PlatformFolder.open(options.folder ?? DEFAULT_FOLDER);
  const platform = folder.load();
  const { line, api, chipId, names } = platform;
  const live = await liveState(folder.socket, platform.snp !== undefined);
  if (options.json) {
    const stored = { line, api, chipId, names };
    const schema = "greenlight/simulate-status/v1";
    io.out(toJson({ schema, ...stored, served: live !== undefined, ...live }));
    return 0;
  }
  const sections = [
    pairs(platformRows(platform)),
    ...(live === undefined
      ? ["It is not served: switched off."]
      : [
          `SEV and SEV-ES\n${pairs(rowsOf(live.sev))}`,
          ...(live.snp === null ? [] : [`SEV-SNP\n${pairs(rowsOf(live.snp))}`]),
        ]),
  ];
  io.out(`The simulated platform in ${folder.path}\n\n${sections.join("\n\n")}\n`);
  return 0;
}

/** What a served platform says; undefined when none is served. */
async function liveState(
  socket: string,
  hasSnp: boolean,
): Promise<{ readonly sev: Outputs; readonly snp: Outputs | null } | undefined> {
  let client: PspClient;
  try {
    client = await connectPsp(socket);
  } catch (error) {
    if (error instanceof PspError && error.code === "no-server") return undefined;
    throw error;
  }
  try {
    const sev = await client.execute("platform-status");
    const snp = hasSnp ? await client.execute("snp-platform-status") : null;
    return { sev, snp };
  } finally {
    client.close();
  }
}

/** Outputs of a command as rows. */
export function rowsOf(outputs: Outputs): readonly (readonly [string, string])[] {
  return Object.entries(outputs).map(([name, value]) => [wordsOf(name), shown(value)] as const);
}

/** reportedTcb: `reported tcb`. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${name} ${shown(part)}`)
    .join(", ");
}
