// SPDX-License-Identifier: Apache-2.0
// The findings about a firmware as people get them: each with what is wanted and which document says so.
// Measuring, which only wants to know whether anything is wrong, goes without.

import type { Finding, FindingId } from "../finding/index.ts";
import { judgeFirmware, judgeKernelHashes, withoutHintOnPass, HASH_TABLE_SIZE } from "./check.ts";
import type { FirmwareUse } from "./check.ts";
import { judgeSections } from "./check-sections.ts";
import type { LaunchFirmware, FirmwareLayout } from "./image.ts";
import { FOOTER_ENTRY, SEV_METADATA_SECTION, SEV_SECTION_TYPES } from "./layout.ts";

/** What the check behind a finding rests on. */
type Basis = Required<Pick<Finding, "source">> & Pick<Finding, "expected">;

const FOOTER = FOOTER_ENTRY.source;
const METADATA = SEV_METADATA_SECTION.source;

/** By id; ids of sections that are not here rest on the metadata's own definition. */
const BASES: Readonly<Partial<Record<FindingId, Basis>>> = {
  "firmware.footer.missing": { source: FOOTER },
  "firmware.footer.duplicate-guid": { source: FOOTER },
  "firmware.size.unaligned": {
    expected: "a multiple of 4096 bytes",
    source: "QEMU hw/i386/x86-common.c (pflash and -bios sizes)",
  },
  "firmware.reset-block.missing": {
    expected: "a reset address other than zero",
    source: FOOTER,
  },
  "firmware.reset-block.zero": { expected: "a reset address other than zero", source: FOOTER },
  "firmware.hash-table.unsupported": {
    expected: `a base other than zero and at least ${HASH_TABLE_SIZE} bytes`,
    source: "QEMU target/i386/sev.c, sev_add_kernel_loader_hashes()",
  },
  "firmware.kernel-hashes.section-mismatch": {
    expected: "one section of 0x1000 bytes that holds the whole table",
    source: "QEMU target/i386/sev.c, snp_populate_metadata_pages()",
  },
  "firmware.section.empty": { expected: "at least 0x1000 bytes", source: METADATA },
  "firmware.section.unaligned": {
    expected: "address and size multiples of 0x1000",
    source: METADATA,
  },
  "firmware.section.unknown-type": {
    expected: Object.keys(SEV_SECTION_TYPES).join(", "),
    source: METADATA,
  },
  "firmware.section.oversized": { expected: "0x1000", source: METADATA },
  "firmware.section.missing": { expected: "exactly one", source: METADATA },
  "firmware.section.duplicate": { expected: "exactly one", source: METADATA },
};

/** A finding about a firmware, completed with what it rests on. */
export function withBasis(finding: Finding): Finding {
  const basis = BASES[finding.id] ?? { source: METADATA };
  return { where: { artefact: "firmware" }, ...basis, ...withoutHintOnPass(finding) };
}

/**
 * All checks of a whole image, for showing it: footer, metadata and every kind of use.
 */
export function checkFirmware(image: LaunchFirmware): readonly Finding[] {
  return [
    withBasis(judgeFooter(image)),
    ...checkFirmwareFor(image, { mode: "snp", vcpus: 2 }),
    ...checkKernelHashes(image, "snp").map((finding) => ({
      ...finding,
      // Not having measured boot is a property, not a defect.
      outcome: finding.outcome === "fail" ? ("skipped" as const) : finding.outcome,
    })),
  ];
}

/** The checks that matter for one use of a firmware, image or descriptor. */
export function checkFirmwareFor(
  layout: FirmwareLayout | LaunchFirmware,
  use: FirmwareUse,
): readonly Finding[] {
  return judgeFirmware(layout, use).map(withBasis);
}

/** Whether kernel, initrd and command line can be measured with this firmware. */
export function checkKernelHashes(
  layout: FirmwareLayout,
  mode: FirmwareUse["mode"],
): readonly Finding[] {
  return judgeKernelHashes(layout, mode).map(withBasis);
}

/** Checks all sections; one finding for each defect, or one that says all is well. */
export function checkSections(layout: FirmwareLayout): readonly Finding[] {
  return judgeSections(layout).map(withBasis);
}

function judgeFooter(image: LaunchFirmware): Finding {
  const table = image.footer;
  return {
    id: "firmware.footer.missing",
    outcome: table === null ? "fail" : "pass",
    title:
      table === null
        ? "The image has no OVMF footer table"
        : `The footer table has ${table.entries.length} entries`,
    where: { artefact: "firmware", offset: table?.offset ?? Math.max(0, image.size - 50) },
    hint: "give the OVMF image that is launched (OVMF.amdsev.fd, OVMF.fd or OVMF_CODE.fd), not VARS or a disk",
  };
}
