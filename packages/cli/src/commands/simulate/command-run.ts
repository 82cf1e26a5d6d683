// SPDX-License-Identifier: Apache-2.0
// What `greenlight simulate command` does.

import { base64Decode, base64Encode } from "@greenlight/core/bytes";
import { PlatformFolder, PspError, connectPsp } from "@greenlight/psp/server";
import type { PspClient } from "@greenlight/psp/server";
import type { OptionValues } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded } from "../../input/file.ts";
import { reportFailure } from "../../output/failure.ts";
import { refuseExisting, writeFiles } from "../../output/file.ts";
import type { OutputFile } from "../../output/file.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { pairs } from "../../output/table.ts";
import { DEFAULT_FOLDER } from "./options.ts";
import type { COMMAND_OPTIONS } from "./options.ts";
import { rowsOf } from "./status-run.ts";

/** Files for arguments: a firmware image at most. */
const LARGEST_FILE = 8 * 1024 * 1024;

type CommandOptions = OptionValues<typeof COMMAND_OPTIONS>;

/** Gives the command. @returns 0 when it was done, 1 when it was refused, 3 when nothing is served. */
export async function giveCommand(
  [name = "", ...given]: readonly string[],
  options: CommandOptions,
  io: Io,
): Promise<number> {
  const values = Object.fromEntries(given.map(argumentOf));
  const wanted = options.out.map((text) => split(text, "--out"));
  if (!options.force) for (const [, path] of wanted) refuseExisting(path);
  let client: PspClient | undefined;
  try {
    const folder = PlatformFolder.open(options.folder ?? DEFAULT_FOLDER);
    client = await connectPsp(folder.socket);
    const outputs = await client.execute(name, values);
    writeFiles(
      wanted.map(([output, path]) => fileOf(name, outputs[output], output, path)),
      options.force,
    );
    io.out(
      options.json
        ? toJson({ schema: "greenlight/simulate-command/v1", command: name, return: outputs })
        : asText(name, { ...outputs, ...writtenTo(wanted) }),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof PspError)) throw error;
    await reportFailure(error, "simulate command", options.json, io);
    return error.code === "refused" ? 1 : 3;
  } finally {
    client?.close();
  }
}

/** In place of outputs that are in files now, the files. */
function writtenTo(
  wanted: readonly (readonly [output: string, path: string])[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(wanted.map(([output, path]) => [output, `in ${shownName(path)}`]));
}

function asText(name: string, outputs: Readonly<Record<string, unknown>>): string {
  const { list } = outputs;
  if (Array.isArray(list)) return `${list.map(listLine).join("\n")}\n`;
  const rows = rowsOf(outputs);
  return rows.length === 0 ? `${name}: SUCCESS\n` : `${name}: SUCCESS\n\n${pairs(rows)}\n`;
}

/** A command of query-commands. */
function listLine(entry: unknown): string {
  if (typeof entry !== "object" || entry === null || !("name" in entry)) return "";
  const names = "arguments" in entry && Array.isArray(entry.arguments) ? entry.arguments : [];
  return [entry.name, ...names].map(String).join(" ");
}

function argumentOf(text: string): readonly [name: string, value: unknown] {
  const [name, value] = split(text, "argument");
  if (value.startsWith("@")) return [name, base64Encode(readBounded(value.slice(1), LARGEST_FILE))];
  if (value === "true" || value === "false") return [name, value === "true"];
  if (value === "null") return [name, null];
  // Kept as text: the server reads decimal and 0x, and 64 bits do not fit a number.
  return [name, value];
}

function split(text: string, what: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(
    "bad-value",
    `${what} ${JSON.stringify(text.slice(0, 40))} has no =`,
    what === "--out" ? "write --out OUTPUT=FILE" : "write NAME=VALUE, or NAME=@FILE",
  );
}

function fileOf(name: string, value: unknown, output: string, path: string): OutputFile {
  if (typeof value === "string") return { path, content: base64Decode(value, output) };
  throw new UsageError("bad-value", `${name} has no output ${JSON.stringify(output)} of bytes`);
}
