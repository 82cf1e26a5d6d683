// SPDX-License-Identifier: Apache-2.0
// The verdict sentence, what decided it, and what is missing.

import type { JSX } from "preact";
import { missingFile } from "../model/needs.ts";
import { VERDICT_MARKS, deciding, verdictWords } from "../model/verdict-words.ts";
import type { Judged } from "../state/session.ts";
import { Copy } from "./copy.tsx";
import { FindingRow } from "./finding.tsx";
import { MarkShape } from "./mark.tsx";

/** How many deciding findings are unfolded from the start. */
const UNFOLDED = 3;

/** Verdict, deciding findings and missing files. */
export function VerdictView({ judged }: { readonly judged: Judged }): JSX.Element {
  const { verdict } = judged;
  const { word, sentence } = verdictWords(verdict);
  const reasons = deciding(verdict);
  return (
    <section aria-labelledby="verdict" class={`verdict ${VERDICT_MARKS[verdict.outcome]}`}>
      <div role="status">
        <h2 id="verdict">
          <svg viewBox="0 0 16 16" width="28" height="28" aria-hidden="true">
            <MarkShape outcome={VERDICT_MARKS[verdict.outcome]} />
          </svg>
          <span>
            <b>{word}.</b> {sentence}
          </span>
        </h2>
      </div>
      {reasons.length === 0 ? null : (
        <ul class="findings" aria-label="What decided it">
          {reasons.map((finding, i) => (
            <FindingRow
              key={`${finding.id} ${i}`}
              finding={finding}
              open={i < UNFOLDED && finding.outcome !== "warn"}
            />
          ))}
        </ul>
      )}
      <Missing judged={judged} />
    </section>
  );
}

/** Files that would decide more, and where a person gets them; the page fetches nothing. */
function Missing({ judged }: { readonly judged: Judged }): JSX.Element | null {
  const { needs } = judged.verdict;
  if (needs.length === 0) return null;
  return (
    // What is rejected stays so, whatever else is there.
    <details class="missing" open={judged.verdict.outcome !== "rejected"}>
      <summary>
        <h3>{needs.length === 1 ? "A file is missing" : `${needs.length} files are missing`}</h3>
      </summary>
      <p class="soft">
        This page fetches nothing. Download it yourself, then drop it here beside the report.
      </p>
      <ul>
        {needs.map(missingFile).map(({ title, about, addresses }) => (
          <li key={title}>
            <b>{title}</b>
            <br />
            {about}
            {addresses.map((address, i) => (
              <p key={address} class="address">
                {i === 0 ? null : "or, if that is not known there: "}
                <code>{address}</code> <Copy text={address} what={`address of the ${title}`} />
              </p>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
