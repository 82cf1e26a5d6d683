// SPDX-License-Identifier: Apache-2.0
// What firmware images and firmware descriptors have in common: what they can launch, where their
// areas are, and their SEV metadata sections.

import { blockers } from "@greenlight/core/finding";
import { checkFirmwareFor, sectionTypeName } from "@greenlight/core/firmware";
import type { Area, FirmwareDescriptor, FirmwareImage } from "@greenlight/core/firmware";
import { snpPrefix, vmsaProfile } from "@greenlight/core/launch";
import { pairs, table } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { hex, range } from "./view.ts";

const NOT_RECORDED = "not recorded in this file";

type Firmware = FirmwareImage | FirmwareDescriptor;

/** What a firmware can be launched as. */
export interface Support {
  readonly sev: boolean;
  readonly sevEs: boolean;
  readonly sevSnp: boolean;
  /** Measured direct boot under SEV and SEV-ES, and under SEV-SNP. */
  readonly kernelHashes: { readonly sev: boolean; readonly sevSnp: boolean };
}

/** What a firmware can be launched as, with several vCPUs. */
export function supportOf(firmware: Firmware): Support {
  const suits = (mode: "sev" | "seves" | "snp", kernelHashes: boolean): boolean =>
    blockers(checkFirmwareFor(firmware, { mode, vcpus: 2, kernelHashes })).length === 0;
  return {
    sev: suits("sev", false),
    sevEs: suits("seves", false),
    sevSnp: suits("snp", false),
    kernelHashes: { sev: suits("sev", true), sevSnp: suits("snp", true) },
  };
}

/**
 * Support, entry point and areas, a line each.
 * @param areasKnown False for descriptors that do not record them.
 */
export function supportBlock(firmware: Firmware, areasKnown = true): string {
  const { sev, sevEs, sevSnp, kernelHashes } = supportOf(firmware);
  const first = (mode: "seves" | "snp"): string => {
    const finding = blockers(checkFirmwareFor(firmware, { mode, vcpus: 2 }))[0];
    return finding === undefined ? "yes" : `no: ${finding.id}`;
  };
  const modes = [
    ...(kernelHashes.sev ? ["SEV", "SEV-ES"] : []),
    ...(kernelHashes.sevSnp ? ["SEV-SNP"] : []),
  ];
  const rows: readonly Pair[] = [
    ["SEV", sev ? "yes" : "no"],
    ["SEV-ES", sevEs ? "yes" : first("seves")],
    ["SEV-SNP", sevSnp ? "yes" : first("snp")],
    ["kernel hashes", areasKnown ? hashesText(modes, firmware) : NOT_RECORDED],
    ["hash table", areasKnown ? areaText(firmware.hashTable) : NOT_RECORDED],
    ["launch secret", areasKnown ? areaText(firmware.secret) : NOT_RECORDED],
    ["reset EIP", resetText(firmware.resetEip)],
  ];
  return `Launches as\n${pairs(rows)}`;
}

/** Where application processors start, split as the VMSA holds it. */
export function splitEip(eip: number): { readonly csBase: number; readonly rip: number } {
  return { csBase: (eip & 0xffff_0000) >>> 0, rip: eip & 0xffff };
}

/** A metadata section and how QEMU measures it. */
export interface SectionRow {
  readonly gpa: number;
  readonly size: number;
  readonly type: number;
  readonly name: string;
  /** Page type without kernel hashes. */
  readonly pageType: string;
  /** Page type with kernel hashes, where that differs. */
  readonly pageTypeWithHashes?: "NORMAL";
}

/** The SEV metadata sections in file order, which is the order QEMU measures them in. */
export function sectionRows(firmware: Firmware): readonly SectionRow[] {
  // With a digest to start from, the plan begins at the sections.
  const seed = new Uint8Array(48);
  const { steps } = snpPrefix({ firmware, ovmfHash: seed }, vmsaProfile("qemu"));
  return (firmware.sections ?? []).map(({ gpa, size, type }, i) => ({
    gpa,
    size,
    type,
    name: sectionTypeName(type),
    pageType: steps[i]!.pageType,
    ...(type === 0x10 ? { pageTypeWithHashes: "NORMAL" as const } : {}),
  }));
}

/** The table of SEV metadata sections, or a line that says there is none. */
export function sectionsBlock(firmware: Firmware, place: string): string {
  const rows = sectionRows(firmware);
  if (firmware.sections === null) return "SEV metadata: none";
  const title = `SEV metadata${place}: ${rows.length} sections, in the order they are measured`;
  const cells = rows.map(({ gpa, size, name, pageType, pageTypeWithHashes }, i) => [
    String(i),
    size === 0 ? `${hex(gpa)}, empty` : range(gpa, size),
    String(size / 4096),
    name,
    pageTypeWithHashes === undefined ? pageType : `${pageType}, with hashes ${pageTypeWithHashes}`,
  ]);
  const columns = [
    { title: "#", align: "right" },
    { title: "guest physical" },
    { title: "pages", align: "right" },
    { title: "type" },
    { title: "QEMU measures it as" },
  ] as const;
  return rows.length === 0 ? title : `${title}\n${table(columns, cells)}`;
}

function areaText(area: Area | null): string {
  if (area === null) return "no entry";
  if (area.base === 0 || area.size === 0) return "not supported (base or size is zero)";
  return `${range(area.base, area.size)} (${hex(area.size)} bytes)`;
}

function hashesText(modes: readonly string[], { hashTable }: Firmware): string {
  if (modes.length > 0) return modes.join(", ");
  return hashTable === null || hashTable.base === 0 ? "no: there is no area for the table" : "no";
}

function resetText(eip: number | null): string {
  if (eip === null) return "none (no SEV-ES reset block)";
  const { csBase, rip } = splitEip(eip);
  return `${hex(eip)} (CS.base ${hex(csBase)}, RIP ${hex(rip)}), where APs start`;
}
