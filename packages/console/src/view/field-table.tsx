// SPDX-License-Identifier: Apache-2.0
// The field table: one row a field, in the order of the bytes. Its cursor is that of the hexdump.

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { isUncovered, rowAt } from "../model/byte-view.ts";
import type { ByteView, FieldRow } from "../model/byte-view.ts";
import { movedOffset } from "../model/cursor-keys.ts";
import { cursor, pointAt } from "../state/cursor.ts";

/** Rows that PageUp and PageDown move by. */
const PAGE = 10;

/** Fields of a view; arrow keys, pointer and hexdump move one cursor. */
export function FieldTable({ view }: { readonly view: ByteView }): JSX.Element {
  const { rows } = view;
  const box = useRef<HTMLDivElement>(null);
  const now = cursor.value?.view === view.id ? rowAt(rows, cursor.value.offset) : -1;

  useSignalEffect(() => {
    const { view: where, offset, from } = cursor.value ?? {};
    const element = box.current;
    if (where !== view.id || offset === undefined || from === "fields" || element === null) return;
    const row = element.querySelector<HTMLElement>(`[data-row="${rowAt(rows, offset)}"]`);
    if (row !== null) bringInto(element, row);
  });

  const choose = (index: number): void => {
    const row = rows[index];
    if (row !== undefined) pointAt({ view: view.id, offset: row.offset, from: "fields" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") return;
    // In a list, Home and End are its ends.
    const { key, altKey, metaKey } = event;
    const next = movedOffset(
      { key, ctrlKey: true, altKey, metaKey },
      Math.max(0, now),
      1,
      PAGE,
      rows.length,
    );
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    const row = box.current?.querySelector<HTMLElement>(`[data-row="${next}"]`);
    row?.focus({ preventScroll: true });
    if (row && box.current) bringInto(box.current, row);
  };
  const onPointer = (event: PointerEvent): void => {
    const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    if (row instanceof HTMLElement) choose(Number(row.dataset["row"]));
  };

  if (rows.length === 0) return <p class="soft">No fields are known in these bytes.</p>;
  return (
    <div
      class="fields"
      role="grid"
      aria-label={`Fields of: ${view.title}`}
      aria-rowcount={rows.length + 1}
      ref={box}
      onKeyDown={onKeyDown}
      onPointerOver={onPointer}
      onPointerDown={onPointer}
    >
      <div role="row" class="fieldrow head">
        <span role="columnheader">offset</span>
        <span role="columnheader">field</span>
        <span role="columnheader">value</span>
      </div>
      {rows.map((row, i) => (
        <Row
          key={row.offset}
          row={row}
          index={i}
          isChosen={i === now}
          isStop={i === Math.max(0, now)}
          isUnsigned={isUncovered(view, row.offset)}
        />
      ))}
    </div>
  );
}

function Row({
  row,
  index,
  isChosen,
  isStop,
  isUnsigned,
}: {
  readonly row: FieldRow;
  readonly index: number;
  readonly isChosen: boolean;
  /** The one row that the Tab key stops at. */
  readonly isStop: boolean;
  readonly isUnsigned: boolean;
}): JSX.Element {
  const { offset, name, text, tint, problem } = row;
  const words = [
    "fieldrow",
    ...(isChosen ? ["chosen"] : []),
    ...(problem === undefined ? [] : ["broken"]),
  ];
  return (
    <div
      role="row"
      class={words.join(" ")}
      data-row={index}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      tabIndex={isStop ? 0 : -1}
    >
      <span role="gridcell" class="offset">
        <i class={`swatch t-${tint}${isUnsigned ? " unsigned" : ""}`} aria-hidden="true" />
        {offset.toString(16).padStart(3, "0")}
      </span>
      <span role="gridcell" class="name">
        {name}
      </span>
      <span role="gridcell" class="value">
        {problem === undefined ? text : `${problem}${text === "" ? "" : ` (${text})`}`}
      </span>
    </div>
  );
}

/** Scrolls inside the list only: the page stays where it is. */
function bringInto(list: HTMLElement, row: HTMLElement): void {
  const top = row.offsetTop - list.offsetTop;
  const head = row.offsetHeight;
  if (top - head < list.scrollTop) list.scrollTop = top - head;
  else if (top + row.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + row.offsetHeight - list.clientHeight;
  }
}
