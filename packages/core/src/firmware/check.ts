// SPDX-License-Identifier: Apache-2.0
// Judging a firmware image: is everything there, and sane, that a launch of a given kind needs?
// Every check is reported. The rules are QEMU's (target/i386/sev.c) and gce-tcb-verifier's, whichever
// is stricter. What a finding rests on is added in report.ts, for people.

import { hexNumber } from "../bytes/index.ts";
import type { Finding, Outcome } from "../finding/index.ts";
import { judgeSections } from "./check-sections.ts";
import type { FooterTable } from "./footer.ts";
import { PAGE_SIZE } from "./image.ts";
import type { LaunchFirmware, FirmwareLayout } from "./image.ts";

/** The kernel-hashes table with its padding: 176 bytes (QEMU target/i386/sev.c). */
export const HASH_TABLE_SIZE = 176;

/** What a firmware is to be used for; decides which checks apply. */
export interface FirmwareUse {
  readonly mode: "sev" | "seves" | "snp";
  readonly vcpus?: number;
  /** Whether kernel, initrd and command line are measured with it. */
  readonly kernelHashes?: boolean;
}

/** The checks that matter for one use of a firmware, image or descriptor. */
export function judgeFirmware(
  layout: FirmwareLayout | LaunchFirmware,
  use: FirmwareUse,
): readonly Finding[] {
  const footer = "footer" in layout ? layout.footer : null;
  const findings = [
    ...(use.mode === "sev" && use.kernelHashes !== true ? [] : checkDuplicates(footer)),
    checkSize(layout),
    ...(use.mode === "snp" ? [checkMetadata(layout), ...judgeSections(layout)] : []),
    ...(use.mode === "sev" ? [] : [checkResetBlock(layout, use.vcpus ?? 1)]),
    ...(use.kernelHashes === true ? judgeKernelHashes(layout, use.mode) : []),
  ];
  return findings.map(withoutHintOnPass);
}

function checkDuplicates(table: FooterTable | null): readonly Finding[] {
  const entries = table?.entries ?? [];
  const duplicates = entries.filter(
    (entry, i) => entries.findIndex((other) => other.guid === entry.guid) !== i,
  );
  return duplicates.map((entry) => ({
    id: "firmware.footer.duplicate-guid",
    outcome: "fail",
    title: `GUID ${entry.guid} occurs more than once; tools disagree which one counts`,
    where: { artefact: "firmware", offset: entry.offset, size: entry.data.length },
    hint: "QEMU takes the one nearest to the footer, sev-snp-measure the farthest; rebuild the firmware",
  }));
}

function checkSize(layout: FirmwareLayout): Finding {
  const aligned = layout.size > 0 && layout.size % PAGE_SIZE === 0;
  return {
    id: "firmware.size.unaligned",
    outcome: aligned ? "pass" : "fail",
    title: aligned
      ? "The image is a whole number of 4 KiB pages"
      : "The image is not a whole number of 4 KiB pages, so it cannot be loaded",
    actual: `${layout.size} bytes`,
    hint: "is the file complete, and is it a firmware image?",
  };
}

function checkMetadata(layout: FirmwareLayout): Finding {
  const there = layout.sections !== null;
  return {
    id: "firmware.sev-metadata.missing",
    outcome: there ? "pass" : "fail",
    title: there
      ? "The image has SEV metadata"
      : "The image has no SEV metadata, so QEMU refuses to launch an SEV-SNP guest with it",
    hint: "use a firmware built with SEV-SNP support (OVMF.amdsev.fd, or OVMF.fd of edk2 202211 or newer)",
  };
}

function checkResetBlock(layout: FirmwareLayout, vcpus: number): Finding {
  const { resetEip } = layout;
  const present = resetEip !== null && resetEip !== 0;
  // QEMU does not start without the block; with an address of zero it starts, and no other
  // processor has anywhere to go.
  const outcome: Outcome = present ? "pass" : resetEip === null || vcpus > 1 ? "fail" : "warn";
  const missing = resetEip === null ? "firmware.reset-block.missing" : "firmware.reset-block.zero";
  return {
    id: present ? "firmware.reset-block.missing" : missing,
    outcome,
    title: present
      ? "The reset block names where application processors start"
      : "The image does not say where application processors start, so only one vCPU can be measured",
    actual: resetEip === null ? "no SEV-ES reset block" : hexNumber(resetEip),
    hint: "is this an OVMF built for SEV-ES or SEV-SNP?",
  };
}

/** Whether kernel, initrd and command line can be measured with this firmware. */
export function judgeKernelHashes(
  layout: FirmwareLayout,
  mode: FirmwareUse["mode"],
): readonly Finding[] {
  const area = layout.hashTable;
  const usable = area !== null && area.base !== 0 && area.size >= HASH_TABLE_SIZE;
  const actual =
    area === null ? "no entry" : `base ${hexNumber(area.base)}, size ${hexNumber(area.size)}`;
  const findings: Finding[] = [
    {
      id: "firmware.hash-table.unsupported",
      outcome: usable ? "pass" : "fail",
      title: usable
        ? "The image has room for the kernel-hashes table"
        : "The image has no room for the kernel-hashes table, so a kernel cannot be measured",
      actual,
      hint: "use OVMF.amdsev.fd, or do not pass a kernel if the guest boots from its disk",
    },
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
  if (sections.length === 0) {
    return {
      id: "firmware.kernel-hashes.section-missing",
      outcome: "fail",
      title: "The SEV metadata has no SNP_KERNEL_HASHES section, so a kernel cannot be measured",
      hint: "use an OVMF built with kernel hashes (OVMF.amdsev.fd of edk2 202305 or newer)",
    };
  }
  return {
    id: "firmware.kernel-hashes.section-mismatch",
    outcome: holding === undefined ? "fail" : "pass",
    title:
      holding === undefined
        ? "The kernel-hashes table does not lie in one SNP_KERNEL_HASHES page"
        : "The kernel-hashes table lies in its SNP_KERNEL_HASHES page",
    actual: `table at ${base === null ? "no address" : hexNumber(base)}, ${sections.length} section(s)`,
    hint: "the firmware image contradicts itself; rebuild it",
  };
}

/** The finding as it is told: one that passed needs no hint. */
export function withoutHintOnPass(finding: Finding): Finding {
  if (finding.outcome !== "pass") return finding;
  const { hint: _hint, ...rest } = finding;
  return rest;
}
