// SPDX-License-Identifier: Apache-2.0
// From option values to the expectation that the search starts from, one for each mode.

import { DIMENSIONS } from "@greenlight/core/diagnose";
import type {
  CommandLineCandidate,
  Dimension,
  Expectation,
  LaunchMode,
  MeasuredBlob,
  ProfileVariant,
} from "@greenlight/core/diagnose";
import {
  KVM_VMSA_GPA,
  MAX_VCPUS,
  cpuModel,
  profileHosts,
  vmsaProfile,
  withFpu,
} from "@greenlight/core/launch";
import type { VcpuType } from "@greenlight/core/launch";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { readBounded } from "../../input/file.ts";
import { sha256File } from "../../input/hash-file.ts";
import {
  MAX_CMDLINE,
  U64_MAX,
  profileOfVmm,
  typeOfNumbers,
  typeOfSignature,
} from "../../input/launch-parameters.ts";
import { parseList, parseNumber, parseUnsigned } from "../../input/number.ts";
import type { Firmwares } from "./firmware.ts";
import type { DiagnoseOptions } from "./options.ts";

/** Most candidates of a kind; more make a space nobody waits for. */
const MAX_CANDIDATES = 256;

/** A measured file or hash, and the option that stands for it. */
export interface NamedBlob extends MeasuredBlob {
  readonly option: "file" | "hash";
}

/** Kernels, initrds and command lines to try. */
export interface BootCandidates {
  readonly kernels: readonly NamedBlob[];
  readonly initrds: readonly NamedBlob[];
  readonly commandLines: readonly CommandLineCandidate[];
}

/**
 * Kernel, initrd and command line candidates, files hashed.
 * @throws {UsageError} when there are initrds or command lines without a kernel; file errors.
 */
export async function bootCandidatesOf(options: DiagnoseOptions): Promise<BootCandidates> {
  const kernels = await blobs(options, "kernel");
  const initrds = await blobs(options, "initrd");
  const lines = [
    ...options.append.map((text) => Buffer.from(text, "utf8")),
    ...options["append-file"].map((path) => readBounded(path, MAX_CMDLINE)),
  ];
  const commandLines = [
    ...lines.map((raw) => ({ line: latin1(options["trim-append"] ? trimmed(raw) : raw) })),
    ...options["append-hash"].map((text) => ({
      hash: parseBytes(text, "--append-hash", 32),
      name: `of hash ${text.trim()}`,
    })),
  ];
  for (const list of [kernels, initrds, commandLines]) {
    if (list.length <= MAX_CANDIDATES) continue;
    throw new UsageError(
      "bad-value",
      `${list.length} candidates of one kind are given`,
      `give at most ${MAX_CANDIDATES} kernels, initrds and command lines each`,
    );
  }
  if (kernels.length === 0 && initrds.length + commandLines.length > 0) {
    throw new UsageError(
      "missing-option",
      `${initrds.length === 0 ? "a command line" : "an initrd"} is given without a kernel`,
      "add --kernel FILE; without one the host measures neither",
    );
  }
  if (kernels.length === 0 && options["kernel-hashes"] === "on") {
    throw new UsageError(
      "missing-option",
      "--kernel-hashes is on and no kernel is given",
      "add --kernel FILE with the kernel you expected",
    );
  }
  return { kernels, initrds, commandLines };
}

async function blobs(
  options: DiagnoseOptions,
  name: "kernel" | "initrd",
): Promise<readonly NamedBlob[]> {
  const hashOption = `${name}-hash` as const;
  const found: NamedBlob[] = [];
  // One after the other: each is read in pieces, and several at once would only share the disk.
  for (const path of options[name]) {
    found.push({ name: path, sha256: await sha256File(path), option: "file" });
  }
  for (const text of options[hashOption]) {
    const sha256 = parseBytes(text, `--${hashOption}`, 32);
    found.push({ name: text.trim(), sha256, option: "hash" });
  }
  return found;
}

/** As virtee/sev does: white space of Unicode, not of ASCII alone. */
function trimmed(raw: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(raw).toString("utf8").trim(), "utf8");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/**
 * The expectation for one mode.
 * @throws {UsageError} {LaunchError} for values that cannot be.
 */
export function expectationOf(
  options: DiagnoseOptions,
  mode: LaunchMode,
  firmwares: Firmwares,
  boot: BootCandidates,
): Expectation {
  const vcpuType = vcpuTypeOf(options);
  const gpa = options["vmsa-gpa"];
  return {
    mode,
    firmwares: firmwares.candidates,
    firmwareExpected: firmwares.expected,
    ...(options.vcpus === undefined ? {} : { vcpus: vcpusOf(options.vcpus, "--vcpus") }),
    ...(vcpuType === undefined ? {} : { vcpuType }),
    sevFeatures: sevFeaturesOf(options, mode),
    profile: profileOf(options, mode),
    vmsaGpa: gpa === undefined ? KVM_VMSA_GPA : vmsaGpaOf(gpa),
    kernelHashes: kernelHashesOf(options, boot),
    ...boot,
  };
}

function kernelHashesOf(options: DiagnoseOptions, { kernels }: BootCandidates): boolean {
  const state = options["kernel-hashes"];
  return state === undefined ? kernels.length > 0 : state === "on";
}

/** A number of vCPUs.
 * @throws {UsageError} `bad-value`.
 */
export function vcpusOf(text: string, option: string): number {
  const count = parseNumber(text, option, MAX_VCPUS);
  if (count > 0) return count;
  throw new UsageError("bad-value", `${option} is 0`, `give 1 to ${MAX_VCPUS}`);
}

function vcpuTypeOf(options: DiagnoseOptions): VcpuType | undefined {
  const numbers = (["family", "model", "stepping"] as const).map((part) => options[`vcpu-${part}`]);
  if (numbers.some((text) => text !== undefined)) {
    const [family, model, stepping] = numbers;
    return typeOfNumbers(family, model, stepping);
  }
  const signature = options["vcpu-sig"];
  if (signature !== undefined) return typeOfSignature(signature);
  const name = options["vcpu-type"];
  return name === undefined || name === "" ? undefined : cpuModel(name);
}

function sevFeaturesOf(options: DiagnoseOptions, mode: LaunchMode): bigint {
  if (mode === "snp") {
    return parseUnsigned(options["guest-features"] ?? "0x1", "--guest-features", U64_MAX);
  }
  return parseUnsigned(options["es-features"] ?? "0", "--es-features", U64_MAX);
}

function profileOf(options: DiagnoseOptions, mode: LaunchMode): ProfileVariant {
  const id = options["vmsa-profile"];
  const profile =
    id === undefined ? profileOfVmm(options["vmm-type"] ?? "QEMU", mode) : vmsaProfile(id);
  const fpu = options["vmsa-fpu"];
  if (mode === "sev" || profile.modes.some((known) => known === mode)) {
    if (fpu !== "init" && fpu !== "zero") return { profile };
    return { profile: withFpu(profile, fpu), fpu };
  }
  throw new UsageError(
    "bad-value",
    `VMSA profile ${profile.id} is not one for mode ${mode}`,
    `it is for ${profile.modes.join(", ")}: ${profileHosts(profile)}`,
  );
}

function vmsaGpaOf(text: string): number {
  const gpa = parseNumber(text, "--vmsa-gpa", 2 ** 52 - 1);
  if (gpa % 4096 === 0) return gpa;
  throw new UsageError("bad-value", `--vmsa-gpa is ${text}`, "give the address of a 4 KiB page");
}

/**
 * Parameters that keep their expected values, from --fix and --only.
 * @throws {UsageError} `conflicting-options`, `bad-value`, `missing-option`.
 */
export function fixedOf(options: DiagnoseOptions, firmwares: Firmwares): ReadonlySet<Dimension> {
  if (options.fix.length > 0 && options.only.length > 0) {
    throw new UsageError("conflicting-options", "--fix and --only are both given", "give one");
  }
  const named = new Set(options.fix.flatMap((text) => dimensionsOf(text, "--fix")));
  const only = new Set(options.only.flatMap((text) => dimensionsOf(text, "--only")));
  const fixed = only.size === 0 ? named : new Set(DIMENSIONS.filter((name) => !only.has(name)));
  const isOpen: Partial<Record<Dimension, boolean>> = {
    vcpus: options.vcpus === undefined,
    "vcpu-type": vcpuTypeOf(options) === undefined,
    firmware: !firmwares.expected,
  };
  const open = [...named].find((name) => isOpen[name] === true);
  if (open !== undefined) {
    throw new UsageError(
      "missing-option",
      `--fix ${open} holds a parameter that is not given`,
      open === "firmware" ? "name the file with --ovmf" : `add --${open}`,
    );
  }
  return fixed;
}

function dimensionsOf(text: string, option: string): readonly Dimension[] {
  return parseList(text, option).map((name) => {
    const known = DIMENSIONS.find((dimension) => dimension === name);
    if (known !== undefined) return known;
    throw new UsageError(
      "bad-value",
      `${option} names ${JSON.stringify(name.slice(0, 40))}`,
      `parameters are: ${DIMENSIONS.join(", ")}`,
    );
  });
}
