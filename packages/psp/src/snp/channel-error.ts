// SPDX-License-Identifier: Apache-2.0
// The error of the guest's end of the message channel.

/** Permanent codes of {@link ChannelError}. */
export type ChannelErrorCode =
  | "bad-key"
  | "bad-sequence"
  | "bad-size"
  | "bad-tag"
  | "bad-type"
  | "refused";

/** A message that was not answered as it must be. */
export class ChannelError extends Error {
  override readonly name = "ChannelError";
  readonly code: ChannelErrorCode;

  constructor(code: ChannelErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
