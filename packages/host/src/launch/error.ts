// SPDX-License-Identifier: Apache-2.0
// The error of this layer: a launch that cannot be carried out. That a launch is refused is no error.

import type { Finding } from "@greenlight/core/finding";

/** Permanent codes of {@link GuestLaunchError}. */
export type GuestLaunchErrorCode =
  | "channel-closed"
  | "channel-protocol"
  | "deadline"
  | "guest-ended"
  | "host-unsupported"
  | "interrupted"
  | "no-session"
  | "record-broken"
  | "record-unwritable"
  | "session-folder"
  | "session-used";

/** What an error says beside its code and message. */
interface GuestLaunchErrorParts {
  readonly hint?: string | undefined;
  /** What the failure says about the launch, where it says something. */
  readonly findings?: readonly Finding[];
  readonly cause?: unknown;
}

/** A launch cannot be carried out. Messages and hints never hold keys or secrets. */
export class GuestLaunchError extends Error {
  override readonly name = "GuestLaunchError";
  readonly code: GuestLaunchErrorCode;
  readonly hint?: string;
  readonly findings?: readonly Finding[];

  constructor(code: GuestLaunchErrorCode, message: string, parts: GuestLaunchErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    if (parts.hint !== undefined) this.hint = parts.hint;
    if (parts.findings !== undefined) this.findings = parts.findings;
  }
}
