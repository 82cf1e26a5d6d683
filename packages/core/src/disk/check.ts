// SPDX-License-Identifier: Apache-2.0
// Judging a disk image as a whole: its form, its partitions, its encryption, and what is in clear.

import type { Finding } from "../finding/index.ts";
import { found, judged } from "./finding.ts";
import { inspectPartition, layoutOf } from "./partitions.ts";
import type { EncryptedPartition } from "./partitions.ts";
import { checkQcow2 } from "./qcow2/check.ts";
import { QCOW2_HEADER_SIZE, isQcow2, readQcow2Header } from "./qcow2/header.ts";
import { isReadable, openQcow2 } from "./qcow2/image.ts";
import type { Decompress, Qcow2Disk } from "./qcow2/image.ts";
import { rawDisk } from "./source.ts";
import type { ByteSource, Disk } from "./source.ts";
import { CLEAR_BY_DESIGN, surveyDisk, surveyLeftovers } from "./survey.ts";
import type { ClearArea, Region, Survey, SurveyProgress } from "./survey.ts";

/** What is expected of an image, and how its packed clusters are unpacked. */
export interface CheckDiskOptions {
  readonly decompress: Decompress;
  /** SHA-256 of the LUKS2 header, as {@link EncryptedPartition} has it. */
  readonly headerDigest?: string;
  readonly progress?: SurveyProgress;
}

/** What a check came to. */
export interface CheckedDisk {
  readonly findings: readonly Finding[];
  readonly format: "raw" | "qcow2";
  /** Bytes of the disk. */
  readonly size: number;
  /** Undefined when there is none, more than one, or one that is not sound. */
  readonly encrypted: EncryptedPartition | undefined;
  /** Undefined when the disk could not be read. */
  readonly survey: Survey | undefined;
  /** The disk itself, for what is to be read next; undefined when it could not be read. */
  readonly disk: Disk | undefined;
}

/**
 * Checks an image file.
 * @throws {LayoutError} for a qcow2 file whose header or tables are not sound.
 */
export async function checkDisk(file: ByteSource, options: CheckDiskOptions): Promise<CheckedDisk> {
  const beginning = await file.read(0, Math.min(QCOW2_HEADER_SIZE, file.size));
  if (!isQcow2(beginning)) return checkOpened(rawDisk(file), [], file, options);
  const header = readQcow2Header(beginning);
  const findings = checkQcow2(header);
  if (!isReadable(header)) {
    const size = Number(header.size);
    return {
      findings,
      format: "qcow2",
      size,
      encrypted: undefined,
      survey: undefined,
      disk: undefined,
    };
  }
  return checkOpened(await openQcow2(file, options.decompress), findings, file, options);
}

async function checkOpened(
  disk: Disk | Qcow2Disk,
  before: readonly Finding[],
  file: ByteSource,
  options: CheckDiskOptions,
): Promise<CheckedDisk> {
  const layout = await layoutOf(disk);
  const partitions = await Promise.all(
    layout.partitions.map((each) => inspectPartition(disk, each)),
  );
  const sound = partitions.flatMap(({ encrypted }) => encrypted ?? []);
  const [encrypted] = sound.length === 1 ? sound : [];
  const regions = fill(
    [...layout.regions, ...partitions.flatMap(({ regions: some }) => some)],
    disk.size,
  );
  const survey = await surveyDisk(disk, regions, options.progress);
  const leftovers =
    "leftovers" in disk
      ? await surveyLeftovers(file, [...(await disk.leftovers()), ...disk.slack()])
      : undefined;
  const findings = [
    ...before,
    ...(leftovers === undefined ? [] : [leftoverFinding(leftovers)]),
    ...layout.findings,
    ...partitions.flatMap(({ findings: some }) => some),
    judged("disk.partition.no-root", sound.length === 1, {
      expected: "1",
      actual: String(sound.length),
    }),
    ...headerFinding(encrypted, options.headerDigest),
    ...surveyFindings(survey, sound.length > 0),
  ];
  return { findings, format: disk.format, size: disk.size, encrypted, survey, disk };
}

/** The regions in order, with what is between them as unused. */
function fill(regions: readonly Region[], size: number): readonly Region[] {
  const filled: Region[] = [];
  let at = 0;
  const gap = (until: number): void => {
    if (until > at)
      filled.push({ use: "unused", name: "unused space", offset: at, size: until - at });
  };
  for (const region of regions.toSorted((a, b) => a.offset - b.offset)) {
    gap(region.offset);
    filled.push(region);
    at = Math.max(at, region.offset + region.size);
  }
  gap(size);
  return filled;
}

function headerFinding(
  encrypted: EncryptedPartition | undefined,
  expected: string | undefined,
): readonly Finding[] {
  if (expected === undefined) return [];
  const actual = encrypted?.headerDigest;
  return [
    judged("disk.luks.other-header", actual === expected.toLowerCase(), {
      expected: expected.toLowerCase(),
      actual: actual ?? "there is none",
      hint: "somebody changed or replaced the header, or a passphrase was added or changed",
    }),
  ];
}

function leftoverFinding(survey: Survey): Finding {
  return judged("disk.qcow2.leftovers", survey.clearCount === 0, {
    ...(survey.clearCount === 0 ? {} : { actual: describeAreas(survey.clear, survey.clearCount) }),
    hint: "qemu-img convert makes an image without them",
  });
}

function surveyFindings(survey: Survey, isEncrypted: boolean): readonly Finding[] {
  const stray = survey.clear.filter(({ use }) => !CLEAR_BY_DESIGN.has(use));
  const byDesign = survey.clear.length - stray.length;
  const strayCount = survey.clearCount - byDesign;
  const clear = judged("disk.content.in-clear", strayCount === 0, {
    ...(strayCount === 0 ? {} : { actual: describeAreas(stray, strayCount) }),
    ...(stray[0] === undefined
      ? {}
      : { where: { artefact: "disk", offset: stray[0].offset, size: stray[0].size } }),
  });
  if (!isEncrypted) return [clear];
  const { zeroBytes } = survey;
  return [
    clear,
    found("disk.content.never-written", zeroBytes === 0 ? "pass" : "warn", {
      ...(zeroBytes === 0 ? {} : { actual: `${zeroBytes} bytes are zero` }),
      hint: "the host sees which parts are in use; writing all of the file system once hides it",
    }),
  ];
}

/** The first areas in words. */
function describeAreas(areas: readonly ClearArea[], count: number): string {
  const shown = areas
    .slice(0, 5)
    .map(
      ({ offset, size, content, region }) =>
        `0x${offset.toString(16)}, ${size} bytes: ${content} (${region})`,
    );
  return `${shown.join("; ")}${count > shown.length ? `; ${count - shown.length} more` : ""}`;
}
