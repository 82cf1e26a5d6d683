// SPDX-License-Identifier: Apache-2.0
// Judging a firmware image: is everything there, and sane, that a launch of a given kind needs?
// Every check is reported. The rules are QEMU's (target/i386/sev.c) and gce-tcb-verifier's, whichever
// is stricter.

import type { Finding, Outcome } from "../finding/index.ts";
import { checkSections } from "./check-sections.ts";
import type { FooterTable } from "./footer.ts";
import { PAGE_SIZE } from "./image.ts";
import type { FirmwareImage, FirmwareLayout } from "./image.ts";
import { FOOTER_ENTRY, SEV_METADATA_SECTION } from "./layout.ts";

/** The kernel-hashes table with its padding: 176 bytes (QEMU target/i386/sev.c). */
const HASH_TABLE_SIZE = 176;

/** What a firmware is to be used for; decides which checks apply. */
export interface FirmwareUse {
  readonly mode: "sev" | "seves" | "snp";
  readonly vcpus?: number;
  /** Whether kernel, initrd and command line are measured with it. */
  readonly kernelHashes?: boolean;
}

/**
 * All checks of a whole image, for showing it: footer, metadata and every kind of use.
 */
export function checkFirmware(image: FirmwareImage): readonly Finding[] {
  return [
    checkFooter(image),
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
  layout: FirmwareLayout | FirmwareImage,
  use: FirmwareUse,
): readonly Finding[] {
  const footer = "footer" in layout ? layout.footer : null;
  return [
    ...(use.mode === "sev" && use.kernelHashes !== true ? [] : checkDuplicates(footer)),
    checkSize(layout),
    ...(use.mode === "snp" ? [checkMetadata(layout), ...checkSections(layout)] : []),
    ...(use.mode === "sev" ? [] : [checkResetBlock(layout, use.vcpus ?? 1)]),
    ...(use.kernelHashes === true ? checkKernelHashes(layout, use.mode) : []),
  ];
}

function checkFooter(image: FirmwareImage): Finding {
  const table = image.footer;
  return withoutHintOnPass({
    id: "firmware.footer.missing",
    outcome: table === null ? "fail" : "pass",
    title:
      table === null
        ? "The image has no OVMF footer table"
        : `The footer table has ${table.entries.length} entries`,
    where: { artefact: "firmware", offset: table?.offset ?? Math.max(0, image.size - 50) },
    hint: "give the OVMF image that is launched (OVMF.amdsev.fd, OVMF.fd or OVMF_CODE.fd), not VARS or a disk",
    source: FOOTER_ENTRY.source,
  });
}

function checkDuplicates(table: FooterTable | null): readonly Finding[] {
  const entries = table?.entries ?? [];
  const duplicates = entries.filter(
    (entry, i) => entries.findIndex((other) => other.guid === entry.guid) !== i,
  );
  return duplicates.map((entry) => ({
    id: "firmware.footer.duplicate-guid",
    outcome: "fail",
    title: `GUID ${entry.name ?? entry.guid} occurs more than once; tools disagree which one counts`,
    where: { artefact: "firmware", offset: entry.offset, size: entry.data.length },
    hint: "QEMU takes the one nearest to the footer, sev-snp-measure the farthest; rebuild the firmware",
    source: FOOTER_ENTRY.source,
  }));
}

function checkSize(layout: FirmwareLayout): Finding {
  const aligned = layout.size > 0 && layout.size % PAGE_SIZE === 0;
  return withoutHintOnPass({
    id: "firmware.size.unaligned",
    outcome: aligned ? "pass" : "fail",
    title: aligned
      ? "The image is a whole number of 4 KiB pages"
      : "The image is not a whole number of 4 KiB pages, so it cannot be loaded",
    expected: "a multiple of 4096 bytes",
    actual: `${layout.size} bytes`,
    where: { artefact: "firmware" },
    hint: "is the file complete, and is it a firmware image?",
    source: "QEMU hw/i386/x86-common.c (pflash and -bios sizes)",
  });
}

function checkMetadata(layout: FirmwareLayout): Finding {
  const there = layout.sections !== null;
  return withoutHintOnPass({
    id: "firmware.sev-metadata.missing",
    outcome: there ? "pass" : "fail",
    title: there
      ? "The image has SEV metadata"
      : "The image has no SEV metadata, so QEMU refuses to launch an SEV-SNP guest with it",
    where: { artefact: "firmware" },
    hint: "use a firmware built with SEV-SNP support (OVMF.amdsev.fd, or OVMF.fd of edk2 202211 or newer)",
    source: SEV_METADATA_SECTION.source,
  });
}

function checkResetBlock(layout: FirmwareLayout, vcpus: number): Finding {
  const { resetEip } = layout;
  const present = resetEip !== null && resetEip !== 0;
  // QEMU does not start without the block; with an address of zero it starts, and no other
  // processor has anywhere to go.
  const outcome: Outcome = present ? "pass" : resetEip === null || vcpus > 1 ? "fail" : "warn";
  const missing = resetEip === null ? "firmware.reset-block.missing" : "firmware.reset-block.zero";
  return withoutHintOnPass({
    id: present ? "firmware.reset-block.missing" : missing,
    outcome,
    title: present
      ? "The reset block names where application processors start"
      : "The image does not say where application processors start, so only one vCPU can be measured",
    expected: "a reset address other than zero",
    actual: resetEip === null ? "no SEV-ES reset block" : `0x${resetEip.toString(16)}`,
    where: { artefact: "firmware" },
    hint: "is this an OVMF built for SEV-ES or SEV-SNP?",
    source: FOOTER_ENTRY.source,
  });
}

/** Whether kernel, initrd and command line can be measured with this firmware. */
export function checkKernelHashes(
  layout: FirmwareLayout,
  mode: FirmwareUse["mode"],
): readonly Finding[] {
  const area = layout.hashTable;
  const usable = area !== null && area.base !== 0 && area.size >= HASH_TABLE_SIZE;
  const actual =
    area === null
      ? "no entry"
      : `base 0x${area.base.toString(16)}, size 0x${area.size.toString(16)}`;
  const findings: Finding[] = [
    withoutHintOnPass({
      id: "firmware.hash-table.unsupported",
      outcome: usable ? "pass" : "fail",
      title: usable
        ? "The image has room for the kernel-hashes table"
        : "The image has no room for the kernel-hashes table, so kernel, initrd and command line cannot be measured",
      expected: `a base other than zero and at least ${HASH_TABLE_SIZE} bytes`,
      actual,
      where: { artefact: "firmware" },
      hint: "use OVMF.amdsev.fd, or do not pass a kernel if the guest boots from its disk",
      source: "QEMU target/i386/sev.c, sev_add_kernel_loader_hashes()",
    }),
  ];
  if (mode === "snp") findings.push(checkHashSection(layout, usable ? area.base : null));
  return findings;
}

function checkHashSection(layout: FirmwareLayout, base: number | null): Finding {
  const sections = (layout.sections ?? []).filter(({ type }) => type === 0x10);
  const holding = sections.find(
    ({ gpa, size }) =>
      size === PAGE_SIZE && base !== null && base >= gpa && base + HASH_TABLE_SIZE <= gpa + size,
  );
  const where = { artefact: "firmware" };
  if (sections.length === 0) {
    return {
      id: "firmware.kernel-hashes.section-missing",
      outcome: "fail",
      title: "The SEV metadata has no SNP_KERNEL_HASHES section, so a kernel cannot be measured",
      where,
      hint: "use an OVMF built with kernel hashes (OVMF.amdsev.fd of edk2 202305 or newer)",
      source: SEV_METADATA_SECTION.source,
    };
  }
  return withoutHintOnPass({
    id: "firmware.kernel-hashes.section-mismatch",
    outcome: holding === undefined ? "fail" : "pass",
    title:
      holding === undefined
        ? "The kernel-hashes table does not lie in one SNP_KERNEL_HASHES page"
        : "The kernel-hashes table lies in its SNP_KERNEL_HASHES page",
    expected: "one section of 0x1000 bytes that holds the whole table",
    actual: `table at ${base === null ? "no address" : `0x${base.toString(16)}`}, ${sections.length} section(s)`,
    where,
    hint: "the firmware image contradicts itself; rebuild it",
    source: "QEMU target/i386/sev.c, snp_populate_metadata_pages()",
  });
}

function withoutHintOnPass(finding: Finding): Finding {
  if (finding.outcome !== "pass") return finding;
  const { hint: _hint, ...rest } = finding;
  return rest;
}
