// SPDX-License-Identifier: Apache-2.0
// A firmware the host may have launched, and which launches it is fit for. Its bytes are loaded only
// when the search gets to it, so that a folder of images does not have to fit in memory.

import { hexEncode } from "../bytes/index.ts";
import { sha256 } from "#crypto";
import { checkFirmwareFor } from "../firmware/index.ts";
import type { FirmwareDescriptor, FirmwareImage, FirmwareLayout } from "../firmware/index.ts";
import { blockers } from "../finding/index.ts";
import type { Finding } from "../finding/index.ts";
import { requireSuitable } from "../launch/acceptance.ts";
import type { Accepted } from "../launch/acceptance.ts";
import { LaunchError } from "../launch/error.ts";
import type { LaunchMode } from "./axis.ts";

/** How a candidate comes about, so that a person can make it too. Names are the caller's. */
export type FirmwareRecipe =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "descriptor"; readonly file: string }
  /** The CODE part of a combined image: what follows its first `vars` bytes. */
  | { readonly kind: "code-part"; readonly file: string; readonly vars: number }
  | { readonly kind: "joined"; readonly vars: string; readonly code: string }
  /** The layout of a file with a digest of the firmware's pages taken elsewhere. */
  | { readonly kind: "ovmf-hash"; readonly file: string; readonly ovmfHash: string };

/** A firmware to try. */
export interface FirmwareCandidate {
  readonly recipe: FirmwareRecipe;
  /** Equal for equal contents. */
  readonly identity: string;
  /** What decides a launch besides the bytes. */
  readonly layout: FirmwareLayout;
  /** The image or descriptor itself; asked for more than once, and the same each time. */
  readonly load: () => FirmwareImage | FirmwareDescriptor;
  /** Digest after the firmware's pages in place of hashing them, 48 bytes. */
  readonly ovmfHash?: Uint8Array;
  /** Why it cannot be launched in a mode at all, or not so; empty lists when it can. */
  readonly unfit: (mode: LaunchMode) => Unfitness;
}

/** Failed checks by the use they rule out. */
export interface Unfitness {
  /** Any launch in this mode. */
  readonly launch: readonly Finding[];
  /** More than one vCPU. */
  readonly severalVcpus: readonly Finding[];
  /** Measuring kernel, initrd and command line. */
  readonly kernelHashes: readonly Finding[];
}

/**
 * A candidate from a decoded firmware, whose bytes it does not keep.
 * @param load Gives the same firmware again.
 * @param accept Ids of findings that are to be lived with.
 * @throws {LaunchError} `finding-not-acceptable`.
 */
export function firmwareCandidate(
  firmware: FirmwareImage | FirmwareDescriptor,
  recipe: FirmwareRecipe,
  load: () => FirmwareImage | FirmwareDescriptor,
  accept: Accepted,
  ovmfHash?: Uint8Array,
): FirmwareCandidate {
  const { size, sections, resetEip, hashTable, secret } = firmware;
  // Ids that cannot be accepted are refused even when nothing stands in the way.
  requireSuitable([], accept, "snp");
  const unfitness = {
    sev: unfitFor(firmware, "sev", accept),
    seves: unfitFor(firmware, "seves", accept),
    snp: unfitFor(firmware, "snp", accept),
  };
  return {
    recipe,
    identity: identityOf(firmware, ovmfHash),
    layout: { size, sections, resetEip, hashTable, secret },
    load,
    ...(ovmfHash === undefined ? {} : { ovmfHash }),
    unfit: (mode) => unfitness[mode],
  };
}

/** A candidate in words. */
export function describeFirmware({ recipe }: FirmwareCandidate): string {
  switch (recipe.kind) {
    case "file":
      return recipe.file;
    case "descriptor":
      return `${recipe.file} (descriptor)`;
    case "code-part":
      return `the CODE part of ${recipe.file} alone`;
    case "joined":
      return `${recipe.vars} and ${recipe.code} as one image`;
    case "ovmf-hash":
      return `OVMF hash ${recipe.ovmfHash.slice(0, 16)}... with the layout of ${recipe.file}`;
  }
}

function identityOf(
  firmware: FirmwareImage | FirmwareDescriptor,
  ovmfHash: Uint8Array | undefined,
): string {
  if (ovmfHash !== undefined) return `${hexEncode(ovmfHash)} ${layoutKey(firmware)}`;
  if ("bytes" in firmware) return hexEncode(sha256(firmware.bytes));
  return firmware.sha256 ?? `${firmware.ovmfHash} ${layoutKey(firmware)}`;
}

function layoutKey({ size, sections, resetEip, hashTable }: FirmwareLayout): string {
  return JSON.stringify([size, sections, resetEip, hashTable]);
}

function unfitFor(
  firmware: FirmwareImage | FirmwareDescriptor,
  mode: LaunchMode,
  accept: Accepted,
): Unfitness {
  const failed = (vcpus: number, kernelHashes: boolean): readonly Finding[] =>
    blockers(checkFirmwareFor(firmware, { mode, vcpus, kernelHashes })).filter((finding) =>
      stands(finding, mode, accept),
    );
  const launch = [...failed(1, false), ...bytesNeeded(firmware, mode)];
  const known = new Set(launch.map(({ id }) => id));
  const more = (findings: readonly Finding[]): readonly Finding[] =>
    findings.filter(({ id }) => !known.has(id));
  return {
    launch,
    severalVcpus: mode === "sev" ? [] : more(failed(2, false)),
    kernelHashes: more(failed(1, true)),
  };
}

/** Whether a blocking finding stands: not every one can be accepted in every mode. */
function stands(finding: Finding, mode: LaunchMode, accept: Accepted): boolean {
  try {
    requireSuitable([finding], accept, mode);
    return false;
  } catch (error) {
    if (error instanceof LaunchError && error.code === "firmware-unsuitable") return true;
    throw error;
  }
}

function bytesNeeded(
  firmware: FirmwareImage | FirmwareDescriptor,
  mode: LaunchMode,
): readonly Finding[] {
  if (mode === "snp" || "bytes" in firmware) return [];
  return [
    {
      id: "firmware.bytes.missing",
      outcome: "fail",
      title: "SEV and SEV-ES hash the firmware with what follows it, so a descriptor is not enough",
      hint: "give the firmware file itself",
    },
  ];
}
