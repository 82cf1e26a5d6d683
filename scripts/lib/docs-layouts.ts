// SPDX-License-Identifier: Apache-2.0
// docs/reference/layouts.md: every structure that is declared with struct().
import { documentLayout } from "../../packages/core/src/bytes/index.ts";
import type { Struct } from "../../packages/core/src/bytes/index.ts";
import * as sevEndorsement from "../../packages/core/src/endorsement/sev/index.ts";
import * as disk from "../../packages/core/src/disk/index.ts";
import * as evidence from "../../packages/core/src/evidence/index.ts";
import * as sevEvidence from "../../packages/core/src/evidence/sev/index.ts";
import * as firmware from "../../packages/core/src/firmware/index.ts";
import * as firmwareVolume from "../../packages/core/src/firmware/volume/index.ts";
import * as launch from "../../packages/core/src/launch/index.ts";
import * as session from "../../packages/core/src/launch/session/index.ts";

/** The page: the structures of each folder of core, in order of name. */
export function layoutsPage(): string {
  const folders = {
    firmware,
    "firmware volumes": firmwareVolume,
    launch,
    evidence,
    "launch sessions of SEV and SEV-ES": session,
    "endorsement of SEV and SEV-ES": sevEndorsement,
    "evidence of SEV and SEV-ES": sevEvidence,
    "disk images": disk,
  };
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
