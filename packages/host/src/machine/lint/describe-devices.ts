// SPDX-License-Identifier: Apache-2.0
// Devices of a command line: their option ROMs, network boot, loaders. Properties may also be set by
// -global (for all devices of a model) and -set (for one), which is easily overlooked.

import type { MachineDescription } from "./description.ts";
import { deviceTraits } from "./devices.ts";
import { optionValue } from "./option-value.ts";
import type { OptionValue } from "./option-value.ts";
import { shown } from "./options.ts";
import type { Options } from "./options.ts";

type DevicePart = Pick<
  MachineDescription,
  "loaders" | "networkBoot" | "optionRoms" | "romsInFwCfg"
> & { readonly unknownDevices: readonly string[] };

interface Device {
  readonly driver: string;
  readonly properties: OptionValue;
}

/** Cards of -vga, as devices. */
const VGA: ReadonlyMap<string, string> = new Map([
  ["cirrus", "cirrus-vga"],
  ["qxl", "qxl-vga"],
  ["std", "VGA"],
  ["virtio", "virtio-vga"],
  ["vmware", "vmware-svga"],
]);

/** The network card that q35 has unless told otherwise, and its display. */
const DEFAULT_NIC = "e1000e";
const DEFAULT_VGA = "VGA";

/** What the devices of a command line bring along. */
export function describeDevices(line: Options, machine: OptionValue): DevicePart {
  const optionRoms: string[] = [...line.shown("option-rom"), ...globalRoms(line)];
  const romsInFwCfg: string[] = [];
  const loaders: string[] = [];
  const unknownDevices: string[] = [];
  const networkBoot: string[] = bootsFromNetwork(line, machine)
    ? ["-boot with a network card"]
    : [];
  for (const { driver, properties } of devices(line)) {
    const traits = deviceTraits(driver);
    const rom = properties.get("romfile") ?? traits?.rom ?? "";
    const where = `${shown(driver)}: ${rom === "own" ? "the ROM of the device itself" : shown(rom)}`;
    if (rom !== "") {
      if (isOff(properties.get("rombar")) && rom !== "own") romsInFwCfg.push(where);
      else if (!isOff(properties.get("rombar"))) optionRoms.push(where);
    }
    if (traits === undefined) unknownDevices.push(`-device ${shown(driver)}`);
    if (traits?.loader === true) loaders.push(shown(`${driver} ${properties.get("file") ?? ""}`));
    if (traits?.network === true && properties.has("bootindex")) {
      networkBoot.push(`${driver} with bootindex=${shown(properties.get("bootindex") ?? "")}`);
    }
  }
  return { loaders, networkBoot, optionRoms, romsInFwCfg, unknownDevices };
}

function devices(line: Options): readonly Device[] {
  const overrides = line.values("set").map((text) => /^device\.([^.]+)\.([^=]+)=(.*)$/s.exec(text));
  const own = line.all("device").map((properties) => {
    const driver = properties.get("driver") ?? "";
    const set = overrides.flatMap((match): (readonly [string, string])[] =>
      match !== null && match[1] === properties.get("id") ? [[match[2]!, match[3]!]] : [],
    );
    return { driver, properties: new Map([...globals(line, driver), ...properties, ...set]) };
  });
  const implied = [...networkCards(line), ...display(line)].map((driver) => ({
    driver,
    properties: globals(line, driver),
  }));
  return [...own, ...implied];
}

/** -global in its two forms: `driver.property=value`, and all three as keys in any order. */
function allGlobals(
  line: Options,
): readonly Readonly<Record<"driver" | "name" | "value", string>>[] {
  return line.values("global").map((text) => {
    const short = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(text);
    if (short !== null) return { driver: short[1]!, name: short[2]!, value: short[3]! };
    const keys = optionValue(text, "driver");
    const key = (name: string): string => keys.get(name) ?? "";
    return { driver: key("driver"), name: key("property"), value: key("value") };
  });
}

function globals(line: Options, driver: string): OptionValue {
  const own = allGlobals(line).filter((each) => each.driver === driver);
  return new Map(own.map(({ name, value }) => [name, value]));
}

/**
 * ROMs that -global gives: a driver may be the kind of many (`pci-device`), or of a device that every
 * machine has (`ICH9-LPC`).
 */
function globalRoms(line: Options): readonly string[] {
  return allGlobals(line)
    .filter(({ name, value }) => name === "romfile" && value !== "")
    .map(({ driver, value }) => shown(`-global ${driver}.romfile=${value}`));
}

/** Cards of -nic and -net nic, and the one that is there by default. */
function networkCards(line: Options): readonly string[] {
  const cards = [
    ...line.all("nic").filter((nic) => nic.get("type") !== "none"),
    ...line.all("net").filter((net) => net.get("type") === "nic"),
  ].map((card) => modelOf(card.get("model")));
  const asked = ["nic", "net", "netdev", "nodefaults"].some((name) => line.has(name));
  return asked ? cards : [DEFAULT_NIC];
}

/** -nic model=virtio means the PCI device. */
function modelOf(model: string | undefined): string {
  if (model === undefined) return DEFAULT_NIC;
  return model === "virtio" ? "virtio-net-pci" : model;
}

function display(line: Options): readonly string[] {
  const vga = line.last("vga");
  if (vga === undefined) {
    const hasOwn = line
      .all("device")
      .some((device) => /vga|ramfb|bochs-display/i.test(device.get("driver") ?? ""));
    return line.has("nodefaults") || hasOwn ? [] : [DEFAULT_VGA];
  }
  return vga === "none" ? [] : [VGA.get(vga) ?? vga];
}

/** Letters n to p are the first to third network card (QEMU: -boot order=drives). */
function bootsFromNetwork(line: Options, machine: OptionValue): boolean {
  const boot = line.merged("boot");
  const orders = ["order", "once"].flatMap((key) => [boot.get(key), machine.get(`boot.${key}`)]);
  return orders.some((order) => order !== undefined && /[n-p]/.test(order));
}

function isOff(value: string | undefined): boolean {
  return value !== undefined && /^(0|0x0|off|no|false|n)$/.test(value);
}
