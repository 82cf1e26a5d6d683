// SPDX-License-Identifier: Apache-2.0
// Comparing firmware images and firmware descriptors: what decides a launch, the pages, and which
// part of the SEV-SNP launch digest changes.

import { blockers } from "@greenlight/core/finding";
import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import {
  checkFirmwareFor,
  differingPages,
  footerEntryFields,
  footerGuidName,
  sectionTypeName,
} from "@greenlight/core/firmware";
import type { Area, FirmwareDescriptor, FirmwareImage, PageRange } from "@greenlight/core/firmware";
import {
  firstDivergence,
  snpOvmfHash,
  snpPrefix,
  snpVmsaSteps,
  vmsaProfile,
} from "@greenlight/core/launch";
import type { Divergence, LaunchStep } from "@greenlight/core/launch";
import type { ArtefactOf } from "../inspect/view.ts";
import { hex, range, sizeText } from "../inspect/view.ts";
import { pairs, table } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { rowsBlock } from "./comparison.ts";
import type { Comparison, ComparisonOptions, Row } from "./comparison.ts";

type Firmware = FirmwareImage | FirmwareDescriptor;
type FirmwareArtefact = ArtefactOf<"firmware" | "svsm"> | ArtefactOf<"firmware-descriptor">;

/** Ranges of pages that are listed unless all are asked for. */
const MOST_RANGES = 16;

/** Compares two firmware images, two descriptors, or one of each. */
export function compareFirmware(
  a: FirmwareArtefact,
  b: FirmwareArtefact,
  options: ComparisonOptions,
): Comparison {
  const left = propertiesOf(a);
  const right = propertiesOf(b);
  // What one side does not record cannot differ.
  const names = [...new Set([...left.keys(), ...right.keys()])].filter(
    (name) => !isUnrecorded(a, name) && !isUnrecorded(b, name),
  );
  const rows = names.map((name): Row => {
    const values = { a: left.get(name) ?? "none", b: right.get(name) ?? "none" };
    return { name, ...values };
  });
  const changed = rows.filter((row) => row.a !== row.b);
  const shown = options.verbose ? rows : changed;
  const pages = "image" in a && "image" in b ? comparePages(a.image, b.image) : null;
  const launch = a.kind === "svsm" ? null : compareLaunch(firmwareOf(a), firmwareOf(b));
  const equal = changed.length === 0;
  return {
    equal,
    extent:
      pages === null
        ? countOf(changed.length, "property", "properties")
        : countOf(pages.differing, "page", "pages"),
    summaries: [summaryOf(a), summaryOf(b)],
    blocks: [
      ...propertyBlocks(shown, options),
      ...(pages === null || pages.differing === 0 ? [] : [pagesBlock(pages, options.verbose)]),
      ...(launch === null || equal ? [] : [launchBlock(launch)]),
    ],
    json: {
      properties: shown.map((row) => ({ ...row, equal: row.a === row.b })),
      ...(pages === null ? {} : { pages }),
      ...(launch === null ? {} : { launch }),
    },
  };
}

/** Sections have a table of their own, with room for what they are. */
function propertyBlocks(rows: readonly Row[], options: ComparisonOptions): readonly string[] {
  const number = ({ name }: Row): string | undefined => /^section ([0-9]+)$/.exec(name)?.[1];
  const others = rows.filter((row) => number(row) === undefined);
  const sections = rows.flatMap((row) => {
    const name = number(row);
    return name === undefined ? [] : [{ ...row, name }];
  });
  return [
    ...(others.length === 0 ? [] : [rowsBlock(others, "property", options)]),
    ...(sections.length === 0 ? [] : [rowsBlock(sections, "section", options)]),
  ];
}

function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function firmwareOf(artefact: FirmwareArtefact): Firmware {
  return "image" in artefact ? artefact.image : artefact.descriptor;
}

function summaryOf(artefact: FirmwareArtefact): string {
  if ("image" in artefact) return sizeText(artefact.image.size);
  return `descriptor written by ${artefact.writer}`;
}

/** parse-metadata's descriptors hold neither file nor areas; no descriptor holds the footer. */
function isUnrecorded(artefact: FirmwareArtefact, name: string): boolean {
  if ("image" in artefact) return false;
  if (name.startsWith("footer ")) return true;
  const absent = ["size", "hash table", "launch secret"];
  if (name === "SHA-256") return artefact.descriptor.sha256 === null;
  return artefact.writer === "sev-snp-measure-go" && absent.includes(name);
}

/** Everything that decides a launch, by the name it is shown under. */
function propertiesOf(artefact: FirmwareArtefact): ReadonlyMap<string, string> {
  const firmware = firmwareOf(artefact);
  const { size, resetEip, hashTable, secret } = firmware;
  const properties = new Map([
    ["size", String(size)],
    ["SHA-256", sha256Of(firmware) ?? "not recorded"],
    ["OVMF hash", ovmfHashOf(firmware)],
    ["reset EIP", resetEip === null ? "none" : hex(resetEip)],
    ["hash table", areaText(hashTable)],
    ["launch secret", areaText(secret)],
    ["sections", firmware.sections === null ? "no metadata" : String(firmware.sections.length)],
  ]);
  for (const [i, section] of (firmware.sections ?? []).entries()) {
    const { gpa, size: length, type } = section;
    properties.set(`section ${i}`, `${sectionTypeName(type)} ${hex(gpa)} ${hex(length)}`);
  }
  if ("image" in artefact) addFooter(artefact.image, properties);
  return properties;
}

function addFooter(image: FirmwareImage, properties: Map<string, string>): void {
  for (const entry of image.footer?.entries ?? []) {
    const name = `footer ${footerGuidName(entry.guid) ?? entry.guid}`;
    const fields = footerEntryFields(entry, image.bytes).map(({ path, text }) => `${path} ${text}`);
    const text = fields.length > 0 ? fields.join(", ") : hexEncode(entry.data);
    // Of entries with one GUID the nearest to the footer counts; the others are numbered.
    let key = name;
    for (let n = 2; properties.has(key); n++) key = `${name} (${n})`;
    properties.set(key, text);
  }
}

function sha256Of(firmware: Firmware): string | null {
  return "bytes" in firmware ? hexEncode(sha256(firmware.bytes)) : firmware.sha256;
}

function ovmfHashOf(firmware: Firmware): string {
  if ("ovmfHash" in firmware) return firmware.ovmfHash;
  const isWhole = firmware.size > 0 && firmware.size % 4096 === 0;
  return isWhole ? hexEncode(snpOvmfHash(firmware)) : "none (not whole pages)";
}

function areaText(area: Area | null): string {
  if (area === null) return "none";
  return area.base === 0 || area.size === 0 ? "not supported" : range(area.base, area.size);
}

interface Pages {
  /** Pages of the larger image. */
  readonly total: number;
  readonly differing: number;
  readonly ranges: readonly PageRange[];
}

function comparePages(a: FirmwareImage, b: FirmwareImage): Pages {
  const ranges = differingPages(a.bytes, b.bytes);
  return {
    total: Math.ceil(Math.max(a.size, b.size) / 4096),
    differing: ranges.reduce((sum, { pages }) => sum + pages, 0),
    ranges,
  };
}

function pagesBlock({ total, differing, ranges }: Pages, verbose: boolean): string {
  const shown = verbose ? ranges : ranges.slice(0, MOST_RANGES);
  const offset = (value: number | null): string => (value === null ? "not there" : hex(value));
  const rows = shown.map(({ gpa, pages, offsetA, offsetB }) => [
    range(gpa, pages * 4096),
    String(pages),
    offset(offsetA),
    offset(offsetB),
  ]);
  const columns = [
    { title: "guest physical" },
    { title: "pages", align: "right" },
    { title: "file offset A" },
    { title: "file offset B" },
  ] as const;
  const count = ranges.length === 1 ? "one range" : `${ranges.length} ranges`;
  const more = ranges.length - shown.length;
  const rest = more === 0 ? "" : `\n  and ${more} ranges more; -v lists all`;
  return `Pages: ${differing} of ${total} differ, in ${count}\n${table(columns, rows)}${rest}`;
}

/** What becomes of the SEV-SNP launch digest; null where a part is measured the same. */
interface LaunchComparison {
  /** Why a side cannot be launched as SEV-SNP at all. */
  readonly unsuitable: { readonly a: string | null; readonly b: string | null };
  /** `pages` when the images are compared page by page, else only whether the OVMF hash differs. */
  readonly firmware: Divergence | "differs" | null;
  readonly sections: Divergence | null;
  readonly vmsa: Divergence | null;
}

function compareLaunch(a: Firmware, b: Firmware): LaunchComparison {
  const profile = vmsaProfile("qemu");
  const seed = new Uint8Array(48);
  const sections = (firmware: Firmware): readonly LaunchStep[] =>
    snpPrefix({ firmware, ovmfHash: seed }, profile).steps;
  // Of the parameters of a vCPU only the reset EIP comes from the firmware.
  const vmsa = (firmware: Firmware): readonly LaunchStep[] =>
    snpVmsaSteps({ firmware, profile, signature: 0, sevFeatures: 1n, vcpus: 2 });
  return {
    unsuitable: { a: unsuitable(a), b: unsuitable(b) },
    firmware: compareOvmf(a, b),
    sections: firstDivergence(sections(a), sections(b)),
    vmsa: firstDivergence(vmsa(a), vmsa(b)),
  };
}

function compareOvmf(a: Firmware, b: Firmware): LaunchComparison["firmware"] {
  if ("bytes" in a && "bytes" in b) {
    const pages = (firmware: FirmwareImage): readonly LaunchStep[] =>
      snpPrefix({ firmware }, vmsaProfile("qemu")).steps.slice(0, 1);
    return firstDivergence(pages(a), pages(b));
  }
  return ovmfHashOf(a) === ovmfHashOf(b) ? null : "differs";
}

function unsuitable(firmware: Firmware): string | null {
  return blockers(checkFirmwareFor(firmware, { mode: "snp", vcpus: 2 }))[0]?.id ?? null;
}

function launchBlock({ unsuitable: not, firmware, sections, vmsa }: LaunchComparison): string {
  const rows: readonly Pair[] = [
    ["firmware pages", firmware === "differs" ? "differ (OVMF hash)" : divergenceText(firmware)],
    ["sections", divergenceText(sections)],
    ["VMSA pages", vmsa === null ? "the same" : "differ: the reset EIP is another"],
    ...(not.a === null ? [] : [["A", `cannot be launched as SEV-SNP: ${not.a}`] as const]),
    ...(not.b === null ? [] : [["B", `cannot be launched as SEV-SNP: ${not.b}`] as const]),
  ];
  const same = firmware === null && sections === null && vmsa === null;
  const title = `SEV-SNP launch digest: ${same ? "the same" : "changes"}`;
  return `${title}\n${pairs(rows)}`;
}

function divergenceText(divergence: Divergence | null): string {
  if (divergence === null) return "measured the same";
  const { pagesBefore, a, b, reason } = divergence;
  const place = `from page ${pagesBefore + 1} on`;
  const page = (side: Divergence["a"]): string =>
    side === null ? "nothing" : `${side.what} at ${hex(side.gpa)} as ${side.pageType}`;
  if (reason === "contents") return `differ ${place}: contents at ${hex(a!.gpa)}`;
  return `differ ${place}: A has ${page(a)}, B ${page(b)}`;
}
