// SPDX-License-Identifier: Apache-2.0
// The paths in a plan, all of them, made into others: a plan names files from its own folder.

import type { LaunchPlan, PlannedHost } from "./types.ts";

/** Gives another path for a path. */
type PathMap = (path: string) => string;

/**
 * The plan with every path replaced. Programs that are named without a slash stay as they are: they are
 * looked for where shells look. Paths in words of the lab host's faults stay too.
 */
export function withPlanPaths(plan: LaunchPlan, map: PathMap): LaunchPlan {
  const { platform, evidence, secrets, host } = plan;
  return {
    ...plan,
    guest: guestPaths(plan.guest, map),
    platform: {
      ...platform,
      owners: platform.owners.map(map),
      certificates: platform.certificates.map(map),
      simulatorRoots: platform.simulatorRoots.map(map),
      export: platform.export.map(map),
    },
    evidence: evidence.policy === undefined ? {} : { policy: map(evidence.policy) },
    secrets: secrets.map((secret) => ({ ...secret, file: map(secret.file) })),
    host: hostPaths(host, map),
  };
}

function guestPaths(guest: LaunchPlan["guest"], map: PathMap): LaunchPlan["guest"] {
  const { firmware, otherFirmwares, kernel, initrd, disks, idBlock, idAuth } = guest;
  return {
    ...guest,
    firmware: map(firmware),
    otherFirmwares: otherFirmwares.map(map),
    ...(kernel === undefined ? {} : { kernel: map(kernel) }),
    ...(initrd === undefined ? {} : { initrd: map(initrd) }),
    disks: disks.map((disk) => ({ ...disk, file: map(disk.file) })),
    ...(idBlock === undefined ? {} : { idBlock: map(idBlock) }),
    ...(idAuth === undefined ? {} : { idAuth: map(idAuth) }),
  };
}

function hostPaths({ qemu, qmp, libvirt, lab }: PlannedHost, map: PathMap): PlannedHost {
  const program: PathMap = (path) => (path.includes("/") ? map(path) : path);
  const serial = (given: { readonly serial?: string }) =>
    given.serial === undefined ? {} : { serial: map(given.serial) };
  const channel = (given: { readonly channel?: string }) =>
    given.channel === undefined ? {} : { channel: map(given.channel) };
  return {
    ...(qemu === undefined
      ? {}
      : { qemu: { ...qemu, binary: program(qemu.binary), ...serial(qemu) } }),
    ...(qmp === undefined
      ? {}
      : {
          qmp: {
            socket: map(qmp.socket),
            ...(qmp.arguments === undefined ? {} : { arguments: map(qmp.arguments) }),
            ...channel(qmp),
          },
        }),
    ...(libvirt === undefined ? {} : { libvirt: { ...libvirt, ...channel(libvirt) } }),
    ...(lab === undefined
      ? {}
      : {
          lab: {
            ...lab,
            binary: program(lab.binary),
            platform: map(lab.platform),
            ...serial(lab),
          },
        }),
  };
}
