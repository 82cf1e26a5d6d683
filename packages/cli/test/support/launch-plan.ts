// SPDX-License-Identifier: Apache-2.0
// A launch plan, and the record of a launch that was refused, as files of the current folder.

import { writeFileSync } from "node:fs";
import {
  FIRST_PREVIOUS,
  LAUNCH_RECORD_SCHEMA,
  encodeRecordLine,
  recordLineDigest,
} from "@greenlight/core/launch-appraisal";
import type { LaunchState, LaunchStep } from "@greenlight/core/launch-appraisal";

/** A plan for the firmware, kernel and passphrase of the folder. */
export const PLAN = `schema: greenlight/launch-plan/v1
name: web
generation: sev-es
guest:
  firmware: OVMF.fd
  kernel: vmlinuz
  initrd: initrd.img
  cmdline: console=ttyS0
  vcpus: 2
platform:
  minimumApi: "1.51"
secrets:
  - file: passphrase
accept: [firmware.host-shim.started]
host:
  qemu: {}
`;

/** Writes plan.yaml and record.jsonl. */
export function writeLaunchFiles(): void {
  writeFileSync("plan.yaml", PLAN);
  writeFileSync("record.jsonl", refusedRecord());
}

/** The record of a launch that was refused. */
export function refusedRecord(): string {
  const steps: readonly (readonly [LaunchStep, LaunchState])[] = [
    ["begun", "planned"],
    ["prepared", "planned"],
    ["refusing", "refused"],
    ["ended", "refused"],
  ];
  let previous = FIRST_PREVIOUS;
  let text = "";
  for (const [seq, [step, state]] of steps.entries()) {
    const head = seq === 0 ? ({ schema: LAUNCH_RECORD_SCHEMA } as const) : {};
    const at = `2026-11-21T17:00:0${seq}.000Z`;
    const line = encodeRecordLine({ ...head, seq, previous, at, state, step, detail: {} });
    previous = recordLineDigest(line);
    text += `${line}\n`;
  }
  return text;
}
