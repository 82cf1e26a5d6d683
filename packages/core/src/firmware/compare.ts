// SPDX-License-Identifier: Apache-2.0
// Which pages of two firmware images differ. Images end at 4 GiB, so pages are matched by their
// guest physical address, from the end; a longer image has pages the other does not.

import { FOUR_GIB, PAGE_SIZE } from "./image.ts";

/** A run of consecutive pages that differ, or that only one image has. */
export interface PageRange {
  /** Guest physical address of the first page. */
  readonly gpa: number;
  readonly pages: number;
  /** File offset of the first page; null when the image does not have these pages. */
  readonly offsetA: number | null;
  readonly offsetB: number | null;
}

/**
 * Ranges of 4 KiB pages in which the images differ, ascending. The first page of an image whose size
 * is not a multiple of 4096 is shorter; its offset is 0.
 */
export function differingPages(a: Uint8Array, b: Uint8Array): readonly PageRange[] {
  const ranges: PageRange[] = [];
  const pages = Math.ceil(Math.max(a.length, b.length) / PAGE_SIZE);
  for (let fromEnd = pages; fromEnd > 0; fromEnd--) {
    const left = pageOf(a, fromEnd);
    const right = pageOf(b, fromEnd);
    if (left !== null && right !== null && equal(left.bytes, right.bytes)) continue;
    const gpa = FOUR_GIB - fromEnd * PAGE_SIZE;
    const page = { offsetA: left?.offset ?? null, offsetB: right?.offset ?? null };
    const last = ranges.at(-1);
    const continues =
      last !== undefined &&
      last.gpa + last.pages * PAGE_SIZE === gpa &&
      (last.offsetA === null) === (page.offsetA === null) &&
      (last.offsetB === null) === (page.offsetB === null);
    if (continues) ranges[ranges.length - 1] = { ...last, pages: last.pages + 1 };
    else ranges.push({ gpa, pages: 1, ...page });
  }
  return ranges;
}

function pageOf(
  image: Uint8Array,
  fromEnd: number,
): { readonly offset: number; readonly bytes: Uint8Array } | null {
  const end = image.length - (fromEnd - 1) * PAGE_SIZE;
  if (end <= 0) return null;
  const offset = Math.max(0, end - PAGE_SIZE);
  return { offset, bytes: image.subarray(offset, end) };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
