// SPDX-License-Identifier: Apache-2.0
// Devices of a libvirt domain: their option ROMs and network boot.

import type { XmlElement } from "../xml.ts";
import type { MachineDescription } from "./description.ts";
import { deviceTraits } from "./devices.ts";
import { shown } from "./options.ts";
import { child, children } from "./tree.ts";

type DevicePart = Pick<MachineDescription, "networkBoot" | "optionRoms" | "romsInFwCfg">;

/** libvirt's names of display models that QEMU calls otherwise. */
const VIDEO: ReadonlyMap<string, string> = new Map([
  ["bochs", "bochs-display"],
  ["cirrus", "cirrus-vga"],
  ["qxl", "qxl-vga"],
  ["vga", "VGA"],
  ["virtio", "virtio-vga"],
  ["vmvga", "vmware-svga"],
]);

/** What the devices of a domain bring along. */
export function describeDomainDevices(
  devices: XmlElement | undefined,
  os: XmlElement | undefined,
): DevicePart {
  const cards = children(devices, "interface");
  const fromNetwork = children(os, "boot").filter(
    (boot) => boot.attributes.get("dev") === "network",
  );
  const roms = [
    ...cards.map((card) => rom(card, cardRom(card), `<interface> ${cardModel(card)}`)),
    ...children(devices, "hostdev").map((device) => hostRom(device)),
    ...children(devices, "disk").map((disk) => rom(disk, "", "<disk>")),
    ...displays(devices),
  ];
  return {
    networkBoot: [
      ...fromNetwork.map(() => "<boot dev='network'/>"),
      ...cards
        .filter((card) => child(card, "boot") !== undefined)
        .map(() => "<interface> with <boot>"),
    ],
    optionRoms: roms.filter(({ place }) => place === "bar").map(({ what }) => what),
    romsInFwCfg: roms.filter(({ place }) => place === "fw_cfg").map(({ what }) => what),
  };
}

interface Rom {
  readonly place: "bar" | "fw_cfg" | "none";
  readonly what: string;
}

/** The ROM of a device: its own, unless <rom> says something else. */
function rom(device: XmlElement, own: string, what: string): Rom {
  const settings = child(device, "rom")?.attributes;
  const file = settings?.get("file") ?? own;
  const named = shown(`${what}: ${file === "own" ? "the ROM of the device itself" : file}`);
  if (settings?.get("enabled") === "no" || file === "") return { place: "none", what: named };
  if (settings?.get("bar") !== "off") return { place: "bar", what: named };
  return { place: file === "own" ? "none" : "fw_cfg", what: named };
}

function cardModel(card: XmlElement): string {
  return child(card, "model")?.attributes.get("type") ?? "of libvirt's default model";
}

function cardRom(card: XmlElement): string {
  if (card.attributes.get("type") === "hostdev") return "own";
  const model = cardModel(card);
  const driver = /^virtio(-(non-)?transitional)?$/.test(model) ? "virtio-net-pci" : model;
  const traits = deviceTraits(driver);
  return traits === undefined ? "its model's ROM" : (traits.rom ?? "");
}

function hostRom(device: XmlElement): Rom {
  const hasRom = ["pci", "mdev"].includes(device.attributes.get("type") ?? "");
  return rom(device, hasRom ? "own" : "", "<hostdev>");
}

/** Displays: libvirt adds one where there are graphics and none is named. */
function displays(devices: XmlElement | undefined): readonly Rom[] {
  const video = children(devices, "video");
  if (video.length === 0 && child(devices, "graphics") !== undefined) {
    return [{ place: "bar", what: "<graphics> without <video>: libvirt adds a display" }];
  }
  return video.flatMap((each) => {
    const model = child(each, "model")?.attributes.get("type") ?? "vga";
    if (model === "none") return [];
    const file = deviceTraits(VIDEO.get(model) ?? model)?.rom ?? "its model's ROM";
    return [{ place: "bar", what: shown(`<video> ${model}: ${file}`) } as const];
  });
}
