// SPDX-License-Identifier: Apache-2.0
// What a report's VCEK is to be asked for by.

import { LayoutError } from "../bytes/index.ts";
import type { ProductLine } from "../evidence/product.ts";
import type { Report } from "../evidence/report.ts";
import type { Need } from "./endorsement.ts";
import { possibleLines, vcekOfReport } from "./kds.ts";
import type { VcekFacts } from "./kds.ts";

/**
 * The VCEK to fetch, if there is one.
 * @param line By the CPU of the report; undefined when it names none (version 2).
 */
export function vcekNeed(report: Report, line: ProductLine | undefined): readonly Need[] {
  // A CPU that is named and not known has no line that could be asked for.
  if (line === undefined && report.version >= 3) return [];
  const lines = line === undefined ? possibleLines(report) : [line];
  const [first, ...alternatives] = lines.flatMap((each) => factsFor(report, each));
  return first === undefined ? [] : [{ kind: "VCEK", ...first, alternatives }];
}

function factsFor(report: Report, line: ProductLine): readonly VcekFacts[] {
  try {
    const { facts } = vcekOfReport(report, line);
    return facts === undefined ? [] : [facts];
  } catch (error) {
    // REPORTED_TCB is not one of this line.
    if (error instanceof LayoutError) return [];
    throw error;
  }
}
