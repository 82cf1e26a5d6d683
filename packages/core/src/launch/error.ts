// SPDX-License-Identifier: Apache-2.0
// The error of the launch layer: parameters from which no digest can be computed.

import type { Finding } from "../finding/index.ts";

/** Permanent codes of {@link LaunchError}. A code is never renamed or reused. */
export type LaunchErrorCode =
  | "bad-digest"
  | "bad-guest-features"
  | "cmdline-contains-nul"
  | "cpu-signature-invalid"
  | "cpu-signature-missing"
  | "finding-not-acceptable"
  | "firmware-bytes-missing"
  | "firmware-unsuitable"
  | "host-cpu-model"
  | "profile-mode-mismatch"
  | "svsm-unsuitable"
  | "unknown-cpu-model"
  | "unknown-profile"
  | "vcpus-out-of-range"
  | "vmsa-gpa-invalid";

/** A launch that cannot be measured as asked: what is wrong and what to do. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  readonly code: LaunchErrorCode;
  readonly hint?: string;
  /** The findings behind `firmware-unsuitable`, all of them. */
  readonly findings: readonly Finding[];

  constructor(
    code: LaunchErrorCode,
    message: string,
    more: { readonly hint?: string | undefined; readonly findings?: readonly Finding[] } = {},
  ) {
    super(message);
    this.code = code;
    this.findings = more.findings ?? [];
    if (more.hint !== undefined) this.hint = more.hint;
  }
}
