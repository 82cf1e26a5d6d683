// SPDX-License-Identifier: Apache-2.0
// Targets of core/launch: digests of hostile firmware, and the names and numbers people type.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { checkFirmwareFor, readFirmware } from "../../packages/core/src/firmware/index.ts";
import type { FirmwareImage } from "../../packages/core/src/firmware/index.ts";
import {
  CPU_MODELS,
  LaunchError,
  VMSA_PROFILES,
  cpuModel,
  digestOf,
  explain,
  sevEsLaunchDigest,
  snpLaunchDigest,
  snpPlan,
  svsmSteps,
} from "../../packages/core/src/launch/index.ts";
import type { LaunchStep } from "../../packages/core/src/launch/index.ts";
import {
  describeGuestPolicy,
  formatGuestPolicy,
} from "../../packages/core/src/launch/guest-policy.ts";
import type { Target } from "../engine/target.ts";
import { COMPLETE, IMAGE_LENGTH, IMAGE_WORDS, SVSM, imageSeeds } from "./images.ts";
import { bytesOf, check, declared, sameBytes, textOf } from "./support.ts";

const expected = declared(LayoutError, LaunchError);

const HASH = new Uint8Array(32).fill(1);
const HASHES = { kernel: HASH, initrd: HASH, cmdline: HASH };

/** Hashing gigabytes of empty pages takes its time and finds nothing; such plans are only made. */
const MOST_BYTES = 1 << 20;
const isSmall = (steps: readonly LaunchStep[]): boolean =>
  steps.reduce((sum, { size, repeat }) => sum + size * repeat, 0) <= MOST_BYTES;

/** Launch parameters taken from the first bytes of an image, which nothing else reads. */
function parametersOf(data: Uint8Array, firmware: FirmwareImage, mode: "snp" | "seves" | "svsm") {
  const [count = 0, which = 0, flags = 0] = data;
  const profiles = VMSA_PROFILES.filter(({ modes }) => modes.includes(mode));
  const profile = profiles[which % profiles.length] ?? VMSA_PROFILES[0];
  if (profile === undefined) throw new Error("there are no VMSA profiles");
  const vcpus = 1 + (count % 3);
  const findings = checkFirmwareFor(firmware, { mode: "snp", vcpus, kernelHashes: true });
  return {
    firmware,
    vcpus,
    profile,
    signature: 0x80_0f12,
    sevFeatures: 1n,
    ...((flags & 1) === 0 ? {} : { kernelHashes: HASHES }),
    // What people may accept, they may accept all at once.
    ...((flags & 2) === 0 ? {} : { accept: new Set(findings.map(({ id }) => id)) }),
  };
}

const image = { dictionary: IMAGE_WORDS, maxLength: IMAGE_LENGTH, expected };

export const targets: readonly Target[] = [
  {
    ...image,
    name: "launch-snp",
    seeds: imageSeeds,
    run(data) {
      const parameters = parametersOf(data, readFirmware(data), "snp");
      const { steps, seed } = snpPlan(parameters);
      if (!isSmall(steps)) return;
      const digest = snpLaunchDigest(parameters);
      const last = explain(steps, seed).at(-1)?.after;
      check(last !== undefined && sameBytes(last, digest), "explaining gives the same digest");
    },
  },
  {
    ...image,
    name: "launch-sev-es",
    seeds: imageSeeds,
    run(data) {
      const digest = sevEsLaunchDigest(parametersOf(data, readFirmware(data), "seves"));
      check(digest.length === 32, "a digest has 32 bytes");
    },
  },
  {
    ...image,
    name: "launch-svsm",
    seeds: () => [SVSM],
    run(data) {
      const { kernelHashes: _, ...parameters } = parametersOf(data, readFirmware(data), "svsm");
      const varsSize = (data[3] ?? 0) * 0x1000 + ((data[4] ?? 0) & 1);
      const firmware = readFirmware(COMPLETE);
      const steps = svsmSteps({ ...parameters, svsm: parameters.firmware, firmware, varsSize });
      if (isSmall(steps)) check(digestOf(steps).value().length === 48, "a digest has 48 bytes");
    },
  },
  {
    name: "cpu-model",
    text: true,
    maxLength: 128,
    seeds: () => CPU_MODELS.map(([name]) => bytesOf(name)),
    dictionary: ["-v1", "-v99", "-IBRS", "-noTSX", "host", "max", "EPYC"].map(bytesOf),
    expected,
    run(data) {
      const type = cpuModel(textOf(data));
      check(cpuModel(type.name).signature === type.signature, "a model's own name finds it again");
      check(type.signature >= 0 && type.signature < 2 ** 32, "a signature has 32 bits");
    },
  },
  {
    name: "guest-policy",
    seeds: () => [Uint8Array.of(0, 0, 3, 0, 0, 0, 0, 0)],
    maxLength: 16,
    expected,
    run(data) {
      const policy = data.reduce((sum, byte, i) => sum | (BigInt(byte) << BigInt(8 * i)), 0n);
      const { bits, unknownBits, reservedOne, minimumAbi } = describeGuestPolicy(policy);
      const set = bits.filter((bit) => bit.set).map(({ bit }) => bit);
      let again = BigInt(minimumAbi.minor) | (BigInt(minimumAbi.major) << 8n);
      for (const bit of [...set, ...unknownBits, ...(reservedOne ? [17] : [])])
        again |= 1n << BigInt(bit);
      check(again === policy, "the description accounts for every bit");
      check(formatGuestPolicy(policy).startsWith(`0x${policy.toString(16)}`), "it begins in hex");
    },
  },
];
