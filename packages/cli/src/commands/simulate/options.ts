// SPDX-License-Identifier: Apache-2.0
// Options of the simulate commands.

import type { OptionValues, Options } from "../../command/command.ts";

const group = "The platform";

/** What stands for a folder that nobody named. */
export const DEFAULT_FOLDER = "simulator";

/** Product lines, oldest first. */
export const LINES = ["Naples", "Rome", "Milan", "Genoa", "Turin"] as const;

const FAULT_OPTION = {
  fault: {
    kind: "list",
    placeholder: "NAME",
    brief: "what it does wrong, for tests of refusals: such as pdh=other, snp.report=other-key",
    group,
  },
} as const satisfies Options;

/** Of a new platform. */
export const PLATFORM_OPTIONS = {
  line: {
    kind: "value",
    placeholder: "LINE",
    brief: "product line",
    choices: LINES,
    default: "Milan",
    group,
  },
  api: {
    kind: "value",
    placeholder: "VERSION",
    brief: "firmware version, MAJOR.MINOR.BUILD",
    default: "a usual one of the line",
    group,
  },
  "chip-id": {
    kind: "value",
    placeholder: "HEX",
    brief: "id of the chip, 64 bytes; on Turin the last 56 are zero",
    default: "an imaginary chip",
    group,
  },
  seed: {
    kind: "value",
    placeholder: "TEXT",
    brief:
      "what all keys of chip and roots follow from; any but greenlight and other costs seconds",
    default: "greenlight",
    group,
  },
  random: {
    kind: "value",
    placeholder: "TEXT",
    brief: "what all other keys and nonces follow from, so that everything repeats",
    default: "the system's random numbers",
    group,
  },
  "no-es": { kind: "flag", brief: "a platform without SEV-ES", group },
  "forge-amd-names": {
    kind: "flag",
    brief: "AMD's names and key ids over the simulator's keys, for tests of verifiers",
    group,
  },
  "report-version": {
    kind: "value",
    placeholder: "N",
    brief: "version of SEV-SNP reports",
    choices: ["2", "3", "4", "5"],
    default: "3, and 5 on Turin",
    group,
  },
  ...FAULT_OPTION,
} as const satisfies Options;

/** The folder of a platform. */
const FOLDER_OPTION = {
  folder: {
    kind: "value",
    placeholder: "FOLDER",
    brief: "the folder of the platform",
    default: DEFAULT_FOLDER,
    group,
  },
} as const satisfies Options;

const STOP_OPTION = {
  "stop-after": {
    kind: "value",
    placeholder: "SECONDS",
    brief: "stop by itself after so long",
    default: "never",
  },
} as const satisfies Options;

/** Of `simulate start`. */
export const START_OPTIONS = {
  ...FOLDER_OPTION,
  ...PLATFORM_OPTIONS,
  ...STOP_OPTION,
  json: { kind: "flag", brief: "print JSON (schema greenlight/simulate-start/v1)" },
} as const satisfies Options;

/** Of `simulate status`. */
export const STATUS_OPTIONS = {
  ...FOLDER_OPTION,
  json: { kind: "flag", brief: "print JSON (schema greenlight/simulate-status/v1)" },
} as const satisfies Options;

/** Of `simulate command`. */
export const COMMAND_OPTIONS = {
  ...FOLDER_OPTION,
  out: {
    kind: "list",
    placeholder: "OUTPUT=FILE",
    brief: "write this output, bytes, to a file",
  },
  force: { kind: "flag", brief: "write over existing files" },
  json: { kind: "flag", brief: "print JSON (schema greenlight/simulate-command/v1)" },
} as const satisfies Options;

/** Of `simulate kds`. */
export const KDS_COMMAND_OPTIONS = {
  folder: { kind: "list", placeholder: "FOLDER", brief: "serve this platform's chip" },
  line: {
    kind: "list",
    placeholder: "LINE",
    brief: "serve every chip of a line",
    choices: ["Milan", "Genoa", "Turin"],
  },
  port: { kind: "value", placeholder: "N", brief: "port on 127.0.0.1", default: "any free one" },
  fail: { kind: "list", placeholder: "HOW", brief: "a status, 429/SECONDS, cut or truncated" },
  ...STOP_OPTION,
  json: { kind: "flag", brief: "print JSON (schema greenlight/simulate-kds/v1)" },
} as const satisfies Options;

/** Of `simulate qemu`. */
export const QEMU_OPTIONS = {
  folder: {
    kind: "value",
    placeholder: "FOLDER",
    brief: "the platform of a folder that is not being served",
    default: "a new platform, gone afterwards",
  },
  ...PLATFORM_OPTIONS,
  "host-fault": {
    kind: "list",
    placeholder: "NAME=VALUE",
    brief: "what the host does wrong, for tests of refusals: kernel=FILE, shim=FILE, packet=header",
  },
  qemu: {
    kind: "value",
    placeholder: "PROGRAM",
    brief: "QEMU's program",
    default: "qemu-system-x86_64",
  },
} as const satisfies Options;

/** What was given of a new platform. */
export type PlatformGiven = OptionValues<typeof PLATFORM_OPTIONS>;
