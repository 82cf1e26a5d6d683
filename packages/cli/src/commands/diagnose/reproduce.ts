// SPDX-License-Identifier: Apache-2.0
// The commands that compute the observed digest or measurement the ordinary way, for a launch that was found.

import type { CandidateLaunch, FirmwareRecipe } from "@greenlight/core/diagnose";
import { CPU_MODELS, KVM_VMSA_GPA } from "@greenlight/core/launch";
import { hexEncode } from "@greenlight/core/bytes";
import type { NamedBlob } from "./expectation.ts";

/** Commands in order: preparations, then `greenlight measure`. */
export interface Reproduction {
  /** Shell commands that make files which do not exist yet. */
  readonly before: readonly string[];
  /** Arguments after `greenlight`; undefined when `measure` cannot express the launch. */
  readonly measure: readonly string[] | undefined;
}

/** What the firmware and blobs are called in the commands. */
interface Files {
  readonly blobs: readonly NamedBlob[];
  readonly accept: readonly string[];
  /** Options that turn the digest into the measurement (SEV, SEV-ES). */
  readonly session: readonly string[];
}

/** Names of the files that preparations make. */
const MADE = { "code-part": "OVMF_CODE.fd", joined: "OVMF-joined.fd" } as const;

/** How to compute the digest of a launch again. */
export function reproduction(launch: CandidateLaunch, files: Files): Reproduction {
  const { mode, firmware } = launch;
  const { before, options } = firmwareOptions(firmware.value.recipe);
  // VINTR_CTRL is part of no profile, so measure has no option for it.
  const isPlain = launch.vmsa === undefined || launch.vmsa.features.value.vintrCtrl === 0n;
  const measure = [
    "measure",
    "--mode",
    mode,
    ...options,
    ...vcpuOptions(launch),
    ...bootOptions(launch, files.blobs),
    ...files.accept.flatMap((id) => ["--accept", id]),
    ...files.session,
  ];
  return { before, measure: isPlain ? measure : undefined };
}

function firmwareOptions(recipe: FirmwareRecipe): {
  readonly before: readonly string[];
  readonly options: readonly string[];
} {
  switch (recipe.kind) {
    case "file":
      return { before: [], options: ["--ovmf", recipe.file] };
    case "descriptor":
      return { before: [], options: ["--firmware-descriptor", recipe.file] };
    case "ovmf-hash":
      return {
        before: [],
        options: ["--ovmf", recipe.file, "--snp-ovmf-hash", recipe.ovmfHash],
      };
    case "code-part":
      return {
        before: [`tail -c +${recipe.vars + 1} ${shellWord(recipe.file)} > ${MADE["code-part"]}`],
        options: ["--ovmf", MADE["code-part"]],
      };
    case "joined":
      return {
        before: [`cat ${shellWord(recipe.vars)} ${shellWord(recipe.code)} > ${MADE.joined}`],
        options: ["--ovmf", MADE.joined],
      };
  }
}

function vcpuOptions({ mode, vcpus, vmsa }: CandidateLaunch): readonly string[] {
  if (vmsa === undefined) return [];
  const { profile, vcpuType, features, gpa } = vmsa;
  const { sevFeatures } = features.value;
  const usual = mode === "snp" ? 1n : 0n;
  const featuresOption = mode === "snp" ? "--guest-features" : "--es-features";
  const { profile: row, fpu } = profile.value;
  return [
    "--vcpus",
    String(vcpus),
    ...(vcpuType === undefined ? [] : typeOption(vcpuType.label, vcpuType.value)),
    ...(sevFeatures === usual ? [] : [featuresOption, `0x${sevFeatures.toString(16)}`]),
    ...(row.id === "qemu" ? [] : ["--vmsa-profile", row.id]),
    ...(fpu === undefined ? [] : ["--vmsa-fpu", fpu]),
    ...(mode !== "snp" || gpa.value === KVM_VMSA_GPA
      ? []
      : ["--vmsa-gpa", `0x${gpa.value.toString(16)}`]),
  ];
}

function typeOption(label: string, signature: number): readonly string[] {
  const lower = label.toLowerCase();
  const isModel = CPU_MODELS.some(([name]) => lower.startsWith(name.toLowerCase()));
  return isModel ? ["--vcpu-type", label] : ["--vcpu-sig", `0x${signature.toString(16)}`];
}

function bootOptions({ table }: CandidateLaunch, blobs: readonly NamedBlob[]): readonly string[] {
  if (table === undefined) return [];
  const { kernel, initrd, commandLine } = table;
  return [
    ...blobOption("kernel", kernel.value, blobs),
    ...(initrd.label === "no initrd" ? [] : blobOption("initrd", initrd.value, blobs)),
    ...commandLineOption(commandLine.value),
  ];
}

function blobOption(
  name: "kernel" | "initrd",
  sha256: Uint8Array,
  blobs: readonly NamedBlob[],
): readonly string[] {
  const file = blobs.find(
    (blob) => blob.option === "file" && Buffer.from(blob.sha256).equals(sha256),
  );
  return file === undefined ? [`--${name}-hash`, hexEncode(sha256)] : [`--${name}`, file.name];
}

function commandLineOption({
  sha256,
  text,
}: NonNullable<CandidateLaunch["table"]>["commandLine"]["value"]): readonly string[] {
  const plain = text?.terminator === "\0" ? utf8(text.line) : undefined;
  if (plain === undefined) return ["--append-hash", hexEncode(sha256)];
  return plain === "" ? [] : ["--append", plain];
}

/** Bytes, one character each, as text; undefined when they are not UTF-8 or hold a NUL. */
function utf8(line: string): string | undefined {
  const raw = Buffer.from(line, "latin1");
  const text = raw.toString("utf8");
  return Buffer.from(text, "utf8").equals(raw) && !text.includes("\0") ? text : undefined;
}

/** A word as a shell takes it whole; control characters in the $'...' form of bash, zsh and ksh. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_\-+=.,/:@%]+$/.test(word)) return word;
  if (!/\p{Cc}/u.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replaceAll(/[\\']|\p{Cc}/gu, (character) => {
    if (character === "\\" || character === "'") return `\\${character}`;
    if (character === "\n") return "\\n";
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `$'${escaped}'`;
}
