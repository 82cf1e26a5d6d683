// SPDX-License-Identifier: Apache-2.0
// Whether a secret table fits into the area that the measured firmware sets aside for it.
// Source: edk2 OvmfPkg, SevLaunchSecret block of the footer table.

import type { Finding } from "../../finding/index.ts";
import type { AcceptedFirmware } from "./candidates.ts";

const SOURCE = "edk2 OvmfPkg/AmdSev, SEV secret block";

/**
 * Judges secrets against a firmware's secret area.
 * @param size Bytes of the padded secret table; undefined when nothing is to be injected.
 */
export function checkSecretArea(
  { name, firmware }: AcceptedFirmware,
  size: number | undefined,
): readonly Finding[] {
  const area = firmware.secret;
  const hasArea = area !== null && area.base !== 0 && area.size !== 0;
  if (size === undefined) {
    const title = "The plan releases no secret";
    return [
      { id: "launch.secret.area-missing", outcome: "skipped", title },
      { id: "launch.secret.too-large", outcome: "skipped", title },
    ];
  }
  if (!hasArea) {
    return [
      {
        id: "launch.secret.area-missing",
        outcome: "fail",
        title: `${name} has no area for launch secrets`,
        source: SOURCE,
        hint: "use a firmware build for confidential guests, such as OVMF's AmdSev",
      },
      {
        id: "launch.secret.too-large",
        outcome: "skipped",
        title: "Not looked at: there is no area for secrets",
      },
    ];
  }
  const expected = `at most ${area.size} bytes`;
  const actual = `${size} bytes`;
  return [
    {
      id: "launch.secret.area-missing",
      outcome: "pass",
      title: `${name} has an area for launch secrets`,
      actual: `0x${area.base.toString(16)}, ${area.size} bytes`,
      source: SOURCE,
    },
    size <= area.size
      ? {
          id: "launch.secret.too-large",
          outcome: "pass",
          title: "The secrets fit into the secret area",
          expected,
          actual,
          source: SOURCE,
        }
      : {
          id: "launch.secret.too-large",
          outcome: "fail",
          title: `The secrets are larger than the secret area of ${name}`,
          expected,
          actual,
          source: SOURCE,
          hint: "release a key here, and let the guest fetch what is larger with it",
        },
  ];
}
