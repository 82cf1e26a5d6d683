// SPDX-License-Identifier: Apache-2.0
// `greenlight measure --mode snp:svsm`: coconut-svsm on its old QEMU fork.

import { hexEncode } from "@greenlight/core/bytes";
import { MAX_VCPUS, digestOf, explain, svsmSteps } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { MAX_FIRMWARE_SIZE, fileSize, readAhead } from "../../input/file.ts";
import type { FileAhead } from "../../input/file.ts";
import { parseNumber } from "../../input/number.ts";
import type { Io } from "../../output/io.ts";
import { MODE_NAMES, printDigest } from "./result.ts";
import { writeVmsaPages } from "./dump-vmsa.ts";
import { printSteps, stepsToJson } from "./explain.ts";
import { given } from "./options.ts";
import type { MeasureOptions } from "./options.ts";
import { decodeFirmware, profilesOf, vcpuTypesOf, vcpusOf } from "./request.ts";

/** Runs the command in this mode. */
export async function measureSvsm(
  options: MeasureOptions,
  firmware: FileAhead | undefined,
  io: Io,
): Promise<number> {
  const vcpus = vcpusOf(options, MAX_VCPUS);
  const types = vcpuTypesOf(options);
  const [profile, ...more] = profilesOf(options, "svsm");
  if (vcpus.length > 1 || types.length > 1 || more.length > 0) {
    throw new UsageError("bad-value", "mode snp:svsm computes one digest at a time");
  }
  const [type] = types;
  const parameters = {
    firmware: await decodeFirmware(firmware ?? missing("--ovmf")),
    svsm: await decodeFirmware(readAhead(required(options.svsm, "--svsm"), MAX_FIRMWARE_SIZE)),
    varsSize: varsSizeOf(options),
    vcpus: vcpus[0]!,
    profile: profile!,
    // This mode's hosts never set another bit, and sev-snp-measure ignores --guest-features in it.
    sevFeatures: 1n,
    accept: new Set(options.accept),
    ...(type === undefined ? {} : { signature: type.signature }),
  };
  const steps = svsmSteps(parameters);
  if (options["dump-vmsa"]) {
    const page = steps.at(-1)!.data!;
    writeVmsaPages(Array.from({ length: parameters.vcpus }, () => page));
  }
  const digest = digestOf(steps).value();
  if (options.json) {
    const body = {
      schema: "greenlight/measure/v1",
      mode: "snp:svsm",
      digests: [{ digest: hexEncode(digest), vcpus: parameters.vcpus }],
      ...(options.explain ? { steps: stepsToJson(explain(steps)) } : {}),
    };
    io.out(`${JSON.stringify(body, null, 2)}\n`);
    return 0;
  }
  if (options.explain) printSteps(steps, undefined, options.verbose, io);
  printDigest(digest, MODE_NAMES.svsm, options, io);
  return 0;
}

function varsSizeOf(options: MeasureOptions): number {
  const path = given(options["vars-file"]);
  const size = given(options["vars-size"]);
  if (path !== undefined && size !== undefined) {
    throw new UsageError("conflicting-options", "--vars-file and --vars-size are both given");
  }
  if (path !== undefined) return fileSize(path);
  return parseNumber(required(size, "--vars-size or --vars-file"), "--vars-size", 2 ** 32 - 1);
}

function required(value: string | undefined, option: string): string {
  const text = given(value);
  return text ?? missing(option);
}

function missing(option: string): never {
  throw new UsageError("missing-option", `mode snp:svsm needs ${option}`, "see --help");
}
