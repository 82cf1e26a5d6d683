// SPDX-License-Identifier: Apache-2.0
// What `greenlight simulate mint` does.

import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../../command/usage-error.ts";
import { systemErrorCode } from "../../input/system-error.ts";
import { unwritable, writeFiles } from "../../output/file.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { pairs } from "../../output/table.ts";
import type { MintOptions } from "./mint-options.ts";
import { mintSev } from "./mint-sev.ts";
import { mintSnp } from "./mint-snp.ts";
import type { Minted } from "./minted.ts";
import { workPlatform } from "./platform.ts";
import { SEV_ROOT, SNP_ROOT, rootFiles } from "./roots.ts";

/** Writes the files. @returns 0. */
export async function mint(folder: string, options: MintOptions, io: Io): Promise<number> {
  const { platform, keep } = await workPlatform(options);
  if (options.only === "snp" && platform.snp === undefined) {
    throw new UsageError("conflicting-options", `${platform.line} has no SEV-SNP`);
  }
  const minted: readonly Minted[] = [
    ...(platform.snp === undefined || options.only === "sev"
      ? []
      : [await mintSnp(platform, folder, options)]),
    ...(options.only === "snp" ? [] : [mintSev(platform, folder, options)]),
  ];
  keep();
  const roots = rootFiles(platform, folder).filter(
    ({ path }) =>
      (options.only !== "snp" || path.endsWith(SNP_ROOT)) &&
      (options.only !== "sev" || path.endsWith(SEV_ROOT)),
  );
  makeFolder(folder);
  const files = minted.flatMap((each) => each.files);
  writeFiles(
    [...files.map(({ name, content }) => ({ path: join(folder, name), content })), ...roots],
    options.force,
  );
  const rootRows = roots.map(({ path }) => ({
    path,
    what: path.endsWith(SEV_ROOT)
      ? "root of the simulator, for verify sev and session"
      : "root of the simulator, for verify",
  }));
  const rows = [
    ...files.map(({ name, what }) => ({ path: join(folder, name), what })),
    ...rootRows,
  ];
  const verify = minted.map((each) => each.verify);
  if (options.json) {
    io.out(toJson({ schema: "greenlight/simulate-mint/v1", folder, files: rows, verify }));
    return 0;
  }
  const shown = pairs(rows.map(({ path, what }) => [path, what] as const));
  io.out(`Evidence of a simulated ${platform.line} platform, worth nothing\n\n${shown}\n`);
  for (const line of verify) io.err(`next: ${line}\n`);
  return 0;
}

/** Node's own way to make several never ends where the system says that /proc is not there. */
function makeFolders(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  mkdirSync(path);
}

function makeFolder(folder: string): void {
  try {
    makeFolders(resolve(folder));
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw unwritable(folder, reason, "make the folder");
  }
}
