// SPDX-License-Identifier: Apache-2.0
// The files of a session: under whose names they are written, where, and what is told of them.

import { join } from "node:path";
import { sessionFiles } from "@greenlight/core/session";
import type { SessionFile } from "@greenlight/core/session";
import type { Options } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { refuseExisting } from "../../output/file.ts";
import { shownName } from "../../output/name.ts";
import { writePrivateFiles } from "../../output/private-file.ts";

/** Whose files are written. */
const FORMS = ["sevctl", "sev-tool"] as const;

const group = "Output";

/** Options that say what is written where. */
export const FILE_OPTIONS = {
  name: {
    kind: "value",
    short: "n",
    placeholder: "NAME",
    brief: "beginning of the files' names (sevctl's form)",
    default: "vm",
    group,
  },
  folder: {
    kind: "value",
    placeholder: "FOLDER",
    brief: "where the files go",
    default: "the current one",
    group,
  },
  form: {
    kind: "value",
    placeholder: "FORM",
    brief: "names and forms of the files: sevctl's or sev-tool's",
    choices: FORMS,
    default: "sevctl",
    group,
  },
  force: { kind: "flag", brief: "replace existing files", group },
} as const satisfies Options;

/** Where files go, as the options say. */
export interface FilePlan {
  readonly form: (typeof FORMS)[number];
  readonly name: string;
  readonly folder: string;
  readonly force: boolean;
}

interface FileOptions {
  readonly name: string | undefined;
  readonly folder: string | undefined;
  readonly form: string | undefined;
  readonly force: boolean;
}

/** @throws {UsageError} `bad-value` for a name that is none for files. */
export function filePlan({ name = "vm", folder = ".", form, force }: FileOptions): FilePlan {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw new UsageError(
      "bad-value",
      `--name is ${JSON.stringify(name.slice(0, 40))}`,
      "letters, digits, dots, dashes and underscores; --folder says where the files go",
    );
  }
  return { form: FORMS.find((known) => known === form) ?? "sevctl", name, folder, force };
}

/**
 * Looks for files that would be replaced before there is anything to put into them, so that nothing is
 * made in vain.
 * @throws {UsageError} `file-exists`.
 */
export function refuseReplacing(plan: FilePlan): void {
  if (plan.force) return;
  const none = new Uint8Array(0);
  const empty = { godh: none, session: none, policy: 0, keys: { tek: none, tik: none } };
  for (const { name } of sessionFiles(empty, plan.form, plan.name)) {
    refuseExisting(join(plan.folder, name));
  }
}

/** Writes the files. @throws {UsageError} `file-exists`, `unwritable-file`. */
export function writeSessionFiles(
  files: readonly SessionFile[],
  { folder, force }: FilePlan,
): void {
  writePrivateFiles(
    files.map((file) => ({ ...file, path: join(folder, file.name) })),
    force,
  );
}

/** What was written, for JSON. */
export function filesToJson(files: readonly SessionFile[], { folder }: FilePlan) {
  return files.map(({ name, secret, use }) => ({ path: join(folder, name), secret, use }));
}

/** What was written, for people: a row for each file. */
export function fileRows(
  files: readonly SessionFile[],
  { folder }: FilePlan,
): readonly (readonly [name: string, use: string])[] {
  return files.map(({ name, use }) => [shownName(join(folder, name)), use]);
}
