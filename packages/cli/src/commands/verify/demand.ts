// SPDX-License-Identifier: Apache-2.0
// What is demanded, out of the options: a policy file, fields set on the command line, and the options
// that stand for the commonest fields.

import { hexEncode } from "@greenlight/core/bytes";
import { DEFAULT_POLICY } from "@greenlight/core/appraisal";
import type { Policy } from "@greenlight/core/appraisal";
import { parseBytes } from "../../input/digest.ts";
import { parseNumber } from "../../input/number.ts";
import type { VerifyOptions } from "./options.ts";

const MODES = ["off", "if-available", "required"] as const;

/**
 * The policy to appraise by. The schema of policies is loaded only for a file or a field that is set.
 * @throws {UsageError} for a file or value that cannot be used.
 */
export async function policyOf(options: VerifyOptions): Promise<Policy> {
  const policy = await basisOf(options);
  const { measurement, "host-data": hostData, vmpl, crl } = options;
  const mode = MODES.find((name) => name === crl);
  const revocation = policy.evidence.revocation;
  return {
    ...policy,
    evidence: {
      ...policy.evidence,
      revocation: mode === undefined ? revocation : { ...revocation, mode },
    },
    guest: {
      ...policy.guest,
      ...(measurement.length === 0
        ? {}
        : { measurements: measurement.map((text) => labelled(text, "--measurement", 48)) }),
      ...(hostData === undefined ? {} : { hostData: [labelled(hostData, "--host-data", 32)] }),
      ...(vmpl.length === 0 ? {} : { vmpl: vmpl.map((text) => parseNumber(text, "--vmpl", 3)) }),
    },
  };
}

async function basisOf({ policy, set }: VerifyOptions): Promise<Policy> {
  if (policy === undefined && set.length === 0) return DEFAULT_POLICY;
  const { loadPolicy } = await import("../../input/policy-file.ts");
  return loadPolicy(policy, set);
}

function labelled(text: string, option: string, length: number): { readonly value: string } {
  return { value: hexEncode(parseBytes(text, option, length)) };
}
