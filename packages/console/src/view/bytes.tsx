// SPDX-License-Identifier: Apache-2.0
// The artefacts themselves: fields beside bytes, and what the field under the cursor means.

import type { JSX } from "preact";
import { TINT_WORDS, isUncovered, rowAt } from "../model/byte-view.ts";
import type { ByteView, Tint } from "../model/byte-view.ts";
import { cursor, openView } from "../state/cursor.ts";
import { shownView, views } from "../state/views.ts";
import { Copy } from "./copy.tsx";
import { FieldTable } from "./field-table.tsx";
import { Hexdump } from "./hexdump.tsx";

/** The bytes of everything that was given. */
export function Bytes(): JSX.Element | null {
  const view = shownView.value;
  if (view === undefined) return null;
  return (
    <section aria-labelledby="bytes-title" id="bytes">
      <h2 id="bytes-title">Fields and bytes</h2>
      {views.value.length < 2 ? null : (
        <p class="line">
          <label for="view">Of </label>
          <select
            id="view"
            value={view.id}
            onChange={({ currentTarget }) => {
              openView.value = currentTarget.value;
            }}
          >
            {views.value.map(({ id, title, bytes }) => (
              <option key={id} value={id}>
                {`${title} (${bytes.length} bytes)`}
              </option>
            ))}
          </select>
        </p>
      )}
      <p class="soft">{view.about}</p>
      <Legend view={view} />
      <div class="panes" key={view.id}>
        <FieldTable view={view} />
        <Hexdump view={view} />
      </div>
      <Field view={view} />
    </section>
  );
}

/** What the tints and hatchings of this view mean. */
function Legend({ view }: { readonly view: ByteView }): JSX.Element | null {
  const tints = Object.keys(TINT_WORDS).filter((tint): tint is Tint =>
    view.rows.some((row) => row.tint === tint),
  );
  if (tints.length === 0) return null;
  return (
    <ul class="legend" aria-label="What the tints mean">
      {tints.map((tint) => (
        <li key={tint}>
          <i class={`swatch t-${tint}`} aria-hidden="true" /> {TINT_WORDS[tint]}
        </li>
      ))}
      {view.covered === undefined ? null : (
        <li>
          <i class="swatch unsigned" aria-hidden="true" /> not covered by {view.covered.by}
        </li>
      )}
    </ul>
  );
}

/** The field under the cursor in full. */
function Field({ view }: { readonly view: ByteView }): JSX.Element | null {
  const now = cursor.value;
  const row = now?.view === view.id ? view.rows[rowAt(view.rows, now.offset)] : undefined;
  if (row === undefined) {
    return view.rows.length === 0 ? null : (
      <p class="field soft">Point at a field or a byte, or move there with the arrow keys.</p>
    );
  }
  const { name, offset, size, doc, text, problem, details = [] } = row;
  return (
    <div class="field">
      <h3>
        <code>{name}</code>
        <span class="soft">
          {` offset 0x${offset.toString(16)}, ${size} ${size === 1 ? "byte" : "bytes"}`}
          {isUncovered(view, offset) ? ", not signed" : ""}
        </span>
      </h3>
      {doc === "" ? null : <p>{doc}</p>}
      {problem === undefined ? null : <p class="problem">It {problem}.</p>}
      {text === "" ? null : (
        <p class="line">
          <code class="long">{text}</code> <Copy text={text} what={`value of ${name}`} />
        </p>
      )}
      {details.length === 0 ? null : (
        <ul class="details">
          {details.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
