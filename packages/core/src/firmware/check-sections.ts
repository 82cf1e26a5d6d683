// SPDX-License-Identifier: Apache-2.0
// Judging the SEV metadata sections: sizes, alignment, types, overlaps, completeness.

import { hexNumber } from "../bytes/index.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import { FOUR_GIB, PAGE_SIZE } from "./image.ts";
import type { FirmwareLayout } from "./image.ts";
import { SEV_SECTION_TYPES } from "./layout.ts";
import type { SevMetadataSection } from "./layout.ts";

const TYPE_NAMES = new Map<number, string>(
  Object.entries(SEV_SECTION_TYPES).map(([name, value]) => [value, name]),
);

/** Name of a section type, `type 0x..` for an unknown one. */
export function sectionTypeName(type: number): string {
  return TYPE_NAMES.get(type) ?? `type ${hexNumber(type)}`;
}

/** A section as people read it: `CPUID 0x80e000-0x80efff`. */
export function describeSection(section: SevMetadataSection): string {
  const { gpa, size, type } = section;
  const last = gpa + Math.max(1, size) - 1;
  return `${sectionTypeName(type)} ${hexNumber(gpa)}-${hexNumber(last)}`;
}

/** Sections every SEV-SNP guest needs exactly one of, of exactly one page. */
const SINGLE_PAGE = [SEV_SECTION_TYPES.SNP_SECRETS, SEV_SECTION_TYPES.CPUID] as const;

/** Judges all sections; one finding for each defect, or one that says all is well. */
export function judgeSections(layout: FirmwareLayout): readonly Finding[] {
  const sections = layout.sections;
  if (sections === null) return [];
  const defects = [
    ...sections.flatMap((section, index) => checkOne(section, index)),
    ...checkOverlaps(sections, FOUR_GIB - layout.size),
    ...checkCompleteness(sections),
  ];
  if (defects.length > 0) return defects;
  return [
    {
      id: "firmware.section.valid",
      outcome: "pass",
      title: `All ${sections.length} SEV metadata sections are well formed`,
    },
  ];
}

/** Last part of the ids of this file. */
type Defect = FindingId extends infer Id
  ? Id extends `firmware.section.${infer Name}`
    ? Name
    : never
  : never;

function defect(id: Defect, title: string, rest: Partial<Finding> = {}): Finding {
  return {
    id: `firmware.section.${id}`,
    outcome: "fail",
    title,
    ...rest,
  };
}

function checkOne(section: SevMetadataSection, index: number): readonly Finding[] {
  const name = `Section ${index} (${describeSection(section)})`;
  const { gpa, size, type } = section;
  const found: Finding[] = [];
  if (size === 0) {
    found.push(
      defect("empty", `${name} has size zero, which QEMU refuses to launch`, {
        actual: "0",
        hint: "this image is not meant for SEV-SNP (Intel TDX builds look so)",
      }),
    );
  }
  if (gpa % PAGE_SIZE !== 0 || size % PAGE_SIZE !== 0) {
    found.push(
      defect("unaligned", `${name} is not made of whole 4 KiB pages`, {
        actual: `address ${hexNumber(gpa)}, size ${hexNumber(size)}`,
      }),
    );
  }
  if (gpa + size > FOUR_GIB) {
    found.push(defect("out-of-range", `${name} reaches beyond 4 GiB`));
  }
  if (!TYPE_NAMES.has(type)) {
    found.push(
      defect("unknown-type", `${name} has a type that no edk2 release defines`, {
        actual: hexNumber(type),
        hint: "QEMU would measure it as zero pages; accept this finding by name to do the same",
      }),
    );
  }
  if (size > PAGE_SIZE && SINGLE_PAGE.some((single) => single === type)) {
    found.push(
      defect("oversized", `${name} is larger than the one page it may have`, {
        actual: hexNumber(size),
      }),
    );
  }
  return found;
}

function checkOverlaps(
  sections: readonly SevMetadataSection[],
  firmwareStart: number,
): readonly Finding[] {
  const sorted = sections.filter(({ size }) => size > 0).toSorted((a, b) => a.gpa - b.gpa);
  const found: Finding[] = [];
  let before: SevMetadataSection | undefined;
  for (const section of sorted) {
    if (before !== undefined && before.gpa + before.size > section.gpa) {
      const title = `${describeSection(before)} overlaps ${describeSection(section)}`;
      found.push(defect("overlap", title));
    }
    if (before === undefined || section.gpa + section.size > before.gpa + before.size) {
      before = section;
    }
  }
  if (before !== undefined && before.gpa + before.size > firmwareStart) {
    found.push(defect("overlap", `${describeSection(before)} overlaps the firmware itself`));
  }
  return found;
}

function checkCompleteness(sections: readonly SevMetadataSection[]): readonly Finding[] {
  return SINGLE_PAGE.flatMap((type) => {
    const count = sections.filter((section) => section.type === type).length;
    if (count === 1) return [];
    const id = count === 0 ? "missing" : "duplicate";
    return [
      defect(id, `The SEV metadata has ${count} ${sectionTypeName(type)} sections`, {
        actual: String(count),
      }),
    ];
  });
}
