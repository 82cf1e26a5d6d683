// SPDX-License-Identifier: Apache-2.0
// The space a search goes through: one axis for each parameter of a launch, around an expectation.

import { hexEncode } from "../bytes/index.ts";
import { cpuSignature } from "../launch/cpu-models.ts";
import type { VcpuType } from "../launch/cpu-models.ts";
import { noInitrdHash } from "../launch/kernel-hashes.ts";
import { axis } from "./axis.ts";
import type { Axis, Dimension, LaunchMode, Offer } from "./axis.ts";
import { commandLine, commandLineHash, commandLineOffers, quoteLine } from "./command-line.ts";
import type { CommandLine } from "./command-line.ts";
import { signatureOffers } from "./cpu-signatures.ts";
import { describeFirmware } from "./firmware-candidate.ts";
import type { FirmwareCandidate } from "./firmware-candidate.ts";
import { describeFeatures, featureOffers, guestFeaturesKey } from "./guest-features.ts";
import type { GuestFeatures } from "./guest-features.ts";
import { describeProfile, describeVmsaGpa, profileKey } from "./vmsa-variants.ts";
import { profileOffers, vmsaGpaOffers } from "./vmsa-variants.ts";
import type { ProfileVariant } from "./vmsa-variants.ts";

/** Something that is measured by its SHA-256: a file, or a hash in its place. */
export interface MeasuredBlob {
  /** Path, or the hash as given. */
  readonly name: string;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** A command line to try: its bytes, one character each, or only its hash. */
export type CommandLineCandidate =
  | { readonly line: string }
  | { readonly hash: Uint8Array; readonly name: string };

/** A command line as a value of the search. */
export interface MeasuredCommandLine {
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  /** Absent when only the hash is known. */
  readonly text?: CommandLine;
}

/** What a launch was expected to be, and what else is at hand to try. Of lists the first is expected. */
export interface Expectation {
  readonly mode: LaunchMode;
  readonly firmwares: readonly FirmwareCandidate[];
  /** False when no firmware was named, only a folder of them. */
  readonly firmwareExpected: boolean;
  /** Absent values are open. */
  readonly vcpus?: number;
  readonly vcpuType?: VcpuType;
  readonly sevFeatures: bigint;
  readonly profile: ProfileVariant;
  readonly vmsaGpa: number;
  /** Whether kernel, initrd and command line are measured. */
  readonly kernelHashes: boolean;
  readonly kernels: readonly MeasuredBlob[];
  readonly initrds: readonly MeasuredBlob[];
  readonly commandLines: readonly CommandLineCandidate[];
}

/** How far to go. */
export interface SpaceOptions {
  /** Most vCPUs to try. */
  readonly maxVcpus: number;
  /** Also try what is hardly ever seen. */
  readonly exhaustive: boolean;
  /** Parameters that keep their expected values. */
  readonly fixed: ReadonlySet<Dimension>;
  /** The CPU named in the report. */
  readonly hostCpu?: { readonly family: number; readonly model: number; readonly stepping: number };
}

/** vCPU counts are walked, not listed. */
export interface VcpuRange {
  readonly expected: number | undefined;
  /** Counts up to here are tried before more distant values of other parameters. */
  readonly near: number;
  readonly max: number;
  readonly fixed: boolean;
}

/** All axes for one mode. */
export interface SearchSpace {
  readonly mode: LaunchMode;
  /** Parameters that keep their expected values. */
  readonly fixed: ReadonlySet<Dimension>;
  /** Whether rare values are there too. */
  readonly exhaustive: boolean;
  readonly vcpus: VcpuRange;
  readonly firmware: Axis<FirmwareCandidate>;
  readonly kernelHashes: Axis<boolean>;
  readonly kernel: Axis<Uint8Array>;
  readonly initrd: Axis<Uint8Array>;
  readonly commandLine: Axis<MeasuredCommandLine>;
  readonly vcpuType: Axis<number>;
  readonly guestFeatures: Axis<GuestFeatures>;
  readonly vmsaProfile: Axis<ProfileVariant>;
  readonly vmsaGpa: Axis<number>;
}

/** How far up vCPU counts are tried first when none is expected. */
const LIKELY_VCPUS = 64;

/** The space around an expectation. */
export function searchSpace(expectation: Expectation, options: SpaceOptions): SearchSpace {
  const { mode, vcpus } = expectation;
  const isFixed = (dimension: Dimension): boolean => options.fixed.has(dimension);
  const max = Math.max(options.maxVcpus, vcpus ?? 1);
  return {
    mode,
    fixed: options.fixed,
    exhaustive: options.exhaustive,
    vcpus: {
      expected: vcpus,
      near: vcpus ?? Math.min(LIKELY_VCPUS, max),
      max,
      fixed: isFixed("vcpus") && vcpus !== undefined,
    },
    firmware: firmwareAxis(expectation, isFixed("firmware")),
    ...bootAxes(expectation, isFixed),
    ...vmsaAxes(expectation, options, isFixed),
  };
}

function firmwareAxis(expectation: Expectation, fixed: boolean): Axis<FirmwareCandidate> {
  const { firmwares, firmwareExpected } = expectation;
  const offers = firmwares.map((value) => ({ value, label: describeFirmware(value), cost: 1 }));
  return axis({
    dimension: "firmware",
    expected: firmwareExpected ? offers[0] : undefined,
    offers,
    key: ({ identity }) => identity,
    fixed,
  });
}

type IsFixed = (dimension: Dimension) => boolean;

function bootAxes(
  expectation: Expectation,
  isFixed: IsFixed,
): Pick<SearchSpace, "kernelHashes" | "kernel" | "initrd" | "commandLine"> {
  const { kernelHashes, kernels, initrds } = expectation;
  // Without a kernel to try, the hashes can only be off.
  const states = kernels.length === 0 ? [false] : [true, false];
  const none = { value: noInitrdHash(), label: "no initrd", cost: 1 };
  const kernelOffers = kernels.map(blobOffer);
  const initrdOffers = initrds.map(blobOffer);
  const swapped = (
    offers: readonly Offer<Uint8Array>[],
    as: string,
  ): readonly Offer<Uint8Array>[] =>
    offers.map((offer) => ({ ...offer, label: `${offer.label} as ${as}` }));
  return {
    kernelHashes: axis({
      dimension: "kernel-hashes",
      expected: { value: kernelHashes, label: onOff(kernelHashes) },
      offers: states.map((value) => ({ value, label: onOff(value), cost: 1 })),
      key: String,
      fixed: isFixed("kernel-hashes"),
    }),
    kernel: axis({
      dimension: "kernel",
      expected: kernelOffers[0],
      offers: [...kernelOffers, ...swapped(initrdOffers, "the kernel")],
      key: hexEncode,
      fixed: isFixed("kernel"),
    }),
    initrd: axis({
      dimension: "initrd",
      expected: initrdOffers[0] ?? none,
      offers: [...initrdOffers, none, ...swapped(kernelOffers, "the initrd")],
      key: hexEncode,
      fixed: isFixed("initrd"),
    }),
    commandLine: commandLineAxis(expectation, isFixed("command-line")),
  };
}

function blobOffer({ name, sha256 }: MeasuredBlob): Offer<Uint8Array> {
  return { value: sha256, label: name, cost: 1 };
}

function onOff(state: boolean): string {
  return state ? "on" : "off";
}

function commandLineAxis(expectation: Expectation, fixed: boolean): Axis<MeasuredCommandLine> {
  const { commandLines, initrds, kernels } = expectation;
  const initrdNames = initrds.map(({ name }) => name.replace(/^.*\//, ""));
  const given = commandLines.length === 0 ? [{ line: "" }] : commandLines;
  const offers = given.map((candidate) => ({ ...lineOffer(candidate), cost: 1 }));
  const variants = function* (): Generator<Offer<MeasuredCommandLine>> {
    yield* offers;
    if (fixed || kernels.length === 0) return;
    for (const [i, candidate] of given.entries()) {
      if (!("line" in candidate)) continue;
      for (const offer of commandLineOffers(candidate.line, { initrdNames })) {
        const of = i === 0 ? "" : `${quoteLine(candidate.line)} `;
        yield { ...textOffer(offer.value, of + offer.label), cost: offer.cost + (i === 0 ? 0 : 1) };
      }
    }
  };
  return axis({
    dimension: "command-line",
    expected: offers[0],
    offers: variants(),
    key: ({ sha256 }) => hexEncode(sha256),
    fixed,
  });
}

function lineOffer(candidate: CommandLineCandidate): Omit<Offer<MeasuredCommandLine>, "cost"> {
  if (!("line" in candidate)) return { value: { sha256: candidate.hash }, label: candidate.name };
  return textOffer(commandLine(candidate.line), quoteLine(candidate.line));
}

function textOffer(text: CommandLine, label: string): Omit<Offer<MeasuredCommandLine>, "cost"> {
  return { value: { sha256: commandLineHash(text), text }, label };
}

function vmsaAxes(
  expectation: Expectation,
  options: SpaceOptions,
  isFixed: IsFixed,
): Pick<SearchSpace, "vcpuType" | "guestFeatures" | "vmsaProfile" | "vmsaGpa"> {
  const { mode, vcpuType, sevFeatures, profile, vmsaGpa } = expectation;
  const { exhaustive, hostCpu } = options;
  const host =
    hostCpu === undefined
      ? undefined
      : cpuSignature(hostCpu.family, hostCpu.model, hostCpu.stepping);
  return {
    vcpuType: axis({
      dimension: "vcpu-type",
      expected:
        vcpuType === undefined ? undefined : { value: vcpuType.signature, label: vcpuType.name },
      offers: signatureOffers(host, exhaustive),
      key: String,
      fixed: isFixed("vcpu-type"),
    }),
    guestFeatures: axis({
      dimension: "guest-features",
      expected: { value: { sevFeatures, vintrCtrl: 0n }, label: describeFeatures(sevFeatures) },
      offers: featureOffers(mode, exhaustive),
      key: guestFeaturesKey,
      fixed: isFixed("guest-features"),
    }),
    vmsaProfile: axis({
      dimension: "vmsa-profile",
      expected: { value: profile, label: describeProfile(profile) },
      offers: mode === "sev" ? [] : profileOffers(mode, profile.profile),
      key: profileKey,
      fixed: isFixed("vmsa-profile"),
    }),
    vmsaGpa: axis({
      dimension: "vmsa-gpa",
      expected: { value: vmsaGpa, label: describeVmsaGpa(vmsaGpa) },
      offers: mode === "snp" ? vmsaGpaOffers(profile.profile) : [],
      key: String,
      fixed: isFixed("vmsa-gpa"),
    }),
  };
}
