// SPDX-License-Identifier: Apache-2.0
// Rows of a hexdump: offset, bytes and characters, tinted by field, with cursor and chosen field.

import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { isUncovered, rowAt } from "../model/byte-view.ts";
import type { ByteView } from "../model/byte-view.ts";
import { firstRow, scrollHeight, visibleRows } from "../model/virtual-rows.ts";
import type { Rows } from "../model/virtual-rows.ts";
import { cursor } from "../state/cursor.ts";

/** The rows of a hexdump that are on the screen. */
export function HexRows({
  view,
  width,
  rows,
  scrollTop,
}: {
  readonly view: ByteView;
  readonly width: number;
  readonly rows: Rows;
  readonly scrollTop: Signal<number>;
}): JSX.Element {
  const first = firstRow(rows, scrollTop.value);
  const now = cursor.value?.view === view.id ? cursor.value.offset : -1;
  const field = now < 0 ? undefined : view.rows[rowAt(view.rows, now)];
  const digits = Math.max(3, (view.bytes.length - 1).toString(16).length);
  const shown = Array.from(
    { length: Math.max(0, Math.min(visibleRows(rows), rows.count - first)) },
    (_, i) => first + i,
  );
  return (
    <div
      class="rows"
      style={{ transform: `translateY(${scrollTop.value - partOf(rows, scrollTop.value)}px)` }}
    >
      {shown.map((row) => {
        const from = row * width;
        const to = Math.min(from + width, view.bytes.length);
        const isIn = (a: number, b: number): boolean => a < to && b > from;
        return (
          <HexRow
            key={row}
            view={view}
            from={from}
            width={width}
            digits={digits}
            cursorAt={isIn(now, now + 1) ? now : -1}
            fieldFrom={
              field !== undefined && isIn(field.offset, field.offset + field.size)
                ? field.offset
                : -1
            }
            fieldTo={
              field !== undefined && isIn(field.offset, field.offset + field.size)
                ? field.offset + field.size
                : -1
            }
          />
        );
      })}
    </div>
  );
}

/** How far the first row on the screen is scrolled out of it, in pixels. */
function partOf(rows: Rows, top: number): number {
  return rows.count * rows.rowHeight > scrollHeight(rows) ? 0 : top % rows.rowHeight;
}

interface HexRowProps {
  readonly view: ByteView;
  readonly from: number;
  readonly width: number;
  readonly digits: number;
  readonly cursorAt: number;
  readonly fieldFrom: number;
  readonly fieldTo: number;
}

function HexRow(props: HexRowProps): JSX.Element {
  const { view, from, width, digits } = props;
  const { bytes } = view;
  const cells: JSX.Element[] = [];
  const characters: JSX.Element[] = [];
  for (let at = from; at < from + width; at++) {
    const byte = bytes[at];
    if (byte === undefined) {
      cells.push(<i key={at}>{"   "}</i>);
      continue;
    }
    const look = classOf(props, at, byte);
    const text = byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
    cells.push(
      <i key={at} data-at={at} class={look}>
        {`${byte.toString(16).padStart(2, "0")} `}
      </i>,
    );
    characters.push(
      <i key={at} data-at={at} class={look}>
        {text}
      </i>,
    );
  }
  return (
    <div class="hexrow">
      <span class="offset">{from.toString(16).padStart(digits, "0")}</span>
      <span class="cells">{cells}</span>
      <span class="characters">{characters}</span>
    </div>
  );
}

function classOf(
  { view, cursorAt, fieldFrom, fieldTo }: HexRowProps,
  at: number,
  byte: number,
): string {
  const row = view.rows[rowAt(view.rows, at)];
  const words = row === undefined ? [] : [`t-${row.tint}`];
  if (row?.problem !== undefined) words.push("broken");
  if (isUncovered(view, at)) words.push("unsigned");
  if (byte === 0) words.push("zero");
  if (at >= fieldFrom && at < fieldTo) words.push("chosen");
  if (at === cursorAt) words.push("here");
  return words.join(" ");
}
