// SPDX-License-Identifier: Apache-2.0
// appraiseSevLaunch(): whether what a platform measured is a launch that the owner planned, under the
// policy of the owner's own session. Every check is reported.
// Source: AMD SEV API (55766), LAUNCH_START and LAUNCH_MEASURE.

import { equalBytes } from "../../crypto/equal.ts";
import { hexEncode, hexNumber } from "../../bytes/index.ts";
import type { Finding } from "../../finding/index.ts";
import { apiForm } from "../../launch/api-forms.ts";
import { launchMeasurement } from "../../launch/measurement.ts";
import { outcomeOf } from "../verdict.ts";
import type { VerdictOutcome } from "../verdict.ts";
import type { Generation, LaunchCandidate } from "./candidates.ts";
import { withAcceptance } from "./acceptance.ts";
import { compareFirmwareApi, formatApi } from "./policy-word.ts";
import type { FirmwareApi } from "./policy-word.ts";

const SOURCE = "AMD SEV API 55766, LAUNCH_MEASURE";

/** Sizes of what LAUNCH_MEASURE gives: the measurement, and the nonce behind it. */
const MEASUREMENT_SIZE = 32;
const MNONCE_SIZE = 16;

/** What the hypervisor says of a launch. None of it is believed until the measurement proves it. */
export interface ReportedLaunch {
  /** What it calls the guest: `sev`, `sev-snp`, `none`. */
  readonly type: string;
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly buildId: number;
  /** Guest policy; absent where the hypervisor does not tell it. */
  readonly policy?: number;
  /** QEMU's word for the state of the launch; libvirt does not tell it. */
  readonly state?: string;
  /** Whether the guest's processors wait: the domain or machine is paused or not yet started. */
  readonly waiting: boolean;
}

/** What is appraised, and by what. */
export interface SevLaunchInput {
  readonly generation: Exclude<Generation, "sev-snp">;
  /** The owner's own session: its policy and its secret integrity key, 16 bytes. */
  readonly session: {
    readonly policy: number;
    readonly keys: { readonly tik: Uint8Array };
  };
  readonly reported: ReportedLaunch;
  /** What LAUNCH_MEASURE gave, 48 bytes. */
  readonly blob: Uint8Array;
  /** Launches that are taken. */
  readonly candidates: readonly LaunchCandidate[];
  readonly minimum?: FirmwareApi;
  /** Ids of findings that the owner accepts. */
  readonly accept?: ReadonlySet<string>;
}

/** What it came to. */
export interface SevLaunchAppraisal {
  readonly outcome: VerdictOutcome;
  readonly findings: readonly Finding[];
  /** Whether there was a measurement that could be compared with the candidates at all. */
  readonly compared: boolean;
  /** The launch that was measured; only when the measurement proves one. */
  readonly candidate?: LaunchCandidate;
  /** The proved measurement, 32 bytes: what a secret packet is bound to. */
  readonly measure?: Uint8Array;
}

/**
 * Appraises a legacy launch that waits for its secret.
 * @throws {LayoutError} for a session key of another length than 16 bytes, which is the caller's.
 */
export function appraiseSevLaunch(input: SevLaunchInput): SevLaunchAppraisal {
  const { blob, minimum, accept = new Set<string>() } = input;
  const hasLayout = blob.length === MEASUREMENT_SIZE + MNONCE_SIZE;
  const hasApi = apiFits(input.reported);
  const candidate = hasLayout && hasApi ? measured(input) : undefined;
  const findings = withAcceptance(
    [
      kindFinding(input),
      stateFinding(input.reported),
      policyFinding(input),
      apiFinding(input.reported, hasApi),
      layoutFinding(blob, hasLayout),
      measurementFinding(input, hasLayout && hasApi, candidate),
      coverageFinding(input.reported, hasApi),
      minimumFinding(input.reported, minimum, candidate !== undefined),
      ADDRESSES,
    ],
    accept,
  );
  return {
    outcome: outcomeOf(findings),
    findings,
    compared: hasLayout && hasApi,
    ...(candidate === undefined ? {} : { candidate, measure: blob.slice(0, MEASUREMENT_SIZE) }),
  };
}

/** The candidate whose measurement under the session's key is the given one. All are computed. */
function measured(input: SevLaunchInput): LaunchCandidate | undefined {
  const { session, reported, blob, candidates } = input;
  const measurement = blob.subarray(0, MEASUREMENT_SIZE);
  const mnonce = blob.subarray(MEASUREMENT_SIZE);
  const { apiMajor, apiMinor, buildId } = reported;
  const { policy, keys } = session;
  let found: LaunchCandidate | undefined;
  for (const candidate of candidates) {
    const { digest } = candidate;
    const api = { apiMajor, apiMinor, buildId };
    const expected = launchMeasurement({ tik: keys.tik, ...api, policy, digest, mnonce });
    if (equalBytes(expected, measurement)) found = candidate;
  }
  return found;
}

function apiFits({ apiMajor, apiMinor, buildId }: ReportedLaunch): boolean {
  return [apiMajor, apiMinor, buildId].every(
    (value) => Number.isInteger(value) && value >= 0 && value <= 0xff,
  );
}

function kindFinding({ reported }: SevLaunchInput): Finding {
  const id = "launch.kind.mismatch";
  if (reported.type === "sev") {
    return { id, outcome: "pass", title: "The hypervisor runs the guest under SEV" };
  }
  return {
    id,
    outcome: "fail",
    title: "The hypervisor does not run the guest under SEV",
    expected: "sev",
    actual: reported.type,
    hint: "the machine needs a sev-guest object as its confidential-guest-support",
  };
}

function stateFinding({ state, waiting }: ReportedLaunch): Finding {
  const id = "launch.guest.state";
  const isSecret = state === undefined || state === "launch-secret";
  if (waiting && isSecret) {
    return { id, outcome: "pass", title: "The guest has not run and waits for its secret" };
  }
  return {
    id,
    outcome: "fail",
    title: waiting
      ? "The launch is not in the state in which a secret is injected"
      : "The guest's processors run already, before anything was decided",
    expected: "launch-secret, stopped",
    actual: `${state ?? "state not told"}, ${waiting ? "stopped" : "running"}`,
    source: "QEMU target/i386/sev.c",
    hint: "start the guest stopped (-S, virsh start --paused) and let the owner continue it",
  };
}

function policyFinding({ reported, session }: SevLaunchInput): Finding {
  const id = "launch.policy.differs";
  const expected = hexNumber(session.policy);
  if (reported.policy === undefined) {
    return {
      id,
      outcome: "skipped",
      title: "The hypervisor does not state the guest policy; the measurement covers the session's",
    };
  }
  const actual = hexNumber(reported.policy);
  if (reported.policy === session.policy) {
    return { id, outcome: "pass", title: "The hypervisor states the session's policy", actual };
  }
  return {
    id,
    outcome: "fail",
    title: "The hypervisor states another guest policy than the session's",
    expected,
    actual,
    source: "AMD SEV API 55766, LAUNCH_START",
    hint: "the host has to start the guest with the policy that the session was made for",
  };
}

function apiFinding({ apiMajor, apiMinor, buildId }: ReportedLaunch, fits: boolean): Finding {
  const id = "launch.api.malformed";
  if (fits) return { id, outcome: "pass", title: "The hypervisor states a firmware API and build" };
  return {
    id,
    outcome: "fail",
    title: "The hypervisor states an API version or build that no firmware has",
    expected: "three numbers from 0 to 255",
    actual: `${apiMajor}.${apiMinor} build ${buildId}`,
    source: SOURCE,
  };
}

function layoutFinding(blob: Uint8Array, fits: boolean): Finding {
  const id = "launch.measurement.layout";
  if (fits) return { id, outcome: "pass", title: "LAUNCH_MEASURE gave a measurement and a nonce" };
  return {
    id,
    outcome: "fail",
    title: "What the hypervisor gave is no launch measurement",
    expected: "48 bytes",
    actual: `${blob.length} bytes`,
    source: SOURCE,
  };
}

function measurementFinding(
  { blob, candidates }: SevLaunchInput,
  compared: boolean,
  candidate: LaunchCandidate | undefined,
): Finding {
  const id = "launch.measurement.mismatch";
  if (candidate !== undefined) {
    return {
      id,
      outcome: "pass",
      title: "The platform measured a launch that the plan describes, under this session",
      actual: candidate.label,
      source: SOURCE,
    };
  }
  if (!compared) {
    return {
      id,
      outcome: "fail",
      title: "There is no measurement that could be compared with the plan",
      source: SOURCE,
    };
  }
  return {
    id,
    outcome: "fail",
    title: "The measurement is of no launch that the plan describes",
    expected: candidates.map(({ label }) => label).join("; "),
    actual: `measurement ${hexEncode(blob.subarray(0, MEASUREMENT_SIZE))}`,
    source: SOURCE,
  };
}

/** Old firmware authenticates the digest alone, so that what it says of itself is not proved. */
function coverageFinding({ apiMajor, apiMinor }: ReportedLaunch, fits: boolean): Finding {
  const id = "launch.api.not-covered";
  const title = "The measurement covers API version, build and guest policy";
  if (!fits) return { id, outcome: "skipped", title: "There is no API version to go by" };
  if (apiForm({ major: apiMajor, minor: apiMinor }).measuresVersions) {
    return { id, outcome: "pass", title, source: SOURCE };
  }
  return {
    id,
    outcome: "fail",
    title: "The measurements of this firmware cover neither its version nor the guest policy",
    expected: "API 0.17 or newer",
    actual: formatApi({ major: apiMajor, minor: apiMinor }),
    source: SOURCE,
    hint: "the host has to update its SEV firmware, which is also open to CVE-2019-9836",
  };
}

function minimumFinding(
  { apiMajor, apiMinor, buildId }: ReportedLaunch,
  minimum: FirmwareApi | undefined,
  proved: boolean,
): Finding {
  const id = "launch.api.below-minimum";
  if (minimum === undefined) {
    return { id, outcome: "skipped", title: "The plan demands no minimum firmware API" };
  }
  const expected = formatApi(minimum);
  const reported = { major: apiMajor, minor: apiMinor, build: buildId };
  const actual = formatApi(reported);
  if (compareFirmwareApi(reported, minimum) < 0) {
    return {
      id,
      outcome: "fail",
      title: "The firmware API is older than the plan demands",
      expected,
      actual,
      source: SOURCE,
      hint: "the host has to update its SEV firmware",
    };
  }
  // Old firmware measures no version, so that any other could be behind the same measurement.
  const covers = apiForm({ major: apiMajor, minor: apiMinor }).measuresVersions;
  if (!proved || !covers) {
    const why = proved ? "the measurement does not cover it" : "no measurement matches";
    const title = `Whether the firmware API is new enough is not proved: ${why}`;
    return { id, outcome: "unknown", title, expected, actual, source: SOURCE };
  }
  const title = "The firmware API, which the measurement proves, is new enough";
  return { id, outcome: "pass", title, expected, actual, source: SOURCE };
}

/** True of every launch of these generations, whatever was measured. */
const ADDRESSES: Finding = {
  id: "launch.digest.addresses-not-bound",
  outcome: "warn",
  title: "SEV and SEV-ES measure what was loaded, not where: the host may have placed it elsewhere",
  source: "CVE-2021-26311 (undeSErVed trust)",
  hint: "where the processor can do it, use SEV-SNP, which measures addresses too",
};
