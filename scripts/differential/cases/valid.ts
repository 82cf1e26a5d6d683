// SPDX-License-Identifier: Apache-2.0
// Cases that nothing is wrong with, and every processor that there is or is not.

import { createHierarchy } from "@greenlight/psp/hierarchy";
import type { ProductLine } from "@greenlight/core/evidence";
import { extended, hierarchyOf, makeCase, vekEntry } from "../case.ts";
import type { Case } from "../case.ts";

const LINES = ["Milan", "Genoa", "Turin"] as const;
const VERSIONS = [2, 3, 4, 5] as const;

/** Every line, version, kind of key and form of AlgorithmIdentifier. */
export function validCases(): readonly Case[] {
  return LINES.flatMap((line) =>
    (["absent", "explicit"] as const).flatMap((trailer) => {
      const hierarchy = createHierarchy({ line, names: "forged-amd", trailer });
      return [hierarchy.vcek(), hierarchy.vlek()].flatMap((vek) =>
        VERSIONS.map((version) =>
          makeCase("valid", {
            name: `${line} ${vek.kind}, report version ${version}, trailer field ${trailer}`,
            line,
            roots: [hierarchy],
            evidence: extended(vek.report(version), vekEntry(vek)),
            expected: "accepted",
          }),
        ),
      );
    }),
  );
}

interface Processor {
  readonly title: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** The line that endorses it. */
  readonly line: ProductLine;
  readonly expected: "accepted" | "rejected";
}

const cpu = (
  title: string,
  [family, model, stepping]: readonly [number, number, number],
  line: ProductLine,
  expected: "accepted" | "rejected" = "accepted",
): Processor => ({ title, family, model, stepping, line, expected });

const PROCESSORS: readonly Processor[] = [
  cpu("Milan B0", [0x19, 0x01, 0], "Milan"),
  cpu("Milan B1", [0x19, 0x01, 1], "Milan"),
  cpu("Milan-X", [0x19, 0x01, 2], "Milan"),
  cpu("Milan of model 00", [0x19, 0x00, 0], "Milan"),
  cpu("Milan of model 0F", [0x19, 0x0f, 0], "Milan"),
  cpu("Genoa of model 10", [0x19, 0x10, 0], "Genoa"),
  cpu("Genoa B0", [0x19, 0x11, 0], "Genoa"),
  cpu("Genoa-X", [0x19, 0x11, 2], "Genoa"),
  cpu("Genoa of model 1F", [0x19, 0x1f, 0], "Genoa"),
  cpu("Bergamo", [0x19, 0xa0, 1], "Genoa"),
  cpu("Siena", [0x19, 0xa0, 2], "Genoa"),
  cpu("Siena of model AF", [0x19, 0xaf, 0], "Genoa"),
  cpu("Turin of model 00", [0x1a, 0x00, 0], "Turin"),
  cpu("Turin", [0x1a, 0x02, 1], "Turin"),
  cpu("Turin Dense", [0x1a, 0x11, 0], "Turin"),
  cpu("Genoa under Milan's root", [0x19, 0x11, 1], "Milan", "rejected"),
  cpu("Siena under Milan's root", [0x19, 0xa0, 2], "Milan", "rejected"),
  cpu("Milan under Genoa's root", [0x19, 0x01, 1], "Genoa", "rejected"),
  cpu("Turin under Genoa's root", [0x1a, 0x02, 1], "Genoa", "rejected"),
  cpu("Turin under Milan's root", [0x1a, 0x02, 1], "Milan", "rejected"),
  cpu("Milan under Turin's root", [0x19, 0x01, 1], "Turin", "rejected"),
  cpu("Rome", [0x17, 0x31, 0], "Milan", "rejected"),
  cpu("an unknown model of family 19", [0x19, 0x40, 0], "Milan", "rejected"),
  cpu("an unknown model of family 1A", [0x1a, 0x20, 0], "Turin", "rejected"),
  cpu("family, model and stepping zero", [0, 0, 0], "Milan", "rejected"),
];

/** Reports that name a processor, under the root of some line, which alone is trusted. */
export function processorCases(): readonly Case[] {
  return PROCESSORS.map(({ title, line, expected, ...fields }) => {
    const vek = hierarchyOf(line).vcek();
    const { family: cpuFamily, model: cpuModel, stepping: cpuStepping } = fields;
    const report = vek.report(3, { cpuFamily, cpuModel, cpuStepping });
    // All lines are trusted: that the wrong one endorsed it must be seen.
    const roots = LINES.map(hierarchyOf);
    return makeCase("processors", { name: title, line, vek, report, roots, expected });
  });
}
