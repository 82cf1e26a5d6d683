// SPDX-License-Identifier: Apache-2.0
// Targets of launches: plans as values, records of launches, and what a guest says on its owner channel.

import {
  LAUNCH_PLAN_SCHEMA,
  PlanError,
  checkLaunchRecord,
  encodeRecordLine,
  parseLaunchPlan,
  parseLaunchRecord,
  withPlanPaths,
} from "../../packages/core/src/appraisal/launch/index.ts";
import { readEvidenceLine } from "../../packages/host/src/launch/evidence-line.ts";
import { GuestLaunchError } from "../../packages/host/src/launch/error.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, textOf } from "./support.ts";

const PLAN = JSON.stringify({
  schema: LAUNCH_PLAN_SCHEMA,
  name: "web",
  generation: "sev-es",
  guest: {
    firmware: "OVMF.fd",
    kernel: "vmlinuz",
    cmdline: "quiet",
    vcpus: 2,
    vmsaProfiles: ["qemu"],
    disks: [{ file: "disk.qcow2", readonly: true }],
    policy: "NODBG,NOKS,ES",
  },
  platform: { minimumApi: "1.51", minimumBuild: 3, products: ["Milan"], certificates: "cek.cert" },
  secrets: [{ guid: "luks-key", file: "pass", nul: true }],
  accept: ["firmware.host-shim.started"],
  deadlines: { start: 60 },
  host: { lab: { platform: "psp", faults: ["kernel=evil"] } },
});

const LINE = encodeRecordLine({
  schema: "greenlight/launch-record/v1",
  seq: 0,
  previous: "0".repeat(64),
  at: "2026-11-21T17:00:00.000Z",
  state: "planned",
  step: "begun",
  detail: { name: "web", findings: [] },
});

export const targets: readonly Target[] = [
  {
    name: "launch-plan",
    text: true,
    seeds: () => [PLAN].map(bytesOf),
    dictionary: ['"sev-snp"', '"qmp":', '"libvirt":', '"idBlock":', '"__proto__":', "null"].map(
      bytesOf,
    ),
    maxLength: 4096,
    expected: (error) => error instanceof SyntaxError || declared(PlanError)(error),
    run(data) {
      const plan = parseLaunchPlan(JSON.parse(textOf(data)));
      check(Object.keys(plan.host).length === 1, "a plan has one host");
      const moved = withPlanPaths(plan, (path) => `/x/${path}`);
      check(moved.guest.firmware.startsWith("/x/"), "paths are moved");
    },
  },
  {
    name: "launch-record",
    text: true,
    seeds: () => [`${LINE}\n`, `${LINE}\n${LINE}\n`, LINE].map(bytesOf),
    dictionary: ['"seq":', '"ended"', '"running"', "\n", "{}", '"detail":'].map(bytesOf),
    maxLength: 8192,
    expected: () => false,
    run(data) {
      const lines = parseLaunchRecord(textOf(data));
      const findings = checkLaunchRecord(lines);
      check(findings.length === 5, "every check is reported");
      for (const line of lines) {
        if (!("entry" in line)) continue;
        const [again] = parseLaunchRecord(`${encodeRecordLine(line.entry)}\n`);
        check(again !== undefined && "entry" in again, "an entry is read again");
      }
    },
  },
  {
    name: "owner-channel",
    text: true,
    seeds: () => ["evidence AAAA AAAA -", "evidence AAAA AAAA AAAA"].map(bytesOf),
    dictionary: ["evidence ", " -", "=", "=="].map(bytesOf),
    maxLength: 1024,
    expected: declared(GuestLaunchError),
    run(data) {
      const { key, report, table } = readEvidenceLine(textOf(data));
      check(key.length + report.length + table.length < 1024, "nothing is made up");
    },
  },
];
