// SPDX-License-Identifier: Apache-2.0
// docs/reference/vmsa-profiles.md: what each VMM starts a vCPU with.
import { annotate } from "../../packages/core/src/bytes/index.ts";
import {
  VMSA,
  VMSA_PROFILES,
  applicationVmsaPage,
  bootVmsaPage,
  profileHosts,
} from "../../packages/core/src/launch/index.ts";
import type { VmsaProfile } from "../../packages/core/src/launch/index.ts";

/** An entry point and a signature that are easy to recognise in the tables. */
const SAMPLE = { signature: 0x00a00f11, sevFeatures: 1n, entryPoint: 0x0080b004 };

/** The page. */
export function profilesPage(): string {
  const head = [
    "# VMSA profiles",
    "",
    "Made from the data rows in packages/core/src/launch/vmsa/profiles.ts by `node scripts/docs.ts`.",
    "Choose one with `--vmsa-profile ID`; `--vmm-type` picks the first of its VMM.",
    "",
    "| id | `--vmm-type` | modes | SEC_MEM | CPUID pages | hosts |",
    "|---|---|---|---|---|---|",
    ...VMSA_PROFILES.map(
      (profile) =>
        `| \`${profile.id}\` | ${profile.vmm} | ${profile.modes.join(", ")} | ${profile.secMem} | ${profile.cpuidLast ? "last" : "in order"} | ${profileHosts(profile)} |`,
    ),
    "",
    "Registers that are not zero, for an EPYC-Milan vCPU, guest features 1 and an AP entry point of",
    "0x80b004. Where boot and application processors differ, both values stand.",
    "",
  ];
  return `${[...head, ...VMSA_PROFILES.flatMap(registerTable)].join("\n")}\n`;
}

function registerTable(profile: VmsaProfile): readonly string[] {
  const parameters = { profile, ...SAMPLE };
  const boot = annotate(VMSA, bootVmsaPage(parameters));
  const others = annotate(VMSA, applicationVmsaPage(parameters));
  const rows = boot.flatMap(({ path, offset, text }, i) => {
    const other = others[i]!.text;
    const isZero = /^(0x)?0*$/.test(text) && /^(0x)?0*$/.test(other);
    if (isZero) return [];
    const value = text === other ? `\`${text}\`` : `boot \`${text}\`, others \`${other}\``;
    return [`| 0x${offset.toString(16).padStart(3, "0")} | ${path} | ${value} |`];
  });
  return [`## ${profile.id}`, "", "| offset | register | value |", "|---|---|---|", ...rows, ""];
}
