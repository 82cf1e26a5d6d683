// SPDX-License-Identifier: Apache-2.0
// The one cursor that the field table and the hexdump share.

import { signal } from "@preact/signals";

/** A byte of a view, and what put the cursor there: the other side then scrolls to it. */
export interface Cursor {
  readonly view: string;
  readonly offset: number;
  readonly from: "bytes" | "fields" | "finding" | "start";
}

/** Where the cursor is; undefined before there is anything to point at. */
export const cursor = signal<Cursor | undefined>(undefined);
/** The view whose tab is open, by id. */
export const openView = signal<string | undefined>(undefined);

/** Moves the cursor. */
export function pointAt(next: Cursor): void {
  const now = cursor.peek();
  if (now?.view === next.view && now.offset === next.offset && next.from !== "finding") return;
  cursor.value = next;
}
