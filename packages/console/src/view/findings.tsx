// SPDX-License-Identifier: Apache-2.0
// All findings, by the question they answer.

import type { Finding } from "@greenlight/core/finding";
import type { JSX } from "preact";
import { grouped } from "../model/groups.ts";
import { countOutcomes, sortFindings } from "../model/outcome.ts";
import { FindingRow } from "./finding.tsx";

/** Every finding, in three groups that unfold. */
export function Findings({ findings }: { readonly findings: readonly Finding[] }): JSX.Element {
  return (
    <section aria-labelledby="findings">
      <h2 id="findings">All {findings.length} findings</h2>
      {grouped(findings).map(({ group, findings: own }) => (
        <details key={group.id} class="group">
          <summary>
            <h3>{group.title}</h3>
            <span class="soft">{own.length === 0 ? "nothing checked" : countOutcomes(own)}</span>
          </summary>
          <p class="soft">{group.about}</p>
          <ul class="findings">
            {sortFindings(own).map((finding, i) => (
              <FindingRow key={`${finding.id} ${i}`} finding={finding} />
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}
