// SPDX-License-Identifier: Apache-2.0
// The guest of a plan as a machine that a hypervisor can be told to start.

import type { LaunchPlan } from "@greenlight/core/launch-appraisal";
import { OWNER_PORT } from "../../guest/channels.ts";
import type { MachinePlan, PlatformBits, QemuVersion } from "../../machine/index.ts";
import type { OfferedFiles } from "../host.ts";

/** A plan whose paths are absolute, with what was read of its files. */
export interface PlannedGuest {
  readonly plan: LaunchPlan;
  /** Guest policy: 32 bits, 64 for SEV-SNP. */
  readonly policy: number | bigint;
  /** 96 bytes. */
  readonly idBlock?: Uint8Array;
  /** 4096 bytes. */
  readonly idAuth?: Uint8Array;
  /** Whether the ID authentication information holds an author key. */
  readonly authorKey?: boolean;
  /** 32 bytes. */
  readonly hostData?: Uint8Array;
}

/** What differs from host to host. */
export interface MachineFacts {
  readonly qemu: QemuVersion;
  readonly platform: PlatformBits;
  readonly files?: OfferedFiles | undefined;
  readonly qmp?: string;
  /** Socket of the owner channel; only SEV-SNP guests have one. */
  readonly channel: string;
  readonly machineType?: string | undefined;
  readonly serial?: string | undefined;
}

/** The machine. */
export function machineOf(guest: PlannedGuest, facts: MachineFacts): MachinePlan {
  const { plan, policy } = guest;
  const { name, generation, guest: planned } = plan;
  const { firmware, kernel, initrd, cmdline, vcpus, vcpuType, memoryMiB, disks } = planned;
  const { qemu, platform, files, qmp, channel, machineType, serial } = facts;
  const isSnp = generation === "sev-snp";
  const shape = {
    name,
    firmware,
    ...(kernel === undefined ? {} : { kernel }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(kernel === undefined || cmdline === "" ? {} : { append: cmdline }),
    kernelHashes: kernel !== undefined,
    vcpus,
    vcpuType,
    memoryMiB,
    disks,
    channels: isSnp ? [{ name: OWNER_PORT, path: channel }] : [],
    platform,
    qemu,
    ...(qmp === undefined ? {} : { qmp }),
    ...(machineType === undefined ? {} : { machineType }),
    ...(serial === undefined ? {} : { serial: { kind: "file", path: serial } as const }),
  };
  if (!isSnp) {
    if (files === undefined) throw new Error("a guest of SEV needs a session");
    return { ...shape, generation, policy: Number(policy), session: files };
  }
  const { idBlock, idAuth, authorKey, hostData } = guest;
  return {
    ...shape,
    generation,
    policy: BigInt(policy),
    ...(idBlock === undefined ? {} : { idBlock }),
    ...(idAuth === undefined ? {} : { idAuth }),
    ...(authorKey === undefined ? {} : { authorKey }),
    ...(hostData === undefined ? {} : { hostData }),
  };
}
