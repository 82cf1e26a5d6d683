// SPDX-License-Identifier: Apache-2.0
// The paused machine as a launch sees it: firmware out of guest memory, hashes of what QEMU loads.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LayoutError } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { readFirmware } from "@greenlight/core/firmware";
import type { LaunchFirmware } from "@greenlight/core/firmware";
import { cmdlineHash, noInitrdHash } from "@greenlight/core/launch";
import type { KernelHashes } from "@greenlight/core/launch";
import type { PlatformLine } from "@greenlight/psp/platform";
import type { Emulator } from "./emulator.ts";
import type { LaunchMachine } from "../launch/guest-launch.ts";
import { QemuRefusal } from "../qemu-refusal.ts";
import type { LabRequest } from "../command-line/request.ts";
import { vcpuSignature } from "./vcpu-model.ts";

/** What a machine is loaded with. */
export interface Loading {
  readonly request: LabRequest;
  /** See {@link loadedHashes}. */
  readonly hashes: Promise<KernelHashes | undefined>;
  readonly line: PlatformLine;
}

/** Reads it. @throws {QemuRefusal} for files and firmware that QEMU could not use. */
export async function loadMachine(
  emulator: Emulator,
  { request, hashes: hashing, line }: Loading,
): Promise<LaunchMachine> {
  const firmware = parsed(await emulator.firmware());
  const hashes = await hashing;
  return {
    memory: emulator.memory,
    firmware,
    ...(hashes === undefined ? {} : { hashes }),
    vcpus: request.vcpus,
    signature: vcpuSignature(request.cpuModel, line),
    async unreachable(gpa) {
      const text = (await emulator.human(`gpa2hva 0x${gpa.toString(16)}`)).trim();
      return text.startsWith("Host virtual address") ? undefined : text;
    },
  };
}

function parsed(image: Uint8Array): LaunchFirmware {
  try {
    return readFirmware(image);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    throw new QemuRefusal(`the firmware's table is malformed: ${error.message}`);
  }
}

/**
 * Hashes of what QEMU loads; undefined where they are not measured.
 * @throws {QemuRefusal} for files that QEMU could not load.
 */
export async function loadedHashes(
  { guest, kernel, initrd, append = "" }: LabRequest,
  folder: string,
): Promise<KernelHashes | undefined> {
  if (guest?.kernelHashes !== true || kernel === undefined) return undefined;
  return {
    kernel: await hashOf(folder, kernel),
    initrd: initrd === undefined ? noInitrdHash() : await hashOf(folder, initrd),
    cmdline: cmdlineHash(append),
  };
}

async function hashOf(folder: string, path: string): Promise<Uint8Array> {
  try {
    return sha256(await readFile(resolve(folder, path)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new QemuRefusal(`could not load '${path}': ${reason}`);
  }
}
