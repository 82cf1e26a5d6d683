// SPDX-License-Identifier: Apache-2.0
// A search without a match, in words: what was tried and can be ruled out, and what to try next.

import type { Axis, Dimension, LaunchMode } from "./axis.ts";
import { MODE_NAMES } from "./parameters.ts";
import type { SearchOutcome, SearchRequest } from "./search.ts";
import type { SearchSpace } from "./space.ts";

/** The values of one parameter that were tried. */
export interface Tried {
  readonly dimension: Dimension;
  readonly title: string;
  /** How many values. */
  readonly count: number;
  /** Which, as far as they fit a line or two. */
  readonly values: string;
}

/** Most values named one by one. */
const MAX_NAMED = 6;

/** The values tried in one space, parameter by parameter. */
export function triedValues(space: SearchSpace): readonly Tried[] {
  const { vcpus } = space;
  const [first, last] = vcpus.fixed ? [vcpus.near, vcpus.near] : [1, vcpus.max];
  const counts = {
    dimension: "vcpus" as const,
    title: "vCPUs",
    count: last - first + 1,
    values: first === last ? String(first) : `${first} to ${last}`,
  };
  const ofVcpus =
    space.mode === "sev"
      ? []
      : [
          counts,
          tried("vCPU signatures", space.vcpuType),
          tried("guest features", space.guestFeatures),
          tried("VMSA profiles", space.vmsaProfile),
          ...(space.mode === "snp" ? [tried("VMSA addresses", space.vmsaGpa)] : []),
        ];
  const measured = space.kernelHashes.choices.some(({ value }) => value);
  const boot = [
    tried("kernels", space.kernel),
    tried("initrds", space.initrd),
    tried("command lines", space.commandLine),
  ];
  return [
    tried("firmware", space.firmware),
    ...ofVcpus,
    tried("kernel hashes", space.kernelHashes),
    ...(measured ? boot : []),
  ];
}

function tried<T>(title: string, { dimension, choices }: Axis<T>): Tried {
  const names = choices.slice(0, MAX_NAMED).map(({ label }) => label);
  const rest = choices.length - names.length;
  const values = rest > 0 ? `${names.join(", ")} and ${rest} more` : names.join(", ");
  return { dimension, title, count: choices.length, values };
}

/** How much of the combinations of those values is ruled out. */
export function exclusionSentence({ status, completed }: SearchOutcome): string {
  if (status === "exhausted") return "Every combination of the values below was tried.";
  if (completed < 0) return "The search ended before anything was ruled out completely.";
  const differences =
    completed === 0
      ? "the launch as you described it"
      : `every launch with up to ${completed} ${completed === 1 ? "difference" : "differences"} from the one you described (rare values count as two or three)`;
  return `Ruled out: ${differences}.`;
}

/** What a digest does not cover, and so cannot be the reason. */
export function notCovered({ spaces, session }: SearchRequest): string {
  const isSnp = spaces.some(({ mode }) => mode === "snp");
  const others = isSnp
    ? "Guest policy, ID block, HOST_DATA, CPUID page, memory size"
    : `${session === undefined ? "Guest policy, launch" : "Launch"} secret, memory size`;
  return `${others}, disks and devices are not in the digest and cannot be the reason.`;
}

/**
 * What to try after a search without a match.
 * @param fromReport Whether the digest was taken from a report, so that it can be nothing else.
 */
export function nextSteps(
  request: SearchRequest,
  outcome: SearchOutcome,
  fromReport: boolean,
): readonly string[] {
  const [space] = request.spaces;
  if (space === undefined) return [];
  const fixed = [...space.fixed];
  return [
    ...(outcome.status === "limit" ? ["Raise --limit to search further."] : []),
    ...(fixed.length === 0 ? [] : [`Held fixed: ${fixed.join(", ")}. Let them vary too.`]),
    ...(space.exhaustive
      ? []
      : ["--exhaustive also tries every CPU model of QEMU and every set of guest features."]),
    ...(space.kernel.choices.length === 0
      ? [
          "If the host boots a kernel directly, give candidates with --kernel, --initrd and --append.",
        ]
      : ["Give more candidates: --kernel, --initrd and --append may be repeated."]),
    "If the firmware may be another build, give a folder of builds as one more --ovmf, or the OVMF " +
      "hash of an older one with --snp-ovmf-hash.",
    ...(space.mode === "snp"
      ? [
          "IGVM files, SVSM launches and VMMs other than QEMU, EC2, GCE and libkrun are not searched.",
        ]
      : []),
    ...(request.session === undefined && !fromReport ? [maybeMeasurement(space.mode)] : []),
    ...(request.session === undefined
      ? []
      : ["A wrong TIK, nonce, policy, API version or build gives another measurement too."]),
  ];
}

function maybeMeasurement(mode: LaunchMode): string {
  return mode === "snp"
    ? "Is it base64 from query-sev-launch-measure? Then it is an SEV or SEV-ES measurement, not a " +
        "digest: give --tik and the session's values."
    : "Is it what LAUNCH_MEASURE returned? That is an HMAC over the digest: give --tik and the " +
        "session's values.";
}

/** Modes of the spaces in words. */
export function modesTried({ spaces }: SearchRequest): string {
  return spaces.map(({ mode }) => MODE_NAMES[mode]).join(" and ");
}
