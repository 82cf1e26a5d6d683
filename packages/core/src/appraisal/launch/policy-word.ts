// SPDX-License-Identifier: Apache-2.0
// What a legacy guest policy lets the host do, judged before a session is made with it.
// Source: AMD SEV API (55766), Guest Policy Structure.

import type { Finding } from "../../finding/index.ts";
import { compareApi } from "../../launch/api-forms.ts";
import type { ApiVersion } from "../../launch/api-forms.ts";
import {
  SEV_POLICY_BITS,
  SEV_POLICY_SOURCE,
  describeSevPolicy,
  formatSevPolicy,
} from "../../launch/session/policy.ts";
import type { SevPolicyBitName } from "../../launch/session/policy.ts";
import type { Generation } from "./candidates.ts";

/** A version of the firmware API, and the build of it where that counts. */
export interface FirmwareApi extends ApiVersion {
  readonly build?: number;
}

/**
 * Negative, zero or positive as `a` is older than, the same as or newer than `b`. The build counts only
 * within the same version, and only where `b` has one.
 */
export function compareFirmwareApi(a: FirmwareApi, b: FirmwareApi): number {
  return compareApi(a, b) || (b.build === undefined ? 0 : (a.build ?? 0) - b.build);
}

/** A version in words: `1.55 build 24`. */
export function formatApi({ major, minor, build }: FirmwareApi): string {
  return `${major}.${minor}${build === undefined ? "" : ` build ${build}`}`;
}

/**
 * Judges the policy of a session.
 * @param policy The 32-bit word.
 * @param minimum What the plan demands of the firmware.
 * @throws {LayoutError} `out-of-range` when the policy is not a 32-bit value.
 */
export function checkSevPolicy(
  policy: number,
  generation: Generation,
  minimum: FirmwareApi | undefined,
): readonly Finding[] {
  const has = (name: SevPolicyBitName): boolean => (policy & SEV_POLICY_BITS[name]) !== 0;
  const { unknownBits, minimumApi } = describeSevPolicy(policy);
  const actual = formatSevPolicy(policy);
  const wantsEs = generation === "sev-es";
  return [
    judged(unknownBits.length === 0, {
      id: "launch.policy.reserved-bits",
      passed: "The guest policy has only bits with a name",
      failed: `The guest policy has reserved bits set: ${unknownBits.join(", ")}`,
      actual,
      hint: "clear bits 6 to 15 of the policy",
    }),
    judged(has("ES") === wantsEs, {
      id: "launch.policy.generation",
      passed: `The guest policy ${wantsEs ? "demands" : "does not demand"} SEV-ES, as the plan says`,
      failed: wantsEs
        ? "The plan is for SEV-ES and its guest policy does not demand it (ES)"
        : "The guest policy demands SEV-ES (ES) and the plan is for SEV",
      actual,
      hint: wantsEs
        ? "set bit 2 (ES): without it the host may launch the guest without encrypted registers"
        : "make the plan's generation sev-es, or clear bit 2 (ES)",
    }),
    judged(has("NODBG"), {
      id: "launch.policy.debug-allowed",
      passed: "The host may not debug the guest (NODBG)",
      failed: "The guest policy lets the host read and write the guest's memory (NODBG is not set)",
      actual,
      hint: "set bit 0 (NODBG)",
    }),
    judged(has("NOKS"), {
      id: "launch.policy.key-sharing",
      passed: "No other guest may share the memory key (NOKS)",
      failed: "The guest policy lets other guests share the memory key (NOKS is not set)",
      actual,
      hint: "set bit 1 (NOKS)",
    }),
    sendFinding(has("NOSEND"), has("DOMAIN") && has("SEV"), actual),
    minimumFinding(minimumApi, minimum),
  ];
}

function sendFinding(noSend: boolean, confined: boolean, actual: string): Finding {
  const id = "launch.policy.send-allowed";
  if (noSend) return { id, outcome: "pass", title: "The guest may not be sent elsewhere", actual };
  return {
    id,
    outcome: "warn",
    title: confined
      ? "The guest may be sent to other SEV platforms of the same owner (NOSEND is not set)"
      : "The guest may be sent to platforms that nobody has verified (NOSEND is not set)",
    actual,
    source: SEV_POLICY_SOURCE,
    hint: "set bit 3 (NOSEND) unless the guest has to migrate; then set DOMAIN and SEV",
  };
}

function minimumFinding(demanded: ApiVersion, minimum: FirmwareApi | undefined): Finding {
  const id = "launch.policy.minimum-api";
  const actual = formatApi(demanded);
  if (minimum === undefined) {
    return {
      id,
      outcome: "warn",
      title: "The plan demands no minimum firmware API",
      actual,
      source: SEV_POLICY_SOURCE,
      hint: "set platform.minimumApi: firmware before 0.17 build 22 gives the platform's keys away",
    };
  }
  const wanted = { major: minimum.major, minor: minimum.minor };
  return judged(compareApi(demanded, wanted) >= 0, {
    id,
    passed: "The guest policy demands the plan's minimum firmware API",
    failed: "The guest policy demands less of the firmware API than the plan",
    actual,
    expected: formatApi(wanted),
    hint: "leave the version out of launch.policy: it is then put in from platform.minimumApi",
  });
}

interface Words {
  readonly id: Finding["id"];
  readonly passed: string;
  readonly failed: string;
  readonly actual: string;
  readonly expected?: string;
  readonly hint: string;
}

function judged(holds: boolean, { id, passed, failed, hint, ...values }: Words): Finding {
  if (holds) return { id, outcome: "pass", title: passed, ...values, source: SEV_POLICY_SOURCE };
  return { id, outcome: "fail", title: failed, ...values, source: SEV_POLICY_SOURCE, hint };
}
