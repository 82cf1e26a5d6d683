// SPDX-License-Identifier: Apache-2.0
// Where two launches part: the first page that is measured differently. From there on the digests
// differ, whatever follows.

import type { PageType } from "./page-info.ts";
import type { LaunchStep } from "./steps.ts";

const PAGE = 4096;

/** One measured page of a list of steps. */
export interface MeasuredPage {
  readonly what: string;
  readonly pageType: PageType;
  /** Guest physical address. */
  readonly gpa: number;
  /** Index of its step in the list. */
  readonly step: number;
}

/** The first page in which two lists of steps differ. */
export interface Divergence {
  /** Pages measured before it, the same in both. */
  readonly pagesBefore: number;
  /** The page in the first list; null when that list has ended. */
  readonly a: MeasuredPage | null;
  readonly b: MeasuredPage | null;
  /** What differs; `end` when one list goes on and the other does not. */
  readonly reason: "type" | "address" | "contents" | "end";
}

/**
 * The first page that is measured differently, or null when the lists give the same digest from the
 * same start. Nothing is hashed.
 */
export function firstDivergence(
  a: readonly LaunchStep[],
  b: readonly LaunchStep[],
): Divergence | null {
  const left = new Cursor(a);
  const right = new Cursor(b);
  let pagesBefore = 0;
  for (;;) {
    const pages = Math.min(left.pagesLeft, right.pagesLeft);
    if (pages === 0) {
      if (left.pagesLeft === right.pagesLeft) return null;
      return { pagesBefore, a: left.page(0), b: right.page(0), reason: "end" };
    }
    const reason = headDiffers(left.page(0)!, right.page(0)!);
    if (reason !== null) return { pagesBefore, a: left.page(0), b: right.page(0), reason };
    const same = equalPages(left.contents(pages), right.contents(pages), pages);
    if (same < pages) {
      const before = pagesBefore + same;
      return {
        pagesBefore: before,
        a: left.page(same),
        b: right.page(same),
        reason: "contents",
      };
    }
    left.skip(pages);
    right.skip(pages);
    pagesBefore += pages;
  }
}

/** Walks a list of steps run by run; a run has one type and consecutive addresses. */
class Cursor {
  readonly #steps: readonly LaunchStep[];
  #step = 0;
  #repeat = 0;
  #page = 0;

  constructor(steps: readonly LaunchStep[]) {
    this.#steps = steps;
    this.#settle();
  }

  /** Pages left in the current run; 0 at the end of the list. */
  get pagesLeft(): number {
    const step = this.#steps[this.#step];
    return step === undefined ? 0 : Math.floor(step.size / PAGE) - this.#page;
  }

  /** The page `ahead` of the current one in its run, or null at the end of the list. */
  page(ahead: number): MeasuredPage | null {
    const step = this.#steps[this.#step];
    if (step === undefined) return null;
    const gpa = step.gpa + (this.#page + ahead) * PAGE;
    return { what: step.what, pageType: step.pageType, gpa, step: this.#step };
  }

  /** Contents of the next pages of the run; null for types whose contents are not measured. */
  contents(pages: number): Uint8Array | null {
    const data = this.#steps[this.#step]?.data;
    return data?.subarray(this.#page * PAGE, (this.#page + pages) * PAGE) ?? null;
  }

  skip(pages: number): void {
    this.#page += pages;
    this.#settle();
  }

  // Goes on to the next run when the current one is used up; empty steps are passed over.
  #settle(): void {
    for (;;) {
      const step = this.#steps[this.#step];
      if (step === undefined || (this.#repeat < step.repeat && this.pagesLeft > 0)) return;
      this.#page = 0;
      this.#repeat++;
      if (this.#repeat >= step.repeat || step.size < PAGE) {
        this.#step++;
        this.#repeat = 0;
      }
    }
  }
}

function headDiffers(a: MeasuredPage, b: MeasuredPage): "type" | "address" | null {
  if (a.pageType !== b.pageType) return "type";
  return a.gpa === b.gpa ? null : "address";
}

/** How many of `pages` pages are equal before the first that is not. */
function equalPages(a: Uint8Array | null, b: Uint8Array | null, pages: number): number {
  if (a === null || b === null) return pages;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return Math.floor(i / PAGE);
}
