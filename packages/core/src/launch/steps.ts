// SPDX-License-Identifier: Apache-2.0
// An SEV-SNP launch as the list of what is measured, in order. Computing and explaining a digest
// walk the same list.

import { LaunchDigest } from "./page-info.ts";
import type { PageTrace, PageType } from "./page-info.ts";

/** A run of pages that are measured one after the other with one type. */
export interface LaunchStep {
  /** What it is, for people: `firmware`, `CPUID`, `VMSA of vCPU 0`. */
  readonly what: string;
  readonly pageType: PageType;
  /** Guest physical address of the first page. */
  readonly gpa: number;
  /** Bytes, whole pages. */
  readonly size: number;
  /** Contents for NORMAL and VMSA; absent for types whose contents are not measured. */
  readonly data?: Uint8Array;
  /** How many times the pages are measured at the same address (VMSAs of equal vCPUs). */
  readonly repeat: number;
}

/** A step with the launch digest around it. */
export interface ExplainedStep {
  readonly step: LaunchStep;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** A step whose contents are measured. */
export function contentStep(
  what: string,
  pageType: "NORMAL" | "VMSA",
  gpa: number,
  data: Uint8Array,
  repeat = 1,
): LaunchStep {
  return { what, pageType, gpa, size: data.length, data, repeat };
}

/** A step that is measured by address and type alone. */
export function rangeStep(
  what: string,
  pageType: Exclude<PageType, "NORMAL" | "VMSA">,
  gpa: number,
  size: number,
): LaunchStep {
  return { what, pageType, gpa, size, repeat: 1 };
}

/** Extends a digest by one step. */
export function extendBy(digest: LaunchDigest, step: LaunchStep): void {
  const { pageType, gpa, size, data, repeat } = step;
  for (let i = 0; i < repeat; i++) {
    if (pageType === "NORMAL" || pageType === "VMSA") {
      if (data === undefined) throw new Error(`step ${step.what} has no contents`);
      digest.extendPages(pageType, gpa, data);
    } else {
      digest.extendRange(pageType, gpa, size);
    }
  }
}

/** The digest of a list of steps, from zero or from a digest taken earlier. */
export function digestOf(steps: readonly LaunchStep[], seed?: Uint8Array): LaunchDigest {
  const digest = new LaunchDigest(seed);
  for (const step of steps) extendBy(digest, step);
  return digest;
}

/** The digest before and after each step; `trace`, when given, is told of every single page. */
export function explain(
  steps: readonly LaunchStep[],
  seed?: Uint8Array,
  trace?: (step: LaunchStep, update: Parameters<PageTrace>[0]) => void,
): readonly ExplainedStep[] {
  let current: LaunchStep | undefined;
  const digest = new LaunchDigest(
    seed,
    trace === undefined ? undefined : (update) => current && trace(current, update),
  );
  return steps.map((step) => {
    current = step;
    const before = digest.value();
    extendBy(digest, step);
    return { step, before, after: digest.value() };
  });
}
