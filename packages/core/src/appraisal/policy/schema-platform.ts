// SPDX-License-Identifier: Apache-2.0
// The section `platform` of a policy: what the host's processor and firmware must be.

import * as z from "zod/mini";
import {
  PLATFORM_INFO_BITS,
  PLATFORM_INFO_SOURCE,
  TCB_SOURCE,
  formatTcb,
} from "../../evidence/index.ts";
import type { PlatformInfoBit } from "../../evidence/index.ts";
import { DEFAULT_POLICY } from "./default.ts";
import { field } from "./field.ts";
import { ANSWERS } from "./schema-evidence.ts";
import type { TcbFloors } from "./types.ts";
import { bit, bitSet, firmwareVersion, wholeNumber, word } from "./values.ts";
import { answers } from "./words.ts";

const REPORT = "AMD 56860, table ATTESTATION_REPORT";
const { platform } = DEFAULT_POLICY;

const part = (): z.ZodMiniExactOptional<ReturnType<typeof wholeNumber>> =>
  z.exactOptional(wholeNumber(0, 255));

const MILAN_PARTS = { bootloader: part(), tee: part(), snp: part(), microcode: part() };
const milanFloor = z.exactOptional(z.strictObject(MILAN_PARTS));
const turinFloor = z.exactOptional(z.strictObject({ fmc: part(), ...MILAN_PARTS }));

const floors = z.strictObject({
  Milan: milanFloor,
  Genoa: milanFloor,
  Turin: turinFloor,
  Venice: turinFloor,
});

function floorSentence(which: string, given: TcbFloors): string | undefined {
  const lines = Object.entries(given);
  if (lines.length === 0) return undefined;
  const each = lines.map(([line, floor]) => `on ${line} ${formatTcb(floor)}`);
  return `The ${which} is at least: ${each.join("; ")}. Processors of other lines are refused.`;
}

function infoBit(name: PlatformInfoBit) {
  const { bit: number, amdName, clear, set } = PLATFORM_INFO_BITS[name];
  return field(bit(), platform.info[name], {
    meaning: `Bit ${number} of PLATFORM_INFO, ${amdName}. 0: ${clear}. 1: ${set}.`,
    source: PLATFORM_INFO_SOURCE,
    demands: (value) =>
      value === "any" ? undefined : `${amdName} is ${value}: ${value === 1 ? set : clear}.`,
    open: `${amdName} may be 0 (${clear}) or 1 (${set}).`,
  });
}

function mitigations(when: "launch" | "current") {
  const name = when === "launch" ? "LAUNCH_MIT_VECTOR" : "CURRENT_MIT_VECTOR";
  return field(bitSet(), platform.mitigations[when], {
    meaning:
      `Bits that must be set in ${name}: mitigations the firmware had verified ` +
      `${when === "launch" ? "when the guest was launched" : "when the report was made"}. Only reports ` +
      "of version 5 and newer have it; older ones do not satisfy a demand.",
    source: `${REPORT}, ${name}`,
    demands: (bits) => (bits === "0x0" ? undefined : `${name} has all bits of ${bits} set.`),
    open: `No mitigation is demanded of ${name}.`,
  });
}

/** The section. */
export const PLATFORM_SECTION = z.prefault(
  z.strictObject({
    firmware: z.prefault(
      z.strictObject({
        minimumVersion: field(firmwareVersion(), "any", {
          meaning: 'Lowest version of the running SEV-SNP firmware, as text: "1.55".',
          source: `${REPORT}, CURRENT_MAJOR and CURRENT_MINOR`,
          demands: (version) =>
            version === "any" ? undefined : `The SEV-SNP firmware is ${version} or newer.`,
          open: "Every version of the SEV-SNP firmware is taken.",
        }),
        minimumBuild: field(wholeNumber(0, 255), 0, {
          meaning: "Lowest build of the running SEV-SNP firmware.",
          source: `${REPORT}, CURRENT_BUILD`,
          demands: (build) =>
            build === 0 ? undefined : `The build of the SEV-SNP firmware is ${build} or higher.`,
          open: "Every build of the SEV-SNP firmware is taken.",
        }),
        compareBuild: field(word(["within-version", "always"]), "within-version", {
          meaning:
            "Whether a firmware newer than minimumVersion satisfies minimumBuild with any build " +
            "(within-version), or the build is compared by itself (always).",
          demands: (mode) =>
            mode === "always" ? "The build is compared whatever the version is." : undefined,
          open: "A version newer than the minimum satisfies the minimum build too.",
        }),
        provisional: field(word(ANSWERS), platform.firmware.provisional, {
          meaning:
            "Firmware that runs but is not committed, so that the host can go back to an older one: " +
            "CURRENT and COMMITTED differ in TCB, version or build.",
          source: "AMD 56860, SNP_COMMIT",
          ...answers(
            "Hosts whose firmware is not committed",
            "Firmware that the host can replace by an older one is taken.",
          ),
        }),
      }),
      {},
    ),
    tcb: field(
      floors,
      {},
      {
        meaning:
          "Lowest REPORTED_TCB by product line, part by part: what the host says its firmware is at " +
          "least, and what the VCEK or VLEK is derived for. Once a line has a floor, lines without one " +
          "are refused.",
        source: TCB_SOURCE,
        demands: (given) => floorSentence("reported TCB", given),
        open: "Firmware of any age is taken, also with known holes: there is no floor on the TCB.",
        grave: true,
      },
    ),
    launchTcb: field(
      floors,
      {},
      {
        meaning:
          "Lowest LAUNCH_TCB by product line: the firmware the guest was launched or imported under.",
        source: TCB_SOURCE,
        demands: (given) => floorSentence("TCB at launch", given),
        open: "The guest may have been launched under any firmware.",
      },
    ),
    mitigations: z.prefault(
      z.strictObject({ launch: mitigations("launch"), current: mitigations("current") }),
      {},
    ),
    info: z.prefault(
      z.strictObject({
        smt: infoBit("smt"),
        tsme: infoBit("tsme"),
        ecc: infoBit("ecc"),
        raplDis: infoBit("raplDis"),
        ciphertextHidingDram: infoBit("ciphertextHidingDram"),
        aliasCheckComplete: infoBit("aliasCheckComplete"),
        iommuWriteSafe: infoBit("iommuWriteSafe"),
        tio: infoBit("tio"),
        unknown: field(word(ANSWERS), platform.info.unknown, {
          meaning: "Bits of PLATFORM_INFO that have no name here.",
          source: PLATFORM_INFO_SOURCE,
          ...answers(
            "Unknown bits of PLATFORM_INFO",
            "Unknown bits of PLATFORM_INFO are passed over.",
          ),
        }),
      }),
      {},
    ),
  }),
  {},
);
