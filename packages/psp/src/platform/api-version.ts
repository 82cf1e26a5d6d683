// SPDX-License-Identifier: Apache-2.0
// The version of a platform's firmware.

/** Version of the firmware; each is one byte. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}
