// SPDX-License-Identifier: Apache-2.0
// From --ovmf to firmware candidates: files, folders, the CODE part of combined images, VARS and CODE
// put together, and hashes of other builds.

import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { LayoutError, hexDecode, hexEncode } from "@greenlight/core/bytes";
import {
  codePart,
  firmwareCandidate,
  isVariableStore,
  joinFlash,
  varsSizeFor,
} from "@greenlight/core/diagnose";
import type { FirmwareCandidate } from "@greenlight/core/diagnose";
import { firmwareDescriptorFromJson, readFirmware } from "@greenlight/core/firmware";
import type { FirmwareDescriptor, FirmwareImage } from "@greenlight/core/firmware";
import { UsageError } from "../../command/usage-error.ts";
import { MAX_FIRMWARE_SIZE, fileSize, readBounded } from "../../input/file.ts";
import { systemErrorCode } from "../../input/system-error.ts";

/** More files than anyone keeps firmware; a home folder by mistake has more. */
const MAX_FILES = 4096;

/** Most variable stores that are put before one CODE file. */
const MAX_STORES = 8;

/** The candidates, and what in the folders was not one. */
export interface Firmwares {
  readonly candidates: readonly FirmwareCandidate[];
  /** Whether the first candidate was named, not found in a folder. */
  readonly expected: boolean;
  /** Files in folders that were passed over, by reason. */
  readonly passedOver: ReadonlyMap<string, readonly string[]>;
}

type Firmware = FirmwareImage | FirmwareDescriptor;

/**
 * All candidates of the options.
 * @throws {UsageError} `missing-option`, and for a file that was named and cannot be used.
 * @throws {LayoutError} for a file that was named and is malformed.
 */
export function firmwaresOf(
  paths: readonly string[],
  ovmfHashes: readonly string[],
  accept: ReadonlySet<string>,
): Firmwares {
  if (paths.length === 0) {
    throw new UsageError(
      "missing-option",
      "no firmware is given",
      "add --ovmf FILE with the firmware you expected, or --ovmf FOLDER to try all in it",
    );
  }
  const folders = paths.filter(isFolder);
  const named = paths.filter((path) => !folders.includes(path));
  const passedOver = new Map<string, string[]>();
  const ofFile = (path: string, firmware: Firmware): readonly FirmwareCandidate[] => [
    wholeFile(path, firmware, accept),
    ...flashForms(path, firmware, accept),
  ];
  // One file after the other: only one is ever in memory.
  const candidates = [
    ...named.flatMap((path) => ofFile(path, readNamed(path))),
    ...folders.flatMap((folder) => scan(folder, passedOver, ofFile)),
  ];
  const [first] = candidates;
  if (first === undefined) throw noFirmware(folders, passedOver);
  const hashed = ovmfHashes.map((hash) => byOvmfHash(hash, first, accept));
  return { candidates: [...candidates, ...hashed], expected: named.length > 0, passedOver };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    // Whatever is wrong with it, reading it as a file says so by name.
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

function wholeFile(
  path: string,
  firmware: Firmware,
  accept: ReadonlySet<string>,
): FirmwareCandidate {
  const kind = "bytes" in firmware ? "file" : "descriptor";
  return firmwareCandidate(firmware, { kind, file: path }, () => readNamed(path), accept);
}

/** The same firmware loaded in the other way: CODE alone, or VARS and CODE in one. */
function flashForms(
  path: string,
  firmware: Firmware,
  accept: ReadonlySet<string>,
): readonly FirmwareCandidate[] {
  if (!("bytes" in firmware)) return [];
  const code = codePart(firmware.bytes);
  if (code !== undefined) {
    const load = (): Firmware => readFirmware(codePart(readFile(path)) ?? readFile(path));
    const vars = firmware.size - code.length;
    const recipe = { kind: "code-part", file: path, vars } as const;
    return [firmwareCandidate(readFirmware(code), recipe, load, accept)];
  }
  return variableStores(path, firmware.size).map((vars) => {
    const load = (): Firmware => readFirmware(joinFlash(readFile(vars), readFile(path)));
    return firmwareCandidate(load(), { kind: "joined", vars, code: path }, load, accept);
  });
}

/** VARS files beside a CODE file, by size and content. */
function variableStores(codePath: string, codeSize: number): readonly string[] {
  const size = varsSizeFor(codeSize);
  if (size === undefined) return [];
  const folder = dirname(codePath);
  return namesIn(folder)
    .filter((name) => /vars/i.test(name))
    .map((name) => join(folder, name))
    .filter((path) => regularFileSize(path) === size && isVariableStore(readFile(path)))
    .slice(0, MAX_STORES);
}

function byOvmfHash(
  text: string,
  layoutOf: FirmwareCandidate,
  accept: ReadonlySet<string>,
): FirmwareCandidate {
  if (!/^(0x)?[0-9a-f]{96}$/i.test(text.trim())) {
    throw new UsageError(
      "bad-value",
      `--snp-ovmf-hash has ${text.length} characters`,
      "give the 96 hexadecimal digits that measure --mode snp:ovmf-hash prints",
    );
  }
  const ovmfHash = hexDecode(text.trim());
  const { load, recipe: whole } = layoutOf;
  const file = "file" in whole ? whole.file : whole.code;
  const recipe = { kind: "ovmf-hash", file, ovmfHash: hexEncode(ovmfHash) } as const;
  return firmwareCandidate(load(), recipe, load, accept, ovmfHash);
}

/** A file that was named: a descriptor when it is JSON, else an image. */
function readNamed(path: string): Firmware {
  const bytes = readFile(path);
  if (bytes.length === 0) {
    throw new UsageError("empty-file", `${JSON.stringify(path)} is empty`, "give a firmware image");
  }
  return bytes[0] === 0x7b ? readDescriptor(path, bytes) : readFirmware(bytes);
}

function readDescriptor(path: string, bytes: Uint8Array): FirmwareDescriptor {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(
      "unrecognised-file",
      `${JSON.stringify(path)} begins like a firmware descriptor but is not JSON`,
      "give a firmware image, or a descriptor written by measure --write-firmware-descriptor",
    );
  }
  return firmwareDescriptorFromJson(json);
}

function readFile(path: string): Uint8Array {
  return readBounded(path, MAX_FIRMWARE_SIZE);
}

/** Notes a file that is passed over. */
type Pass = (reason: string) => readonly FirmwareCandidate[];

/** The firmware in a folder; everything else is noted with its reason. */
function scan(
  folder: string,
  passedOver: Map<string, string[]>,
  ofFile: (path: string, firmware: Firmware) => readonly FirmwareCandidate[],
): readonly FirmwareCandidate[] {
  const names = namesIn(folder);
  if (names.length > MAX_FILES) {
    throw new UsageError(
      "bad-value",
      `${JSON.stringify(folder)} has ${names.length} files`,
      `give a folder of firmware, at most ${MAX_FILES} files`,
    );
  }
  return names.flatMap((name) => {
    const path = join(folder, name);
    const pass: Pass = (reason) => {
      passedOver.set(reason, [...(passedOver.get(reason) ?? []), path]);
      return [];
    };
    const found = readFound(path, pass);
    return "size" in found ? ofFile(path, found) : found;
  });
}

/** The firmware in a file of a folder, or nothing and a note. */
function readFound(path: string, pass: Pass): Firmware | readonly FirmwareCandidate[] {
  const size = regularFileSize(path);
  if (size === undefined) return pass("not a file that can be read");
  if (size > MAX_FIRMWARE_SIZE) return pass("larger than 64 MiB");
  if (size === 0) return pass("empty");
  try {
    const firmware = readNamed(path);
    const isOther = "bytes" in firmware && firmware.footer === null;
    return isOther ? pass("without OVMF's footer table") : firmware;
  } catch (error) {
    if (error instanceof LayoutError) return pass(`malformed (${error.code})`);
    if (error instanceof UsageError) return pass("not a firmware descriptor");
    throw error;
  }
}

/** Size of a regular file that can be opened; undefined for anything else. */
function regularFileSize(path: string): number | undefined {
  try {
    return statSync(path).isFile() ? fileSize(path) : undefined;
  } catch (error) {
    if (error instanceof UsageError || systemErrorCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** Names in a folder, in order. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new UsageError(
      "unreadable-file",
      `cannot read the folder ${JSON.stringify(folder)}: ${code}`,
      "check the path and who may read it",
    );
  }
}

function noFirmware(
  folders: readonly string[],
  passedOver: ReadonlyMap<string, readonly string[]>,
): UsageError {
  const reasons = [...passedOver].map(([reason, paths]) => `${paths.length} ${reason}`);
  return new UsageError(
    "unrecognised-file",
    `there is no firmware in ${folders.map((folder) => JSON.stringify(folder)).join(", ")}`,
    reasons.length === 0 ? "the folder is empty" : `its files: ${reasons.join(", ")}`,
  );
}
