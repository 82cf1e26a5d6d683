// SPDX-License-Identifier: Apache-2.0
// Whether the system's tools are there that a test runs.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** For `test(name, { skip })`: false when all tools are there, else which one is missing. */
export function missingTools(...names: readonly string[]): string | false {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  const missing = names.find((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return missing === undefined ? false : `${missing} is not installed`;
}
