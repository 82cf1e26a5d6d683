// SPDX-License-Identifier: Apache-2.0
// The launches of the demonstration: what the host does, and what must come of it. The same rows are
// shown by `npm start` and held to by the end-to-end test.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkLaunchRecord, parseLaunchRecord } from "@greenlight/core/launch-appraisal";
import type { JsonValue } from "@greenlight/core/launch-appraisal";
import { SHIM_LINES, readGuestConsole } from "@greenlight/host/guest";
import type { GuestState } from "@greenlight/host/guest";
import type { Setting } from "./setting.ts";

/** The finding by which a plan accepts firmware that starts an unverified shim. */
const SHIM_FINDING = "firmware.host-shim.started";

/** What must come of a launch. */
export interface Expected {
  /** Exit code of `greenlight launch`. */
  readonly exitCode: 0 | 1 | 3;
  /** The finding that decides a refusal. */
  readonly finding?: string;
  /** Whether the secret goes out. */
  readonly released: boolean;
  /** What the guest tells on its serial port, in this order. Absent: anything but that it is unlocked. */
  readonly guest?: readonly GuestState[];
  /** Whether the guest shows what the disk holds. */
  readonly proof?: true;
  /** Whether the unmeasured program runs and finds the secret. */
  readonly shim?: true;
}

/** A launch of the demonstration. */
export interface Scenario {
  readonly id: string;
  /** What the host does, in one sentence. */
  readonly host: string;
  /** Why it comes out as it does, for people. */
  readonly moral: string;
  readonly expected: Expected;
  /** Changes to the plan's text. */
  readonly plan: PlanChanges;
}

/** What differs from the honest plan. */
interface PlanChanges {
  /** `sev` unless given. */
  readonly generation?: "sev-es" | "sev-snp";
  readonly vcpus?: number;
  /** Words of the lab host's misbehaviour. */
  readonly faults?: readonly string[];
  /** Certificates the owner was given, in place of those of the simulated platform. */
  readonly certificates?: readonly string[];
  readonly accept?: readonly string[];
}

/**
 * Debian's firmware starts an unverified shim, which every plan here has to live with by name; the last
 * two show what that means.
 */
const ACCEPTED = [SHIM_FINDING] as const;

/** All launches, in the order in which they are shown; each may use what earlier ones left. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: "honest",
    host: "An honest host starts what was agreed.",
    moral: "Platform, session and measurement are the owner's: the guest gets the passphrase.",
    plan: { accept: ACCEPTED },
    expected: {
      exitCode: 0,
      released: true,
      guest: ["started", "wiped", "unlocked", "powerOff"],
      proof: true,
    },
  },
  {
    id: "kernel",
    host: "The host boots a kernel with one bit changed.",
    moral: "Its hash is in the measured table, so the measurement is another one.",
    plan: { accept: ACCEPTED, faults: ["kernel=other-vmlinuz"] },
    expected: { exitCode: 1, released: false, finding: "launch.measurement.mismatch" },
  },
  {
    id: "firmware",
    host: "The host starts firmware with one bit changed.",
    moral: "All of the firmware is measured.",
    plan: { accept: ACCEPTED, faults: ["firmware=other-OVMF.fd"] },
    expected: { exitCode: 1, released: false, finding: "launch.measurement.mismatch" },
  },
  {
    id: "behind",
    host: "The host measures the right kernel, and boots the other one behind its back.",
    moral:
      "The measurement is right, so the secret goes out; the measured firmware compares the kernel " +
      "with the table and stops for ever. Nobody reads the secret.",
    plan: { accept: ACCEPTED, faults: ["kernel-behind-table=other-vmlinuz"] },
    expected: { exitCode: 1, released: true },
  },
  {
    id: "disk",
    host: "The host gives the right guest a disk of its own.",
    moral:
      "Disks are not measured. The guest opens none but the one with its passphrase, and says so.",
    plan: { accept: ACCEPTED, faults: ["disk=other-disk.img"] },
    expected: {
      exitCode: 0,
      released: true,
      guest: ["started", "wiped", "wrongPassphrase", "powerOff"],
    },
  },
  {
    id: "policy",
    host: "The host starts the guest with a policy that lets it debug the guest.",
    moral: "The session is sealed to the owner's policy: the secure processor refuses to start.",
    plan: { accept: ACCEPTED, faults: ["policy=0x0"] },
    expected: { exitCode: 1, released: false, finding: "launch.start.refused" },
  },
  {
    id: "replay",
    host: "The host starts a new guest with the session of the first launch.",
    moral: "The first session's keys are not this one's: the measurement is worth nothing.",
    plan: { accept: ACCEPTED, faults: ["session=honest.launch/honest"] },
    expected: { exitCode: 1, released: false, finding: "launch.measurement.mismatch" },
  },
  {
    id: "forged",
    host: "The host shows certificates of its own making, with AMD's names and key ids.",
    moral: "Roots are compared whole, not by name: nothing is made or sent.",
    plan: {
      accept: ACCEPTED,
      faults: ["chain=forged"],
      certificates: ["forged/cek.cert", "forged/ask_ark.cert"],
    },
    expected: { exitCode: 1, released: false, finding: "sev.ark.not-pinned" },
  },
  {
    id: "shim",
    host: "The host adds a shim, which this firmware starts in place of the measured kernel.",
    moral:
      "The measurement is right all the same. Who accepts such firmware accepts this: the secret is " +
      "in the hands of code that nobody measured.",
    plan: { accept: ACCEPTED, faults: ["shim=shim.efi"] },
    expected: { exitCode: 0, released: true, guest: [], shim: true },
  },
  {
    id: "shim-refused",
    host: "The same host, and an owner who does not accept such firmware.",
    moral: "The door is found in the firmware before anything is started.",
    plan: { faults: ["shim=shim.efi"] },
    expected: { exitCode: 1, released: false, finding: SHIM_FINDING },
  },
];

/** The other generations, which the software guest does not have. */
export const GENERATIONS: readonly Scenario[] = [
  {
    id: "es",
    host: "An honest host starts a guest of SEV-ES with two processors.",
    moral: "The registers that processors start with are measured too.",
    plan: { accept: ACCEPTED, generation: "sev-es", vcpus: 2 },
    expected: {
      exitCode: 0,
      released: true,
      guest: ["started", "wiped", "unlocked", "powerOff"],
      proof: true,
    },
  },
  {
    id: "snp",
    host: "An honest host starts a guest of SEV-SNP.",
    moral: "It shows a report over its own key, and gets the passphrase encrypted to that key.",
    plan: { accept: ACCEPTED, generation: "sev-snp", vcpus: 2 },
    expected: {
      exitCode: 0,
      released: true,
      guest: ["started", "askedForSecret", "wiped", "unlocked", "powerOff"],
      proof: true,
    },
  },
  {
    id: "snp-kernel",
    host: "The host boots a guest of SEV-SNP with a kernel of one bit changed.",
    moral: "Its report is genuine, and of another launch.",
    plan: { accept: ACCEPTED, generation: "sev-snp", faults: ["kernel=other-vmlinuz"] },
    expected: { exitCode: 1, released: false, finding: "launch.measurement.mismatch" },
  },
];

/** Writes the plan of a launch. @returns the name of its file. */
export function writePlan(setting: Setting, { id, plan }: Scenario): string {
  const { generation = "sev", vcpus = 1, accept = [], faults = [] } = plan;
  const isSnp = generation === "sev-snp";
  const { certificates = isSnp ? ["crl.der"] : ["cek.cert", "simulator.cert"] } = plan;
  const file = `${id}.yaml`;
  const lines = [
    "schema: greenlight/launch-plan/v1",
    `name: ${id}`,
    `generation: ${generation}`,
    "guest:",
    "  firmware: OVMF.fd",
    "  kernel: vmlinuz",
    `  initrd: ${isSnp ? "attesting-initrd.img" : "initrd.img"}`,
    `  vcpus: ${vcpus}`,
    "  cmdline: console=ttyS0 quiet",
    "  memoryMiB: 512",
    "  disks:",
    `    - { file: disk.img, format: ${setting.machinery === "qemu" ? "qcow2" : "raw"} }`,
    "platform:",
    ...(isSnp ? [] : ['  minimumApi: "1.51"']),
    `  certificates: [${certificates.join(", ")}]`,
    `  simulatorRoots: [${isSnp ? "ark.pem" : "simulator.cert"}]`,
    "secrets:",
    "  - { guid: luks-key, file: passphrase }",
    `accept: [${accept.join(", ")}]`,
    "host:",
    "  lab:",
    `    binary: ${setting.binary}`,
    "    platform: platform",
    `    faults: [${faults.join(", ")}]`,
    `    serial: ${id}.serial`,
  ];
  writeFileSync(join(setting.folder, file), `${lines.join("\n")}\n`);
  return file;
}

/** What a launch came to, as far as it is looked at. */
export interface Observed {
  readonly exitCode: number;
  /** What the record says at its end. */
  readonly released: string;
  /** Ids of the findings that stood in the way, of the record. */
  readonly blockers: readonly string[];
  /** Ids of what is wrong with the record itself. */
  readonly recordProblems: readonly string[];
  readonly guest: readonly GuestState[];
  readonly proof: readonly string[];
  readonly serial: string;
}

/** What a launch came to, out of its record and what the guest printed. */
export function observe({ folder }: Setting, { id }: Scenario, exitCode: number): Observed {
  const serial = textOf(join(folder, `${id}.serial`));
  const { states, proof } = readGuestConsole(serial);
  const lines = parseLaunchRecord(textOf(join(folder, `${id}.launch/record.jsonl`)));
  const details = lines.flatMap((line) => ("entry" in line ? [line.entry.detail] : []));
  const released = details.at(-1)?.["released"];
  const blockers = details.flatMap(({ findings }) => (isList(findings) ? findings : []));
  return {
    exitCode,
    released: typeof released === "string" ? released : "not said",
    blockers: blockers.flatMap(blocking),
    recordProblems: checkLaunchRecord(lines).flatMap(({ id: problem, outcome }) =>
      outcome === "pass" ? [] : [problem],
    ),
    guest: states,
    proof,
    serial,
  };
}

function isList(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The id of a recorded finding that failed or could not be decided. */
function blocking(finding: JsonValue): readonly string[] {
  if (typeof finding !== "object" || finding === null || isList(finding)) return [];
  const { id, outcome } = finding;
  return typeof id === "string" && (outcome === "fail" || outcome === "unknown") ? [id] : [];
}

/** The text of a file; of one that is not there, none. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}

/** What of a launch is not as it must be, in words; empty when all is. */
export function deviations({ expected }: Scenario, observed: Observed): readonly string[] {
  const { exitCode, released, blockers, recordProblems, guest, proof, serial } = observed;
  const shimRuns = serial.includes(SHIM_LINES.runs) && serial.includes(SHIM_LINES.found);
  const said: readonly (readonly [boolean, string])[] = [
    [exitCode === expected.exitCode, `exit code ${exitCode}, not ${expected.exitCode}`],
    [(released === "yes") === expected.released, `released: ${released}`],
    [
      expected.finding === undefined || blockers.includes(expected.finding),
      `${expected.finding ?? ""} is not among ${blockers.join(", ") || "no findings"}`,
    ],
    [
      expected.guest === undefined
        ? !guest.includes("unlocked")
        : guest.join() === expected.guest.join(),
      `the guest told ${guest.join(", ") || "nothing"}`,
    ],
    [proof.length > 0 === (expected.proof === true), `the guest showed ${proof.length} lines`],
    [shimRuns === (expected.shim === true), `the shim ${shimRuns ? "ran" : "did not run"}`],
    [recordProblems.length === 0, `the record: ${recordProblems.join(", ")}`],
  ];
  return said.flatMap(([asExpected, words]) => (asExpected ? [] : [words]));
}
