// SPDX-License-Identifier: Apache-2.0
// Which rows of a long list are on the screen. Browsers cannot make an element as high as the rows of a
// large file, so beyond a limit the scroll bar is a scale: its ends are the ends of the list.

/** No browser has trouble with an element of this height, in pixels. */
const HIGHEST = 8_000_000;

/** A list of rows of one height in a window. */
export interface Rows {
  readonly count: number;
  /** Height of a row and of the window, in pixels. */
  readonly rowHeight: number;
  readonly windowHeight: number;
}

/** Height of the element that is scrolled. */
export function scrollHeight({ count, rowHeight, windowHeight }: Rows): number {
  return Math.max(windowHeight, Math.min(count * rowHeight, HIGHEST));
}

/** The first row on the screen. */
export function firstRow(rows: Rows, scrollTop: number): number {
  const last = lastFirstRow(rows);
  const range = scrollHeight(rows) - rows.windowHeight;
  if (range <= 0 || last <= 0) return 0;
  const isScale = rows.count * rows.rowHeight > HIGHEST;
  const row = isScale ? (scrollTop / range) * last : scrollTop / rows.rowHeight;
  return Math.max(0, Math.min(last, Math.floor(row)));
}

/** Where to scroll so that `row` is the first on the screen, or the nearest that can be. */
export function scrollTopOf(rows: Rows, row: number): number {
  const last = lastFirstRow(rows);
  const range = scrollHeight(rows) - rows.windowHeight;
  if (range <= 0 || last <= 0) return 0;
  const wanted = Math.max(0, Math.min(last, row));
  const isScale = rows.count * rows.rowHeight > HIGHEST;
  // Rounded up, so that firstRow() of it is the row again.
  return isScale ? Math.ceil((wanted / last) * range) : Math.min(range, wanted * rows.rowHeight);
}

/** How many rows fit, the one that is cut off at the end included. */
export function visibleRows({ rowHeight, windowHeight }: Rows): number {
  return Math.ceil(windowHeight / rowHeight) + 1;
}

function lastFirstRow({ count, rowHeight, windowHeight }: Rows): number {
  return count - Math.floor(windowHeight / rowHeight);
}
