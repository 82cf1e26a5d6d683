// SPDX-License-Identifier: Apache-2.0
// The hexdump: offset, bytes, characters. Only the rows on the screen exist; the cursor is moved by
// pointer and keyboard and is the one of the field table.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { describeByte } from "../model/byte-view.ts";
import type { ByteView } from "../model/byte-view.ts";
import { movedOffset } from "../model/cursor-keys.ts";
import { firstRow, scrollHeight, scrollTopOf } from "../model/virtual-rows.ts";
import { cursor, pointAt } from "../state/cursor.ts";
import { HexRows } from "./hex-rows.tsx";

/** Height of a row, in pixels; the style sheet says the same. */
const ROW_HEIGHT = 22;
/** Rows of a short structure are all shown at once up to this many. */
const MOST_ROWS = 24;

/** Bytes of a view, 16 a row, or 8 where there is no room for them. */
export function Hexdump({ view }: { readonly view: ByteView }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(16);
  const scrollTop = useSignal(0);
  const windowHeight = MOST_ROWS * ROW_HEIGHT;

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const fit = (): void => {
      // A row of 16 takes 74 characters at most, one of 8 takes 42.
      const character = Number.parseFloat(getComputedStyle(element).fontSize) * 0.605;
      width.value = element.clientWidth / character >= 74 ? 16 : 8;
    };
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    fit();
    return () => observer.disconnect();
  }, []);

  const rows = useComputed(() => ({
    count: Math.ceil(view.bytes.length / width.value),
    rowHeight: ROW_HEIGHT,
    windowHeight,
  }));

  // What the other side points at is brought onto the screen.
  useSignalEffect(() => {
    const now = cursor.value;
    const element = box.current;
    if (now?.view !== view.id || now.from === "bytes" || element === null) return;
    const row = Math.floor(now.offset / width.value);
    const first = firstRow(rows.value, element.scrollTop);
    if (row < first || row >= first + MOST_ROWS - 1) {
      element.scrollTop = scrollTopOf(rows.value, row - 2);
    }
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const now = cursor.peek();
    const offset = now?.view === view.id ? now.offset : 0;
    const next = movedOffset(event, offset, width.peek(), MOST_ROWS, view.bytes.length);
    if (next === undefined) return;
    event.preventDefault();
    pointAt({ view: view.id, offset: next, from: "bytes" });
    const element = box.current;
    if (element === null) return;
    const row = Math.floor(next / width.peek());
    const first = firstRow(rows.peek(), element.scrollTop);
    if (row < first) element.scrollTop = scrollTopOf(rows.peek(), row);
    else if (row >= first + MOST_ROWS) {
      element.scrollTop = scrollTopOf(rows.peek(), row - MOST_ROWS + 1);
    }
  };

  const onPointer = (event: PointerEvent): void => {
    const at = event.target instanceof HTMLElement ? event.target.dataset["at"] : undefined;
    if (at !== undefined) pointAt({ view: view.id, offset: Number(at), from: "bytes" });
  };

  return (
    <div class="hexbox">
      <div
        id="hexdump"
        class="hexdump"
        ref={box}
        tabIndex={0}
        role="group"
        aria-label={`Bytes of: ${view.title}. Arrow keys move the cursor.`}
        aria-describedby="byte"
        style={{ height: `${Math.min(windowHeight, scrollHeight(rows.value))}px` }}
        onKeyDown={onKeyDown}
        onPointerOver={onPointer}
        onPointerDown={onPointer}
        onScroll={({ currentTarget }) => {
          scrollTop.value = currentTarget.scrollTop;
        }}
      >
        <div class="height" style={{ height: `${scrollHeight(rows.value)}px` }}>
          <HexRows view={view} width={width.value} rows={rows.value} scrollTop={scrollTop} />
        </div>
      </div>
      <p id="byte" class="byte soft" aria-live="polite">
        <ByteText view={view} />
      </p>
    </div>
  );
}

function ByteText({ view }: { readonly view: ByteView }): JSX.Element {
  const now = cursor.value;
  return <>{now?.view === view.id ? describeByte(view, now.offset) : "No byte is chosen."}</>;
}
