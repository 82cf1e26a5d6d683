// SPDX-License-Identifier: Apache-2.0
// Firmware images of a command line: the one that is measured (-bios, pflash unit 0), and the ones that
// are not (pflash unit 1, the variable store).

import type { MachineDescription } from "./description.ts";
import { isOn } from "./option-value.ts";
import type { OptionValue } from "./option-value.ts";
import { shown } from "./options.ts";
import type { Options } from "./options.ts";

type FirmwarePart = Pick<MachineDescription, "firmware" | "nvram" | "writableFirmware">;

interface Flash {
  readonly unit: number;
  readonly file: string;
  readonly readonly: boolean;
}

/** Firmware and variable store. */
export function describeFirmware(line: Options, machine: OptionValue): FirmwarePart {
  const flashes = [...drives(line), ...nodes(line, machine)];
  const measured = flashes.filter(({ unit }) => unit === 0);
  const bios = [
    ...line.values("bios"),
    ...(machine.has("firmware") ? [machine.get("firmware")!] : []),
  ];
  return {
    firmware: [...bios.map(shown), ...measured.map(({ file }) => file)],
    writableFirmware: measured.filter((flash) => !flash.readonly).map(({ file }) => file),
    nvram: [
      ...flashes.filter(({ unit }) => unit !== 0).map(({ file }) => file),
      // A variable store that QEMU keeps in a file of its own (QEMU 10.0).
      ...line
        .all("device")
        .filter((device) => device.get("driver")?.startsWith("uefi-vars") === true)
        .map((device) => `${device.get("driver")!} ${shown(device.get("jsonfile") ?? "")}`.trim()),
    ],
  };
}

/** -drive if=pflash and -pflash: units are counted on where none is given. */
function drives(line: Options): readonly Flash[] {
  const found: Flash[] = [];
  const given = [
    ...line.all("drive").filter((drive) => drive.get("if") === "pflash"),
    ...line.values("pflash").map((file): OptionValue => new Map([["file", file]])),
  ];
  for (const drive of given) {
    const unit = Number(drive.get("unit") ?? drive.get("index") ?? found.length);
    const file = shown(drive.get("file") ?? drive.get("file.filename") ?? "unnamed");
    found.push({ unit, file, readonly: isReadonly(drive) });
  }
  return found;
}

/** -machine pflash0=NODE, with the node as -blockdev. */
function nodes(line: Options, machine: OptionValue): readonly Flash[] {
  return [0, 1].flatMap((unit) => {
    const name = machine.get(`pflash${unit}`);
    if (name === undefined) return [];
    const node = line.all("blockdev").find((each) => each.get("node-name") === name);
    return [
      { unit, file: fileOf(line, node) ?? name, readonly: node !== undefined && isReadonly(node) },
    ];
  });
}

/** The file below a node, through the node that it names as its own. */
function fileOf(line: Options, node: OptionValue | undefined): string | undefined {
  const below = node?.get("file");
  const lower = line.all("blockdev").find((each) => each.get("node-name") === below);
  const file = node?.get("filename") ?? node?.get("file.filename") ?? lower?.get("filename");
  return file === undefined ? undefined : shown(file);
}

function isReadonly(drive: OptionValue): boolean {
  return isOn(drive.get("readonly")) || isOn(drive.get("read-only"));
}
