// SPDX-License-Identifier: Apache-2.0
// Monitors of a command line: who can continue the guest, and from where.

import type { MachineDescription } from "./description.ts";
import { shown } from "./options.ts";
import type { Options } from "./options.ts";

/** A monitor. */
interface Monitor {
  readonly isHuman: boolean;
  /** The character device behind it, where that is named. */
  readonly chardev?: string | undefined;
  /** What stands in place of a name: `unix:PATH,server=on`. */
  readonly place?: string;
  readonly shown: string;
}

/** Monitors besides the one QMP socket that a launch needs, and those on a network. */
export function describeMonitors(
  line: Options,
): Pick<MachineDescription, "monitors" | "networkControl"> {
  const all = monitors(line);
  const settled = ["mon", "monitor", "nodefaults", "qmp", "qmp-pretty"].some((name) =>
    line.has(name),
  );
  const furtherControl = all.filter(({ isHuman }) => !isHuman).slice(1);
  return {
    monitors: [
      ...[...all.filter(({ isHuman }) => isHuman), ...furtherControl].map((each) => each.shown),
      ...(settled ? [] : ["the default monitor"]),
    ],
    networkControl: all.filter((each) => isOnNetwork(each, line)).map((each) => each.shown),
  };
}

/** In all forms that they may have; since QEMU 11.1 they may also be objects. */
function monitors(line: Options): readonly Monitor[] {
  const direct = ["monitor", "qmp", "qmp-pretty"].flatMap((name) =>
    line
      .values(name)
      .filter((value) => value !== "none")
      .map((value) => ({
        isHuman: name === "monitor",
        ...(value.startsWith("chardev:") ? { chardev: value.slice(8) } : { place: value }),
        shown: shown(`-${name} ${value}`),
      })),
  );
  // A port and a monitor on the same character device.
  const mixed = ["serial", "parallel", "debugcon"].flatMap((name) =>
    line
      .values(name)
      .filter((value) => value.startsWith("mon:"))
      .map((value) => ({ isHuman: true, place: value, shown: shown(`-${name} ${value}`) })),
  );
  const options = line.all("mon").map((mon) => {
    const chardev = mon.get("chardev");
    return { isHuman: mon.get("mode") !== "control", chardev, shown: shown(`-mon ${chardev}`) };
  });
  const objects = line.all("object").flatMap((object) => {
    const type = object.get("qom-type") ?? "";
    if (!type.startsWith("monitor-")) return [];
    const chardev = object.get("chardev");
    return [
      { isHuman: type !== "monitor-qmp", chardev, shown: shown(`-object ${type} ${chardev}`) },
    ];
  });
  return [...direct, ...mixed, ...options, ...objects];
}

/** Control sockets on a network: anybody who reaches them governs the guest. */
function isOnNetwork({ chardev, place }: Monitor, line: Options): boolean {
  if (place !== undefined) return /^(mon:)?(tcp|telnet|tn3270|websocket|udp):/.test(place);
  const device = line.all("chardev").find((each) => each.get("id") === chardev);
  return device?.has("port") === true || device?.get("backend") === "udp";
}
