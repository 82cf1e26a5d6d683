// SPDX-License-Identifier: Apache-2.0
// The view of a firmware image (OVMF, or an SVSM binary, which has the same footer).

import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import {
  FOUR_GIB,
  IGVM_SECTION_TYPES,
  checkFirmware,
  firmwareDescriptorToJson,
  footerEntryFields,
  footerGuidName,
} from "@greenlight/core/firmware";
import type { FirmwareDescriptor, FirmwareImage, FooterEntry } from "@greenlight/core/firmware";
import { auditKernelBlobs } from "@greenlight/core/firmware-volume";
import { snpOvmfHash } from "@greenlight/core/launch";
import { pairs, table } from "../../output/table.ts";
import { dumpOf } from "./firmware-dump.ts";
import {
  sectionRows,
  sectionsBlock,
  splitEip,
  supportBlock,
  supportOf,
} from "./firmware-layout.ts";
import { hex, range, sizeText } from "./view.ts";
import type { View } from "./view.ts";

/** The view of an OVMF image. */
export function firmwareView(image: FirmwareImage): View {
  const digest = hexEncode(sha256(image.bytes));
  const descriptor = describe(image, digest);
  const { resetEip } = image;
  return {
    summary: sizeText(image.size),
    blocks: [
      pairs([
        ["SHA-256", digest],
        ["OVMF hash", descriptor?.ovmfHash ?? "none: the size is not a whole number of pages"],
        ["loaded at", range(FOUR_GIB - image.size, image.size)],
      ]),
      supportBlock(image),
      footerBlock(image),
      sectionsBlock(image, at(image.sevMetadata?.offset)),
      ...igvmBlock(image),
    ],
    findings: [...checkFirmware(image), ...auditKernelBlobs(image)],
    json: {
      sha256: digest,
      ovmfHash: descriptor?.ovmfHash ?? null,
      support: supportOf(image),
      resetEip: resetEip === null ? null : { address: resetEip, ...splitEip(resetEip) },
      hashTable: image.hashTable,
      secret: image.secret,
      ...structuresToJson(image),
      igvmMetadata: image.igvmMetadata,
      descriptor: descriptor === null ? null : firmwareDescriptorToJson(descriptor),
    },
    dump: dumpOf(image),
  };
}

/** The view of an SVSM binary. It is loaded below OVMF and the variable store, not at 4 GiB. */
export function svsmView(image: FirmwareImage): View {
  const digest = hexEncode(sha256(image.bytes));
  const entry = image.svsmLaunchOffset;
  return {
    summary: sizeText(image.size),
    blocks: [
      pairs([
        ["SHA-256", digest],
        ["entry point", entry === null ? "none" : `${hex(entry)} from its start`],
      ]),
      footerBlock(image),
      sectionsBlock(image, at(image.sevMetadata?.offset)),
    ],
    // Kernel hashes and the reset block are the OVMF's business.
    findings: checkFirmware(image).filter(
      ({ id }) => !/^firmware\.(reset-block|hash-table|kernel-hashes)\./.test(id),
    ),
    json: { sha256: digest, svsmLaunchOffset: entry, ...structuresToJson(image) },
    dump: dumpOf(image),
  };
}

function structuresToJson(image: FirmwareImage): object {
  const { footer, sevMetadata } = image;
  return {
    footer: footer === null ? null : { ...footer, entries: entriesToJson(image) },
    sevMetadata:
      sevMetadata === null ? null : { offset: sevMetadata.offset, sections: sectionRows(image) },
  };
}

/** The descriptor of an image, or null when its size is not a whole number of pages. */
export function describe(image: FirmwareImage, digest: string): FirmwareDescriptor | null {
  if (image.size === 0 || image.size % 4096 !== 0) return null;
  const { size, sections, resetEip, hashTable, secret } = image;
  const ovmfHash = hexEncode(snpOvmfHash(image));
  return { sha256: digest, size, ovmfHash, sections, resetEip, hashTable, secret };
}

/** An entry's data in words: `base 0x810c00, size 0x400`. */
export function entryText(entry: FooterEntry, image: FirmwareImage): string {
  const fields = footerEntryFields(entry, image.bytes);
  if (fields.length === 0) {
    const digits = hexEncode(entry.data);
    return digits === ""
      ? "no data"
      : `data ${digits.length > 32 ? `${digits.slice(0, 32)}..` : digits}`;
  }
  if (fields[0]!.path === "fromEnd") {
    const offset = image.size - Number(fields[0]!.text);
    return offset < 0 ? `${fields[0]!.text} before the end` : `at file offset ${hex(offset)}`;
  }
  return fields.map(({ path, text }) => `${path} ${text}`).join(", ");
}

function footerBlock(image: FirmwareImage): string {
  const { footer } = image;
  if (footer === null) return "Footer table: none";
  const kind = footer.lone ? "one entry without a table, as in 2021" : `${footer.length} bytes`;
  const rows = footer.entries.flatMap((entry) => [
    [hex(entry.offset), footerGuidName(entry.guid) ?? "(unknown)", entryText(entry, image)],
    ["", entry.guid, ""],
  ]);
  // GUIDs are longer than names; beside them stands nothing, so the column need not be as wide.
  const names = rows.map(([offset, name, value]) =>
    value === "" ? [offset!, "", name!] : [offset!, name!, value!],
  );
  const columns = [{ title: "offset" }, { title: "entry" }, { title: "value, GUID" }] as const;
  return `Footer table${at(footer.offset)}: ${kind}\n${table(columns, names)}`;
}

function igvmBlock(image: FirmwareImage): readonly string[] {
  const { igvmMetadata } = image;
  if (igvmMetadata === null) return [];
  const names = new Map<number, string>(
    Object.entries(IGVM_SECTION_TYPES).map(([name, type]) => [type, name]),
  );
  const rows = igvmMetadata.sections.map(({ base, size, type }, i) => [
    String(i),
    hex(base),
    hex(size),
    names.get(type) ?? `type ${hex(type)}`,
  ]);
  const columns = [
    { title: "#", align: "right" },
    { title: "base or offset" },
    { title: "size" },
    { title: "type" },
  ] as const;
  const title = `IGVM metadata${at(igvmMetadata.offset)}: not measured, tells how to wrap the image`;
  return [rows.length === 0 ? title : `${title}\n${table(columns, rows)}`];
}

function entriesToJson(image: FirmwareImage): readonly object[] {
  return image.footer!.entries.map((entry) => ({
    guid: entry.guid,
    name: footerGuidName(entry.guid) ?? null,
    offset: entry.offset,
    data: entry.data,
    fields: Object.fromEntries(
      footerEntryFields(entry, image.bytes).map(({ path, text }) => [path, Number(text)]),
    ),
  }));
}

function at(offset: number | undefined): string {
  return offset === undefined ? "" : ` at file offset ${hex(offset)}`;
}
