// SPDX-License-Identifier: Apache-2.0
// What a search has found, in words: which parameters differ, what the digest cannot tell apart, and
// what to do.

import { equalBytes } from "../crypto/equal.ts";
import type { Choice } from "./axis.ts";
import { hintsFor } from "./hints.ts";
import { launchDigest } from "./launch.ts";
import type { CandidateLaunch } from "./launch.ts";
import { parameterRows } from "./parameters.ts";
import type { ParameterRow } from "./parameters.ts";
import type { SearchRequest } from "./search.ts";
import type { SearchSpace } from "./space.ts";
import { verdictSentence } from "./verdict.ts";

/** A launch that has the observed digest, explained. */
export interface Explanation {
  /** Whether every parameter that was given is as expected. */
  readonly asExpected: boolean;
  /** The answer in one sentence or two. */
  readonly sentence: string;
  readonly rows: readonly ParameterRow[];
  /** Other launches with the very same digest. */
  readonly equivalents: readonly string[];
  /** What to do, a sentence for each difference. */
  readonly hints: readonly string[];
}

/**
 * Explains a launch that a search has found.
 * @throws {Error} when the launch is of no space of the request, which is a bug of the caller.
 */
export function explainLaunch(launch: CandidateLaunch, request: SearchRequest): Explanation {
  const space = request.spaces.find(({ mode }) => mode === launch.mode);
  if (space === undefined) throw new Error(`no space has mode ${launch.mode}`);
  const onlyMode = request.spaces.length === 1 ? space.mode : undefined;
  const rows = parameterRows(launch, space, request.expectedMode ?? onlyMode);
  return {
    asExpected: rows.every(({ differs }) => !differs),
    sentence: verdictSentence(rows),
    rows,
    equivalents: equivalentsOf(launch, space, request),
    hints: hintsFor(rows, launch, space),
  };
}

function equivalentsOf(
  launch: CandidateLaunch,
  space: SearchSpace,
  request: SearchRequest,
): readonly string[] {
  const { vmsa, table, firmware } = launch;
  const same = [
    aliases("firmware", firmware),
    aliases("kernel", table?.kernel),
    aliases("initrd", table?.initrd),
    typeAliases(vmsa?.vcpuType),
    profilesAlike(launch, space, request),
  ].filter((text) => text !== undefined);
  const notes =
    vmsa !== undefined && vmsa.vcpuType === undefined
      ? [`VMSA profile ${vmsa.profile.label} does not measure the vCPU type: it can have been any`]
      : [];
  return [...same, ...notes];
}

function aliases<T>(what: string, choice: Choice<T> | undefined): string | undefined {
  if (choice === undefined || choice.aliases.length === 0) return undefined;
  return `${what} ${choice.label} is the same as ${choice.aliases.join(", ")}`;
}

function typeAliases(choice: Choice<number> | undefined): string | undefined {
  if (choice === undefined) return undefined;
  const signature = `0x${choice.value.toString(16)}`;
  const others = choice.aliases.filter((name) => !name.startsWith(`${choice.label}-v`));
  if (others.length === 0) return undefined;
  return `vCPU types with signature ${signature} look alike: ${[choice.label, ...others].join(", ")}, any version of them`;
}

/** Profiles whose pages happen to be equal for this launch (with one vCPU, some are). */
function profilesAlike(
  launch: CandidateLaunch,
  space: SearchSpace,
  { accept = new Set<string>(), observed, session }: SearchRequest,
): string | undefined {
  const { vmsa } = launch;
  if (vmsa === undefined) return undefined;
  const alike = space.vmsaProfile.choices.filter((profile) => {
    if (profile === vmsa.profile) return false;
    const typed = profile.value.profile.rdx === "cpu-signature";
    if (typed !== (vmsa.vcpuType !== undefined)) return false;
    const other = { ...launch, vmsa: { ...vmsa, profile } };
    return equalBytes(launchDigest(other, accept, session), observed);
  });
  const names = [...vmsa.profile.aliases, ...alike.map(({ label }) => label)];
  if (names.length === 0) return undefined;
  return `VMSA profile ${vmsa.profile.label} gives this launch the same pages as ${names.join(", ")}`;
}
