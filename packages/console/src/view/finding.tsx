// SPDX-License-Identifier: Apache-2.0
// A row of a finding: outcome and sentence, what differs, and on unfolding why and what to do.

import { EVIDENCE_FINDINGS } from "@greenlight/core/finding";
import type { Finding, FindingId } from "@greenlight/core/finding";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Copy } from "./copy.tsx";
import { Comparison } from "./difference.tsx";
import { Mark } from "./mark.tsx";
import { showPlace } from "./show-place.ts";

/** What findings about evidence check; the page meets no others. */
const CHECKED: Readonly<Partial<Record<FindingId, string>>> = EVIDENCE_FINDINGS;

/** One finding. What differs is always shown for one that did not pass; the rest unfolds. */
export function FindingRow({
  finding,
  open = false,
}: {
  readonly finding: Finding;
  readonly open?: boolean;
}): JSX.Element {
  const isOpen = useSignal(open);
  const panel = useId();
  const { outcome, title, expected, actual } = finding;
  const isQuiet = outcome === "pass" || outcome === "skipped";
  return (
    <li class={`finding ${outcome}`}>
      <Mark outcome={outcome} />
      <div>
        <button
          type="button"
          class="title"
          aria-expanded={isOpen.value}
          aria-controls={isOpen.value ? panel : undefined}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {title}
        </button>
        {isQuiet && !isOpen.value ? null : <Comparison expected={expected} actual={actual} />}
        {isOpen.value ? <More id={panel} finding={finding} /> : null}
      </div>
    </li>
  );
}

/** What to do, what was checked and by which document, and where it stands. */
function More({
  id: panel,
  finding,
}: {
  readonly id: string;
  readonly finding: Finding;
}): JSX.Element {
  const { id, where, source, hint } = finding;
  return (
    <div class="more" id={panel}>
      {hint === undefined ? null : (
        <p>
          <b>What to do:</b> {hint}
        </p>
      )}
      <p class="soft">
        Checked: {CHECKED[id] ?? id}.{source === undefined ? null : ` Source: ${source}.`}
      </p>
      <p class="soft line">
        {where === undefined ? null : <Place where={where} />}
        <code>{id}</code> <Copy text={id} what={`finding id ${id}`} />
      </p>
    </div>
  );
}

function Place({ where }: { readonly where: NonNullable<Finding["where"]> }): JSX.Element {
  const { artefact, offset, size } = where;
  if (offset === undefined) return <span>In the {artefact}. </span>;
  const text = `${artefact}, offset 0x${offset.toString(16)}${size === undefined ? "" : `, ${size} ${size === 1 ? "byte" : "bytes"}`}`;
  return (
    <button type="button" class="small" onClick={() => showPlace(where)}>
      Show bytes: {text}
    </button>
  );
}
