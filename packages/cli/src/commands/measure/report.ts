// SPDX-License-Identifier: Apache-2.0
// What `greenlight measure` prints beyond a single digest: sets, explanations, JSON.

import { hexEncode } from "@greenlight/core/bytes";
import {
  digestOf,
  digestSet,
  explain,
  hashPieces,
  profileHosts,
  sevEsPieces,
  sevFeatureNames,
  sevLaunchDigest,
  sevPieces,
  snpPlan,
} from "@greenlight/core/launch";
import type { DigestSetEntry, KernelHashes, LaunchStep, PageUpdate } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import type { Io } from "../../output/io.ts";
import { formatDigest, MODE_NAMES, printDigest, singleOf } from "./result.ts";
import type { MeasureRequest } from "./result.ts";
import { pageToJson, piecesToJson, printPieces, printSteps, stepsToJson } from "./explain.ts";
import { given, wantsMeasurement } from "./options.ts";
import type { MeasureOptions } from "./options.ts";

/** One digest with what it stands for, as JSON shows it. */
interface DigestJson {
  readonly digest: string;
  readonly vcpus?: number;
  readonly vcpuType?: { readonly name: string; readonly signature: string };
  readonly sevFeatures?: string;
  readonly profile?: string;
}

/** Prints sets, explanations and JSON. */
export async function report(
  request: MeasureRequest,
  options: MeasureOptions,
  io: Io,
): Promise<number> {
  const many = countOf(request) > 1;
  if (many && (options.explain || options["dump-vmsa"] || wantsMeasurement(options))) {
    throw new UsageError(
      "conflicting-options",
      "--explain, --dump-vmsa and --tik are for one digest, and the options give several",
      "give one vCPU count, type, features value and profile",
    );
  }
  if (options["dump-vmsa"]) {
    const { dumpVmsa } = await import("./dump-vmsa.ts");
    dumpVmsa(request, singleOf(request));
  }
  if (options.json) return reportJson(request, options, io);
  if (options.explain) return reportExplained(request, options, io);
  for (const entry of entriesOf(request)) {
    io.out(`${formatDigest(entry.digest, options)}  ${describeEntry(entry, request)}\n`);
  }
  return 0;
}

function countOf({ vcpus, vcpuTypes, sevFeatures, profiles }: MeasureRequest): number {
  const types = Math.max(1, vcpuTypes.length);
  return vcpus.length * types * sevFeatures.length * Math.max(1, profiles.length);
}

function* entriesOf(request: MeasureRequest): Generator<DigestSetEntry> {
  const { mode, vcpuTypes, profiles, ...rest } = request;
  if (mode === "sev") throw new Error("mode sev has no set");
  // Profiles that measure the type refuse to go without one; the others take none.
  if (vcpuTypes.length === 0) requireNoSignature(request);
  yield* digestSet({ ...rest, mode, vcpuTypes, profiles });
}

function requireNoSignature({ profiles }: MeasureRequest): void {
  const needing = profiles.find(({ rdx }) => rdx === "cpu-signature");
  if (needing === undefined) return;
  throw new UsageError(
    "missing-option",
    `VMSA profile ${needing.id} measures the CPU signature, and none is given`,
    "add --vcpu-type, --vcpu-sig, or --vcpu-family with --vcpu-model and --vcpu-stepping",
  );
}

function describeEntry(entry: DigestSetEntry, request: MeasureRequest): string {
  const words = [`vcpus=${entry.vcpus}`];
  if (entry.vcpuType !== undefined) words.push(`type=${entry.vcpuType.name}`);
  if (request.sevFeatures.length > 1) words.push(`features=0x${entry.sevFeatures.toString(16)}`);
  if (request.profiles.length > 1) words.push(`profile=${entry.profile.id}`);
  return words.join(" ");
}

async function reportExplained(
  request: MeasureRequest,
  options: MeasureOptions,
  io: Io,
): Promise<number> {
  const single = singleOf(request);
  const { mode, sevFeatures: _features, ...parameters } = request;
  for (const line of headLines(request)) io.out(`${line}\n`);
  io.out("\n");
  if (mode === "snp") {
    const { steps, seed } = snpPlan({ ...parameters, ...single });
    printSteps(steps, seed, options.verbose, io);
    printDigest(digestOf(steps, seed).value(), MODE_NAMES.snp, options, io);
    return 0;
  }
  const pieces = mode === "sev" ? sevPieces(parameters) : sevEsPieces({ ...parameters, ...single });
  printPieces(pieces, io);
  const digest = hashPieces(pieces).digest();
  if (wantsMeasurement(options)) {
    const { reportMeasurement } = await import("./hmac.ts");
    return reportMeasurement(digest, mode, options, io);
  }
  printDigest(digest, MODE_NAMES[mode], options, io);
  return 0;
}

function headLines(request: MeasureRequest): readonly string[] {
  const [type] = request.vcpuTypes;
  const [profile] = request.profiles;
  const features = request.sevFeatures[0]!;
  const lines = [`mode      ${request.mode}`, `firmware  ${request.firmware.size} bytes`];
  if (request.mode !== "sev") {
    const named = type === undefined ? "" : ` of ${describeType(type.name, type.signature)}`;
    lines.push(`vCPUs     ${request.vcpus[0]}${named}`);
    const bits = sevFeatureNames(features).join(" ");
    lines.push(`features  0x${features.toString(16)}${bits === "" ? "" : ` (${bits})`}`);
    lines.push(`profile   ${profile!.id}`, `          ${profileHosts(profile!)}`);
  }
  if (request.kernelHashes === undefined) {
    lines.push("kernel    not measured (as with kernel-hashes=off)");
  } else {
    for (const [name, hash] of Object.entries(hexHashes(request.kernelHashes))) {
      lines.push(`${name.padEnd(9)} sha256 ${hash}`);
    }
  }
  return lines;
}

function describeType(name: string, signature: number): string {
  const hex = `0x${signature.toString(16)}`;
  return name === hex ? `signature ${hex}` : `${name} (signature ${hex})`;
}

function hexHashes(hashes: KernelHashes): Readonly<Record<keyof KernelHashes, string>> {
  return {
    kernel: hexEncode(hashes.kernel),
    initrd: hexEncode(hashes.initrd),
    cmdline: hexEncode(hashes.cmdline),
  };
}

async function reportJson(
  request: MeasureRequest,
  options: MeasureOptions,
  io: Io,
): Promise<number> {
  const { mode, firmware, kernelHashes } = request;
  const digests = mode === "sev" ? [sevEntry(request)] : [...entriesOf(request)].map(entryToJson);
  const body = {
    schema: "greenlight/measure/v1",
    mode,
    firmware: {
      path: given(options.ovmf) ?? given(options["firmware-descriptor"]),
      size: firmware.size,
    },
    kernelHashes: kernelHashes === undefined ? null : hexHashes(kernelHashes),
    digests,
    ...(await measurementJson(digests[0]!, request, options)),
    ...(options.explain ? explanationJson(request, options.verbose) : {}),
  };
  io.out(`${JSON.stringify(body, null, 2)}\n`);
  return 0;
}

function sevEntry(request: MeasureRequest): DigestJson {
  return { digest: hexEncode(sevLaunchDigest(request)) };
}

function entryToJson({
  digest,
  vcpus,
  vcpuType,
  sevFeatures,
  profile,
}: DigestSetEntry): DigestJson {
  const type =
    vcpuType === undefined
      ? {}
      : { vcpuType: { name: vcpuType.name, signature: `0x${vcpuType.signature.toString(16)}` } };
  const features = `0x${sevFeatures.toString(16)}`;
  return { digest: hexEncode(digest), vcpus, ...type, sevFeatures: features, profile: profile.id };
}

async function measurementJson(
  { digest }: DigestJson,
  request: MeasureRequest,
  options: MeasureOptions,
): Promise<object> {
  if (!wantsMeasurement(options)) return {};
  const { measurementOf } = await import("./hmac.ts");
  const { hexDecode, base64Encode } = await import("@greenlight/core/bytes");
  const { measurement, blob } = measurementOf(hexDecode(digest), request.mode, options);
  return { launchMeasure: { measurement: hexEncode(measurement), blob: base64Encode(blob) } };
}

function explanationJson(request: MeasureRequest, withPages: boolean): object {
  const single = singleOf(request);
  const { mode, sevFeatures: _features, ...parameters } = request;
  if (mode === "sev") return { pieces: piecesToJson(sevPieces(parameters)) };
  if (mode === "seves") return { pieces: piecesToJson(sevEsPieces({ ...parameters, ...single })) };
  const { steps, seed } = snpPlan({ ...parameters, ...single });
  const pages: object[] = [];
  const trace = (_step: LaunchStep, update: PageUpdate): void =>
    void pages.push(pageToJson(update));
  const explained = stepsToJson(explain(steps, seed, withPages ? trace : undefined));
  return { steps: explained, ...(withPages ? { pages } : {}) };
}
