// SPDX-License-Identifier: Apache-2.0
// Reading and writing firmware descriptor files.

import { sha256 } from "@greenlight/core/crypto";
import { hexEncode } from "@greenlight/core/bytes";
import { firmwareDescriptorFromJson, firmwareDescriptorToJson } from "@greenlight/core/firmware";
import type { FirmwareDescriptor, LaunchFirmware } from "@greenlight/core/firmware";
import { checkLaunch, snpOvmfHash } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { readText } from "../../input/file.ts";
import { writeFiles } from "../../output/file.ts";

/**
 * Reads a descriptor, ours or sev-snp-measure-go's.
 * @throws {UsageError} `bad-value` for text that is no JSON. @throws {LayoutError} for wrong fields.
 */
export function readDescriptorFile(path: string): FirmwareDescriptor {
  return firmwareDescriptorFromJson(parseJson(readText(path), path));
}

/** The descriptor of an image that SEV-SNP can launch.
 * @throws {LaunchError} `firmware-unsuitable` unless the findings are accepted.
 */
export function describeFirmware(
  firmware: LaunchFirmware,
  accept: ReadonlySet<string>,
): FirmwareDescriptor {
  checkLaunch({ firmware, accept }, "snp", 1);
  return {
    sha256: hexEncode(sha256(firmware.bytes)),
    size: firmware.size,
    ovmfHash: hexEncode(snpOvmfHash(firmware)),
    resetEip: firmware.resetEip,
    sections: firmware.sections,
    hashTable: firmware.hashTable,
    secret: firmware.secret,
  };
}

/** Writes a descriptor file, not over an existing one.
 * @throws {UsageError} `file-exists`, `unwritable-file`.
 */
export function writeDescriptorFile(path: string, descriptor: FirmwareDescriptor): void {
  const text = `${JSON.stringify(firmwareDescriptorToJson(descriptor), null, 2)}\n`;
  writeFiles([{ path, content: text }], false, "name another file");
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(
      "bad-value",
      `${JSON.stringify(path)} is not JSON: ${error.message.slice(0, 100)}`,
      "give a file written by --write-firmware-descriptor or by sev-snp-measure-go parse-metadata",
    );
  }
}
