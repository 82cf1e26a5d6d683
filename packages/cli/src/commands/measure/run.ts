// SPDX-License-Identifier: Apache-2.0
// What `greenlight measure` does for its modes, and prints for one digest.

import { hexEncode } from "@greenlight/core/bytes";
import {
  MAX_VCPUS,
  sevEsLaunchDigest,
  sevLaunchDigest,
  snpLaunchDigest,
  snpOvmfHash,
} from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import type { FileAhead } from "../../input/file.ts";
import type { Io } from "../../output/io.ts";
import { given, wantsMeasurement } from "./options.ts";
import type { MeasureOptions } from "./options.ts";
import {
  decodeFirmware,
  firmwareOf,
  kernelHashesOf,
  ovmfHashOf,
  profilesOf,
  sevFeaturesOf,
  vcpuTypesOf,
  vcpusOf,
  vmsaGpaOf,
} from "./request.ts";
import type { Mode } from "./request.ts";
import { MODE_NAMES, printDigest, singleOf } from "./result.ts";
import type { MeasureRequest, Single } from "./result.ts";

/**
 * Runs the command in the mode asked for.
 * @param firmware The file of --ovmf, absent when the option is not given.
 */
export async function runMode(
  options: MeasureOptions,
  firmware: FileAhead | undefined,
  io: Io,
): Promise<number> {
  const digest = given(options["launch-digest"]);
  if (digest !== undefined) {
    return (await import("./given-digest.ts")).measureGivenDigest(digest, options, io);
  }
  if ((given(options["vmsa-cpu0"]) ?? given(options["vmsa-cpu1"])) !== undefined) {
    return (await import("./vmsa-files.ts")).measureVmsaFiles(options, firmware, io);
  }
  switch (options.mode) {
    case "snp:ovmf-hash":
      return ovmfHash(options, firmware, io);
    case "snp:svsm":
      return (await import("./svsm.ts")).measureSvsm(options, firmware, io);
    case "sev":
    case "seves":
      return measure(options, options.mode, firmware, io);
    default:
      return measure(options, "snp", firmware, io);
  }
}

async function measure(
  options: MeasureOptions,
  mode: Mode,
  file: FileAhead | undefined,
  io: Io,
): Promise<number> {
  const request = await requestOf(options, mode, file);
  const written = given(options["write-firmware-descriptor"]);
  if (written !== undefined) {
    const { describeFirmware, writeDescriptorFile } = await import("./descriptor.ts");
    const { firmware } = request;
    if (!("bytes" in firmware)) {
      throw new UsageError(
        "conflicting-options",
        "--write-firmware-descriptor describes --ovmf, and a descriptor is given",
      );
    }
    writeDescriptorFile(written, describeFirmware(firmware, request.accept));
  }
  if (options.json || options.explain || isSet(request)) {
    const { report } = await import("./report.ts");
    return report(request, options, io);
  }
  const single = singleOf(request);
  if (options["dump-vmsa"]) {
    const { dumpVmsa } = await import("./dump-vmsa.ts");
    dumpVmsa(request, single);
  }
  const digest = digestOfMode(request, single);
  if (wantsMeasurement(options)) {
    const { reportMeasurement } = await import("./hmac.ts");
    return reportMeasurement(digest, mode, options, io);
  }
  printDigest(digest, MODE_NAMES[mode], options, io);
  return 0;
}

async function requestOf(
  options: MeasureOptions,
  mode: Mode,
  file: FileAhead | undefined,
): Promise<MeasureRequest> {
  const firmware = await firmwareOf(options, file);
  const kernelHashes = await kernelHashesOf(options);
  if (given(options["snp-ovmf-hash"]) !== undefined && mode !== "snp") {
    throw new UsageError("conflicting-options", `--snp-ovmf-hash is for mode snp, not ${mode}`);
  }
  const vcpu =
    mode === "sev"
      ? { vcpus: [1], vcpuTypes: [], sevFeatures: [0n], profiles: [] }
      : {
          vcpus: vcpusOf(options, MAX_VCPUS),
          vcpuTypes: vcpuTypesOf(options),
          sevFeatures: sevFeaturesOf(options, mode),
          profiles: profilesOf(options, mode),
        };
  return {
    mode,
    firmware,
    accept: new Set(options.accept),
    ...vcpu,
    ...(kernelHashes === undefined ? {} : { kernelHashes }),
    ...ovmfHashOf(options),
    ...vmsaGpaOf(options),
  };
}

function isSet(request: MeasureRequest): boolean {
  const { vcpus, vcpuTypes, sevFeatures, profiles } = request;
  return vcpus.length > 1 || vcpuTypes.length > 1 || sevFeatures.length > 1 || profiles.length > 1;
}

function digestOfMode(request: MeasureRequest, single: Single): Uint8Array {
  const { mode, vcpus: _vcpus, sevFeatures: _features, ...parameters } = request;
  switch (mode) {
    case "sev":
      return sevLaunchDigest(parameters);
    case "seves":
      return sevEsLaunchDigest({ ...parameters, ...single });
    case "snp":
      return snpLaunchDigest({ ...parameters, ...single });
  }
}

async function ovmfHash(
  options: MeasureOptions,
  firmware: FileAhead | undefined,
  io: Io,
): Promise<number> {
  if (firmware === undefined) {
    throw new UsageError("missing-option", "no firmware is given", "add --ovmf FILE");
  }
  const digest = hexEncode(snpOvmfHash(await decodeFirmware(firmware)));
  if (options.json) {
    const body = { schema: "greenlight/measure/v1", mode: "snp:ovmf-hash", digests: [{ digest }] };
    io.out(`${JSON.stringify(body, null, 2)}\n`);
  } else {
    // Always hexadecimal, whatever --output-format says, as sev-snp-measure prints it.
    io.out(`${digest}\n`);
  }
  return 0;
}
