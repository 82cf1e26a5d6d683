// SPDX-License-Identifier: Apache-2.0
// What LAUNCH_MEASURE and LAUNCH_SECRET authenticate depends on the firmware's API version. One row
// for each form, the newest first.

/** Version of the SEV API that a firmware speaks. */
export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
}

/** The forms one range of firmware versions has. */
export interface ApiForm {
  /** Lowest version with these forms. */
  readonly from: ApiVersion;
  /** Whether the measurement covers context, versions and policy, and not only digest and nonce. */
  readonly measuresVersions: boolean;
  /** Whether the MAC of a secret covers the measurement the secret is released for. */
  readonly bindsSecret: boolean;
}

/** AMD SEV API 55766: both bindings came with version 0.17; the older forms are sev-tool's. */
const FORMS: readonly ApiForm[] = [
  { from: { major: 0, minor: 17 }, measuresVersions: true, bindsSecret: true },
  { from: { major: 0, minor: 0 }, measuresVersions: false, bindsSecret: false },
];

/** The forms of a firmware. */
export function apiForm(api: ApiVersion): ApiForm {
  const found = FORMS.find(({ from }) => compareApi(api, from) >= 0);
  // The last row begins at 0.0, below which there is nothing.
  return found ?? FORMS.at(-1)!;
}

/** Negative, zero or positive as version `a` is older than, the same as or newer than `b`. */
export function compareApi(a: ApiVersion, b: ApiVersion): number {
  return a.major === b.major ? a.minor - b.minor : a.major - b.major;
}
