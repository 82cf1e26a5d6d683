// SPDX-License-Identifier: Apache-2.0
// Where a key moves the cursor of a hexdump.

/** The part of a keyboard event that is looked at. */
export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/**
 * The offset a key moves to, inside the bytes; undefined for a key that moves nothing.
 * @param width Bytes of a row.
 * @param page Rows of a page.
 * @param size Bytes there are.
 */
export function movedOffset(
  { key, ctrlKey, altKey, metaKey }: Key,
  offset: number,
  width: number,
  page: number,
  size: number,
): number | undefined {
  if (altKey || metaKey || size === 0) return undefined;
  const rowStart = offset - (offset % width);
  const moved: Readonly<Record<string, number>> = {
    ArrowLeft: offset - 1,
    ArrowRight: offset + 1,
    ArrowUp: offset - width,
    ArrowDown: offset + width,
    PageUp: offset - page * width,
    PageDown: offset + page * width,
    Home: ctrlKey ? 0 : rowStart,
    End: ctrlKey ? size - 1 : rowStart + width - 1,
  };
  const next = Object.hasOwn(moved, key) ? moved[key] : undefined;
  return next === undefined ? undefined : Math.max(0, Math.min(size - 1, next));
}
