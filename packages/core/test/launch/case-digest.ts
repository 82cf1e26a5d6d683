// SPDX-License-Identifier: Apache-2.0
// The digest of a case, computed by any build of core: the one in Node or the one for browsers.

import type * as Bytes from "../../src/bytes/index.ts";
import type * as Firmware from "../../src/firmware/index.ts";
import type * as Launch from "../../src/launch/index.ts";
import type { CaseFile, MeasureCase } from "./case-reader.ts";

/** What of core a case needs. */
export interface Core {
  readonly bytes: Pick<typeof Bytes, "hexDecode" | "hexEncode">;
  readonly firmware: Pick<typeof Firmware, "firmwareDescriptorFromJson" | "readFirmware">;
  readonly launch: Pick<
    typeof Launch,
    | "cmdlineHash"
    | "cpuModel"
    | "digestOf"
    | "noInitrdHash"
    | "sevEsLaunchDigest"
    | "sevLaunchDigest"
    | "snpLaunchDigest"
    | "snpOvmfHash"
    | "svsmSteps"
    | "vmsaProfile"
  >;
}

/** How to compute it when it is not to be as QEMU does. */
export interface CaseOptions {
  /** Findings to live with, by id. */
  readonly accept?: readonly string[];
  /** Cut white space off both ends of the command line, as virtee/sev does. */
  readonly trimCmdline?: boolean;
  /** Another VMSA profile. */
  readonly profile?: string;
}

/** White space as Rust's str::trim() means it (Unicode White_Space), which is not JavaScript's. */
function trim(cmdline: string): string {
  return cmdline.replaceAll(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
}

/** Digest of a case as lower-case hexadecimal; throws what core throws. */
export function digestOfCase(
  core: Core,
  vector: MeasureCase,
  bytesOf: (file: CaseFile) => Uint8Array,
  options: CaseOptions = {},
): string {
  return core.bytes.hexEncode(compute(core, vector, bytesOf, options));
}

function compute(
  core: Core,
  vector: MeasureCase,
  bytesOf: (file: CaseFile) => Uint8Array,
  options: CaseOptions,
): Uint8Array {
  const { launch } = core;
  const { hexDecode } = core.bytes;
  const readImage = (file: CaseFile): Firmware.FirmwareImage =>
    core.firmware.readFirmware(bytesOf(file));
  const shared = { accept: new Set(options.accept), ...kernelOf(core, vector, options) };

  if (vector.firmware === null) {
    const firmware = core.firmware.firmwareDescriptorFromJson(vector.firmware_metadata);
    return launch.snpLaunchDigest({ ...shared, firmware, ...vcpusOf(core, vector, options) });
  }
  const firmware = readImage(vector.firmware);
  switch (vector.mode) {
    case "sev":
      return launch.sevLaunchDigest({ ...shared, firmware });
    case "seves":
      return launch.sevEsLaunchDigest({ ...shared, firmware, ...vcpusOf(core, vector, options) });
    case "snp:ovmf-hash":
      return launch.snpOvmfHash(firmware);
    case "snp": {
      const hash = vector.snp_ovmf_hash;
      const ovmfHash = hash === undefined ? {} : { ovmfHash: hexDecode(hash) };
      const vcpus = vcpusOf(core, vector, options);
      return launch.snpLaunchDigest({ ...shared, firmware, ...ovmfHash, ...vcpus });
    }
    default: {
      const svsm = readImage(vector.svsm!);
      const varsSize = vector.vars_size!;
      const vcpus = vcpusOf(core, vector, options);
      const steps = launch.svsmSteps({ ...shared, firmware, svsm, varsSize, ...vcpus });
      return launch.digestOf(steps).value();
    }
  }
}

function kernelOf(
  { launch, bytes }: Core,
  { kernel, initrd, cmdline }: MeasureCase,
  { trimCmdline = false }: CaseOptions,
): Pick<Launch.LaunchParameters, "kernelHashes"> {
  if (kernel === null) return {};
  const line = cmdline ?? "";
  return {
    kernelHashes: {
      kernel: bytes.hexDecode(kernel.sha256),
      initrd: initrd === null ? launch.noInitrdHash() : bytes.hexDecode(initrd.sha256),
      cmdline: launch.cmdlineHash(trimCmdline ? trim(line) : line),
    },
  };
}

function vcpusOf(
  { launch }: Core,
  vector: MeasureCase,
  options: CaseOptions,
): Launch.VcpuParameters & Pick<Launch.SnpParameters, "vcpus" | "vmsaGpa"> {
  const { vcpu_type: type, vmsa_gpa: vmsaGpa } = vector;
  const signature = vector.vcpu_sig ?? (type === null ? null : launch.cpuModel(type).signature);
  return {
    profile: launch.vmsaProfile(options.profile ?? vector.profile!),
    vcpus: vector.vcpus!,
    sevFeatures: vector.sevFeatures,
    ...(signature === null ? {} : { signature }),
    ...(vmsaGpa === undefined ? {} : { vmsaGpa }),
  };
}
