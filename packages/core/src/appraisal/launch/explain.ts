// SPDX-License-Identifier: Apache-2.0
// Why a measurement is none of those that were planned: the nearest launch that has it, in words, found
// by the search that `diagnose` runs. It helps people; nothing is decided by it.

import { equalBytes } from "../../crypto/equal.ts";
import { Search, explainLaunch, firmwareCandidate, searchSpace } from "../../diagnose/index.ts";
import type { FirmwareCandidate, LaunchMode, SearchRequest } from "../../diagnose/index.ts";
import { LayoutError } from "../../bytes/index.ts";
import { readFirmware } from "../../firmware/index.ts";
import type { Finding } from "../../finding/index.ts";
import { LaunchError } from "../../launch/error.ts";
import { launchMeasurement } from "../../launch/measurement.ts";
import { KVM_VMSA_GPA } from "../../launch/parameters.ts";
import { vmsaProfile } from "../../launch/vmsa/build.ts";
import type { AcceptedFirmware, Generation, LaunchExpectation } from "./candidates.ts";
import type { SevLaunchInput } from "./sev.ts";

/** What is searched. */
interface ExplainOptions {
  /** Files that are at hand beside those of the plan, such as an older firmware. */
  readonly alsoFirmwares?: readonly AcceptedFirmware[];
  /** Digests to compare at most. */
  readonly limit?: number;
}

/** About two seconds' worth. */
const DEFAULT_LIMIT = 200_000;

/** More vCPUs than a plan says are tried up to here. */
const MAX_VCPUS = 64;

/** Builds and minor versions of the API are bytes. */
const BYTE = 256;

const MODES: Readonly<Record<Generation, LaunchMode>> = {
  sev: "sev",
  "sev-es": "seves",
  "sev-snp": "snp",
};

/**
 * Explains a legacy measurement that matches no candidate.
 * @returns a sentence, with what to do in the following ones; undefined when nothing explains it.
 */
export function explainSevMismatch(
  input: SevLaunchInput,
  expectation: LaunchExpectation,
  options: ExplainOptions = {},
): string | undefined {
  const { session, reported, blob } = input;
  if (blob.length !== 48) return undefined;
  const api = {
    apiMajor: reported.apiMajor,
    apiMinor: reported.apiMinor,
    buildId: reported.buildId,
  };
  const observed = blob.subarray(0, 32);
  const measured = { tik: session.keys.tik, policy: session.policy, mnonce: blob.subarray(32) };
  const found = searched(expectation, options, { observed, session: { ...measured, ...api } });
  return found ?? otherApi(input, measured, observed, options.limit ?? DEFAULT_LIMIT);
}

/** Explains an SEV-SNP launch digest that is none of the expected ones, as {@link explainSevMismatch}. */
export function explainSnpMismatch(
  observed: Uint8Array,
  expectation: LaunchExpectation,
  options: ExplainOptions = {},
): string | undefined {
  return observed.length === 48 ? searched(expectation, options, { observed }) : undefined;
}

/** The findings, with an explanation as the hint of a mismatch. */
export function withExplanation(
  findings: readonly Finding[],
  explanation: string | undefined,
): readonly Finding[] {
  const hint =
    explanation ??
    "nothing near the plan has this measurement: another file, another session, or an old measurement";
  return findings.map((finding) =>
    finding.id === "launch.measurement.mismatch" && finding.outcome === "fail"
      ? { ...finding, hint }
      : finding,
  );
}

function searched(
  expectation: LaunchExpectation,
  { alsoFirmwares = [], limit = DEFAULT_LIMIT }: ExplainOptions,
  request: Pick<SearchRequest, "observed" | "session">,
): string | undefined {
  try {
    const firmwares = [...expectation.firmwares, ...alsoFirmwares].map(candidateOf);
    const space = searchSpace(expected(expectation, firmwares), {
      maxVcpus: Math.max(MAX_VCPUS, expectation.vcpus),
      exhaustive: false,
      fixed: new Set(),
    });
    const whole = { ...request, spaces: [space], limit };
    const search = new Search(whole);
    while (search.advance(limit)) continue;
    const { launch } = search.outcome();
    if (launch === undefined) return undefined;
    const { sentence, hints } = explainLaunch(launch, whole);
    return [sentence, ...hints].join(" ");
  } catch (error) {
    // Nothing that was given could be launched: there is no explanation then, and none is owed.
    if (error instanceof LaunchError || error instanceof LayoutError) return undefined;
    throw error;
  }
}

function candidateOf({ name, firmware }: AcceptedFirmware): FirmwareCandidate {
  const load = () => readFirmware(firmware.bytes);
  return firmwareCandidate(load(), { kind: "file", file: name }, load, new Set());
}

function expected(
  { generation, boot, vcpus, vcpuType, profiles, sevFeatures }: LaunchExpectation,
  firmwares: readonly FirmwareCandidate[],
) {
  const mode = MODES[generation];
  const profile = profiles.find(({ modes }) => modes.some((known) => known === mode));
  return {
    mode,
    firmwares,
    firmwareExpected: true,
    vcpus,
    ...(vcpuType === undefined ? {} : { vcpuType }),
    sevFeatures: sevFeatures[0] ?? (mode === "snp" ? 1n : 0n),
    profile: { profile: profile ?? vmsaProfile("qemu") },
    vmsaGpa: KVM_VMSA_GPA,
    kernelHashes: boot !== undefined,
    kernels: boot === undefined ? [] : [boot.kernel],
    initrds: boot?.initrd === undefined ? [] : [boot.initrd],
    commandLines: boot === undefined ? [] : [{ line: oneCharacterAByte(boot.cmdline) }],
  };
}

/** Command lines are searched as bytes, one character each. */
function oneCharacterAByte(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** A planned launch under another build or minor version than the host states. */
function otherApi(
  { reported, candidates }: SevLaunchInput,
  measured: { readonly tik: Uint8Array; readonly policy: number; readonly mnonce: Uint8Array },
  observed: Uint8Array,
  limit: number,
): string | undefined {
  const [candidate] = candidates;
  if (candidate === undefined || limit < BYTE * BYTE) return undefined;
  const { digest } = candidate;
  for (let apiMinor = 0; apiMinor < BYTE; apiMinor++) {
    for (let buildId = 0; buildId < BYTE; buildId++) {
      const { apiMajor } = reported;
      const made = launchMeasurement({ ...measured, apiMajor, apiMinor, buildId, digest });
      if (!equalBytes(made, observed)) continue;
      const stated = `${apiMajor}.${reported.apiMinor} build ${reported.buildId}`;
      return (
        `The launch is as planned, but the firmware is API ${apiMajor}.${apiMinor} build ${buildId} ` +
        `and not ${stated}, as the hypervisor states. Have the host state what it runs.`
      );
    }
  }
  return undefined;
}
