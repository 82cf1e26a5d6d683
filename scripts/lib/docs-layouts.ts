// SPDX-License-Identifier: Apache-2.0
// docs/reference/layouts.md: every structure that is declared with struct().
import { documentLayout } from "../../packages/core/src/bytes/index.ts";
import type { Struct } from "../../packages/core/src/bytes/index.ts";
import * as evidence from "../../packages/core/src/evidence/index.ts";
import * as firmware from "../../packages/core/src/firmware/index.ts";
import * as launch from "../../packages/core/src/launch/index.ts";

/** The page: the structures of each folder of core, in order of name. */
export function layoutsPage(): string {
  const folders = { firmware, launch, evidence };
  const sections = Object.entries(folders).flatMap(([folder, exports]) => [
    `# ${folder}\n`,
    ...structsOf(exports).map(documentLayout),
  ]);
  return [
    "Made from the declarations in packages/core by `node scripts/docs.ts`.",
    "",
    ...sections,
  ].join("\n");
}

function structsOf(exports: object): readonly Struct<unknown>[] {
  const isStruct = (value: unknown): value is Struct<unknown> =>
    typeof value === "object" && value !== null && "decodeAt" in value;
  return Object.values(exports)
    .filter(isStruct)
    .toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}
