// SPDX-License-Identifier: Apache-2.0
// `--vmsa-cpu0`, `--vmsa-cpu1`: a SEV-ES launch whose VMSA pages are files, as sevctl and
// virt-qemu-sev-validate take them.

import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { MAX_VCPUS, checkLaunch, hashPieces, sevPieces } from "@greenlight/core/launch";
import type { LaunchPiece } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded } from "../../input/file.ts";
import type { FileAhead } from "../../input/file.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { piecesToJson, printPieces } from "./explain.ts";
import { measurementOf, reportMeasurement } from "./hmac.ts";
import { given, wantsMeasurement } from "./options.ts";
import type { MeasureOptions } from "./options.ts";
import { firmwareOf, kernelHashesOf, vcpusOf } from "./request.ts";
import { MODE_NAMES, printDigest } from "./result.ts";

const PAGE = 4096;

/** Options that describe what the pages hold. */
const DESCRIBING = [
  "vcpu-type",
  "vcpu-sig",
  "vcpu-family",
  "es-features",
  "vmm-type",
  "vmsa-profile",
  "vmsa-fpu",
] as const;

/**
 * Computes and prints the digest.
 * @param firmware The file of --ovmf, absent when the option is not given.
 * @throws {UsageError} for options that do not go together and files that are no pages.
 * @throws {LaunchError} {LayoutError} as for pages that are made.
 */
export async function measureVmsaFiles(
  options: MeasureOptions,
  firmware: FileAhead | undefined,
  io: Io,
): Promise<number> {
  requireSuitable(options);
  const [vcpus = 1, ...more] = vcpusOf(options, MAX_VCPUS);
  if (more.length > 0) {
    throw new UsageError(
      "conflicting-options",
      "--vmsa-cpu0 is for one digest, and --vcpus gives several",
      "give one vCPU count",
    );
  }
  const kernelHashes = await kernelHashesOf(options);
  const parameters = {
    firmware: await firmwareOf(options, firmware),
    accept: new Set(options.accept),
    ...(kernelHashes === undefined ? {} : { kernelHashes }),
  };
  checkLaunch(parameters, "seves", vcpus);
  const pieces = [...sevPieces(parameters), ...vmsaPieces(options, vcpus, io)];
  const digest = hashPieces(pieces).digest();
  if (options.json) {
    io.out(jsonOf(digest, vcpus, pieces, options));
    return 0;
  }
  if (options.explain) printPieces(pieces, io);
  if (wantsMeasurement(options)) return reportMeasurement(digest, "seves", options, io);
  printDigest(digest, MODE_NAMES.seves, options, io);
  return 0;
}

function requireSuitable(options: MeasureOptions): void {
  if (options.mode !== "seves") {
    throw new UsageError(
      "conflicting-options",
      `--vmsa-cpu0 is for mode seves, not ${options.mode ?? "snp"}`,
      "add --mode seves",
    );
  }
  if (given(options["vmsa-cpu0"]) === undefined) {
    throw new UsageError("missing-option", "--vmsa-cpu1 is given without --vmsa-cpu0");
  }
  const stray = DESCRIBING.find((name) => given(options[name]) !== undefined);
  if (stray === undefined && !options["dump-vmsa"]) return;
  throw new UsageError(
    "conflicting-options",
    `--${stray ?? "dump-vmsa"} and --vmsa-cpu0 are both given`,
    "leave one out: a page given as a file is measured as it is",
  );
}

function vmsaPieces(options: MeasureOptions, vcpus: number, io: Io): readonly LaunchPiece[] {
  const boot = given(options["vmsa-cpu0"])!;
  const other = given(options["vmsa-cpu1"]);
  const first = { what: "VMSA of vCPU 0", data: readPage(boot), repeat: 1 };
  if (vcpus === 1) {
    if (other !== undefined) io.err("warning: one vCPU: --vmsa-cpu1 is not measured\n");
    return [first];
  }
  if (other === undefined) {
    throw new UsageError(
      "missing-option",
      `${vcpus} vCPUs need the page of the others too`,
      "add --vmsa-cpu1 FILE",
    );
  }
  const what = vcpus === 2 ? "VMSA of vCPU 1" : `VMSA of vCPUs 1 to ${vcpus - 1}`;
  return [first, { what, data: readPage(other), repeat: vcpus - 1 }];
}

function readPage(path: string): Uint8Array {
  const bytes = readBounded(path, 1024 * 1024);
  if (bytes.length === PAGE) return bytes;
  throw new UsageError(
    "bad-value",
    `${JSON.stringify(path)} has ${bytes.length} bytes, and a VMSA page has ${PAGE}`,
  );
}

function jsonOf(
  digest: Uint8Array,
  vcpus: number,
  pieces: readonly LaunchPiece[],
  options: MeasureOptions,
): string {
  const measured = wantsMeasurement(options) ? measurementOf(digest, "seves", options) : undefined;
  return toJson({
    schema: "greenlight/measure/v1",
    mode: "seves",
    digests: [{ digest: hexEncode(digest), vcpus }],
    ...(measured === undefined
      ? {}
      : {
          launchMeasure: {
            measurement: hexEncode(measured.measurement),
            blob: base64Encode(measured.blob),
          },
        }),
    ...(options.explain ? { pieces: piecesToJson(pieces) } : {}),
  });
}
