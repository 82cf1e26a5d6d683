// SPDX-License-Identifier: Apache-2.0
// The host of a plan. Only its own module is loaded: the lab host brings a whole secure processor.

import type { LaunchPlan } from "@greenlight/core/launch-appraisal";
import type { LabNote } from "../../lab/index.ts";
import type { LaunchHost } from "../host.ts";
import type { PlatformExport } from "../hypervisor.ts";
import type { PlannedGuest } from "./guest.ts";

/** What is known beside the plan. */
export interface HostOptions {
  /** What relative paths in the plan's words are relative to. */
  readonly folder: string;
  /** What the platform exported beforehand. */
  readonly exported?: PlatformExport | undefined;
  /** Called with what the lab host has to say. */
  readonly onNote?: (note: LabNote) => void;
}

/**
 * Begins what the host of a plan is asked first, its QEMU's version, so that the answer is there when
 * the plan's files have been looked at. Whatever goes wrong is told when the host is made.
 */
export async function anticipateHost({ host }: LaunchPlan): Promise<void> {
  const binary = host.qemu?.binary ?? host.lab?.binary;
  if (binary === undefined) return;
  const { qemuVersion } = await import("../../lab/machine/emulator.ts");
  qemuVersion(binary).catch(() => undefined);
}

/**
 * The host that a plan names.
 * @throws errors of the host's layer when there is none.
 */
export async function launchHost(guest: PlannedGuest, options: HostOptions): Promise<LaunchHost> {
  const { qemu, qmp, libvirt, lab } = guest.plan.host;
  if (qemu !== undefined) {
    const { QemuLaunchHost } = await import("./qemu.ts");
    return QemuLaunchHost.open(guest, qemu);
  }
  if (qmp !== undefined) {
    const { QmpLaunchHost } = await import("./qmp.ts");
    return new QmpLaunchHost(qmp, options.exported);
  }
  if (libvirt !== undefined) {
    const { LibvirtLaunchHost } = await import("./libvirt.ts");
    return new LibvirtLaunchHost(guest, libvirt);
  }
  if (lab !== undefined) {
    const { LabLaunchHost } = await import("./lab.ts");
    return LabLaunchHost.open(guest, lab, options.folder, options.onNote);
  }
  throw new Error("a plan without host was not refused");
}
