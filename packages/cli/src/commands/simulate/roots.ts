// SPDX-License-Identifier: Apache-2.0
// The simulator's roots as files that verifiers take, and how they take them.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pem } from "@greenlight/psp/kds";
import type { Platform } from "@greenlight/psp/platform";
import type { OutputFile } from "../../output/file.ts";

/** ARK, ASK and ASVK in PEM, for `verify`. */
export const SNP_ROOT = "simulator-root.pem";

/** ASK and ARK in AMD's own format, for `verify sev`. */
export const SEV_ROOT = "simulator-sev-root.cert";

/** The files of a platform's roots in a folder. */
export function rootFiles(platform: Platform, folder: string): readonly OutputFile[] {
  const { hierarchy, authorities } = platform;
  const sev = Buffer.concat([authorities.ask, authorities.ark]);
  const files: OutputFile[] = [{ path: join(folder, SEV_ROOT), content: sev }];
  if (hierarchy === undefined) return files;
  const { ark, ask, asvk } = hierarchy;
  const chain = [ark, ask, asvk].map(({ der }) => pem(der)).join("");
  return [{ path: join(folder, SNP_ROOT), content: chain }, ...files];
}

/** Of files, those that are not there yet. */
export function missing(files: readonly OutputFile[]): readonly OutputFile[] {
  return files.filter(({ path }) => !existsSync(path));
}
