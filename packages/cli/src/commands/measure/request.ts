// SPDX-License-Identifier: Apache-2.0
// From option values to what core is asked: files read, hashes taken, names resolved.

import { hexDecode } from "@greenlight/core/bytes";
import { readFirmware } from "@greenlight/core/firmware";
import type { FirmwareDescriptor, FirmwareImage } from "@greenlight/core/firmware";
import {
  VMSA_PROFILES,
  allEpycTypes,
  cmdlineHash,
  cpuModel,
  noInitrdHash,
  vmsaProfile,
  withFpu,
} from "@greenlight/core/launch";
import type { KernelHashes, VcpuType, VmsaProfile } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { readBounded, readText } from "../../input/file.ts";
import type { FileAhead } from "../../input/file.ts";
import { sha256File } from "../../input/hash-file.ts";
import {
  MAX_CMDLINE,
  U64_MAX,
  profileOfVmm,
  typeOfNumbers,
  typeOfSignature,
} from "../../input/launch-parameters.ts";
import { parseList, parseNumber, parseRanges, parseUnsigned } from "../../input/number.ts";
import { given } from "./options.ts";
import type { MeasureOptions } from "./options.ts";

/** Guest mode by sev-snp-measure's names, without the two that are commands of their own. */
export type Mode = "sev" | "seves" | "snp";

/**
 * The firmware: file or descriptor.
 * @param file The file of --ovmf, absent when the option is not given.
 * @throws {UsageError} `missing-option`, `conflicting-options`; file and layout errors.
 */
export async function firmwareOf(
  options: MeasureOptions,
  file: FileAhead | undefined,
): Promise<FirmwareImage | FirmwareDescriptor> {
  const descriptor = given(options["firmware-descriptor"]);
  if (file !== undefined && descriptor !== undefined) {
    throw new UsageError("conflicting-options", "--ovmf and --firmware-descriptor are both given");
  }
  if (file !== undefined) return decodeFirmware(file);
  if (descriptor === undefined) {
    throw new UsageError(
      "missing-option",
      "no firmware is given",
      "add --ovmf FILE with the firmware the guest is launched with",
    );
  }
  const { readDescriptorFile } = await import("./descriptor.ts");
  return readDescriptorFile(descriptor);
}

/** Decodes a firmware file.
 * @throws {UsageError} `empty-file`, and as readBounded(). @throws {LayoutError} as readFirmware().
 */
export async function decodeFirmware(file: FileAhead): Promise<FirmwareImage> {
  const bytes = await file.content();
  if (bytes.length === 0) {
    const path = JSON.stringify(file.path);
    throw new UsageError("empty-file", `${path} is empty`, "give a firmware image");
  }
  return readFirmware(bytes);
}

/**
 * Hashes of kernel, initrd and command line, or undefined when no kernel is given.
 * @throws {UsageError} when initrd or command line come without a kernel, or twice.
 */
export async function kernelHashesOf(options: MeasureOptions): Promise<KernelHashes | undefined> {
  const kernel = await hashOrFile(options, "kernel");
  const initrd = await hashOrFile(options, "initrd");
  const cmdline = cmdlineHashOf(options);
  if (kernel !== undefined) {
    return { kernel, initrd: initrd ?? noInitrdHash(), cmdline: cmdline ?? cmdlineHash("") };
  }
  if (initrd === undefined && cmdline === undefined) return undefined;
  throw new UsageError(
    "missing-option",
    `${initrd === undefined ? "a command line" : "an initrd"} is given without a kernel`,
    "add --kernel FILE; without one the host measures neither",
  );
}

async function hashOrFile(
  options: MeasureOptions,
  name: "kernel" | "initrd",
): Promise<Uint8Array | undefined> {
  const path = given(options[name]);
  const hash = given(options[`${name}-hash`]);
  refuseTwo(path, hash, `--${name}`, `--${name}-hash`);
  if (hash !== undefined) return parseBytes(hash, `--${name}-hash`, 32);
  return path === undefined ? undefined : sha256File(path);
}

function cmdlineHashOf(options: MeasureOptions): Uint8Array | undefined {
  const text = given(options.append);
  const path = given(options["append-file"]);
  const hash = given(options["append-hash"]);
  refuseTwo(text, path, "--append", "--append-file");
  refuseTwo(text ?? path, hash, "a command line", "--append-hash");
  if (hash !== undefined) return parseBytes(hash, "--append-hash", 32);
  if (text === undefined && path === undefined) return undefined;
  const trim = options["trim-append"];
  if (path !== undefined) {
    return cmdlineHash(trim ? readText(path, MAX_CMDLINE).trim() : readBounded(path, MAX_CMDLINE));
  }
  return cmdlineHash(trim ? text!.trim() : text!);
}

function refuseTwo(a: unknown, b: unknown, nameA: string, nameB: string): void {
  if (a === undefined || b === undefined) return;
  throw new UsageError("conflicting-options", `${nameA} and ${nameB} are both given`, "give one");
}

/** The vCPU counts asked for.
 * @throws {UsageError} `missing-option`, `bad-value`.
 */
export function vcpusOf(options: MeasureOptions, max: number): readonly number[] {
  const text = given(options.vcpus);
  if (text === undefined) {
    throw new UsageError(
      "missing-option",
      "the number of vCPUs is not given, and it is part of the digest",
      "add --vcpus N, as many as the guest starts with (-smp)",
    );
  }
  return parseRanges(text, "--vcpus", 1, max);
}

/** The vCPU types asked for; empty when none is named. In sev-snp-measure's precedence.
 * @throws {UsageError} `missing-option`, `bad-value`. @throws {LaunchError} for unknown models.
 */
export function vcpuTypesOf(options: MeasureOptions): readonly VcpuType[] {
  const family = given(options["vcpu-family"]);
  if (family !== undefined) {
    return [typeOfNumbers(family, given(options["vcpu-model"]), given(options["vcpu-stepping"]))];
  }
  const signatures = given(options["vcpu-sig"]);
  if (signatures !== undefined) {
    return parseList(signatures, "--vcpu-sig").map(typeOfSignature);
  }
  const names = given(options["vcpu-type"]);
  if (names === undefined) return [];
  return parseList(names, "--vcpu-type").flatMap((name) =>
    name.toLowerCase() === "all" ? allEpycTypes() : [cpuModel(name)],
  );
}

/** The guest features asked for. SEV-ES has its own option: sev-snp-measure ignores this one there. */
export function sevFeaturesOf(options: MeasureOptions, mode: Mode): readonly bigint[] {
  if (mode === "seves") {
    return [parseUnsigned(options["es-features"] ?? "0", "--es-features", U64_MAX)];
  }
  return parseList(options["guest-features"] ?? "0x1", "--guest-features").map((text) =>
    parseUnsigned(text, "--guest-features", U64_MAX),
  );
}

/**
 * The VMSA profiles asked for.
 * @throws {UsageError} `bad-value` for an unknown VMM. @throws {LaunchError} `unknown-profile`.
 */
export function profilesOf(options: MeasureOptions, mode: Mode | "svsm"): readonly VmsaProfile[] {
  const ids = given(options["vmsa-profile"]);
  const profiles =
    ids === undefined
      ? parseList(options["vmm-type"] ?? "QEMU", "--vmm-type").map((name) =>
          profileOfVmm(name, mode),
        )
      : parseList(ids, "--vmsa-profile").flatMap((id) => byId(id, mode));
  const fpu = options["vmsa-fpu"];
  if (fpu === undefined) return profiles;
  return profiles.map((profile) => withFpu(profile, fpu === "zero" ? "zero" : "init"));
}

function byId(id: string, mode: Mode | "svsm"): readonly VmsaProfile[] {
  if (id !== "all") return [vmsaProfile(id)];
  return VMSA_PROFILES.filter(({ modes }) => modes.some((known) => known === mode));
}

/** Where VMSA pages are measured, when not at KVM's address. */
export function vmsaGpaOf(options: MeasureOptions): { readonly vmsaGpa?: number } {
  const text = given(options["vmsa-gpa"]);
  if (text === undefined) return {};
  return { vmsaGpa: parseNumber(text, "--vmsa-gpa", Number.MAX_SAFE_INTEGER) };
}

/** A digest after the firmware's pages, computed earlier. */
export function ovmfHashOf(options: MeasureOptions): { readonly ovmfHash?: Uint8Array } {
  const text = given(options["snp-ovmf-hash"]);
  if (text === undefined) return {};
  return { ovmfHash: hexDecode(requireHash(text)) };
}

function requireHash(text: string): string {
  if (/^(0x)?[0-9a-f]{96}$/i.test(text)) return text;
  throw new UsageError(
    "bad-value",
    `--snp-ovmf-hash has ${text.length} characters`,
    "give the 96 hexadecimal digits that --mode snp:ovmf-hash prints",
  );
}
