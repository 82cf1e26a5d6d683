// SPDX-License-Identifier: Apache-2.0
// A command line with the files and parameters that a misbehaving host puts in their place.

import type { CommandOption } from "../../machine/lint/command-line.ts";
import { optionValue } from "../../machine/lint/option-value.ts";
import type { OptionValue } from "../../machine/lint/option-value.ts";
import { formatValue } from "./format.ts";
import { LabError } from "../error.ts";
import type { LabFaults } from "../faults.ts";
import { GUEST_TYPES } from "./guest-object.ts";

/**
 * The command line as the host really uses it.
 * @throws {LabError} `bad-fault` when there is nothing to swap.
 */
export function applyFaults(options: readonly CommandOption[], faults: LabFaults): CommandOption[] {
  const { firmware, kernel, initrd, append, disk, shim } = faults;
  let changed = [...options];
  if (firmware !== undefined) changed = swapFirmware(changed, firmware);
  if (disk !== undefined) changed = swapDisk(changed, disk);
  for (const [name, value] of Object.entries({ kernel, initrd, append })) {
    if (value === undefined) continue;
    changed = [...changed.filter((option) => option.name !== name), { name, value }];
  }
  if (shim !== undefined) {
    const value = `name=etc/boot/shim,file=${shim.replaceAll(",", ",,")}`;
    changed.push({ name: "fw_cfg", value });
  }
  return changeObject(changed, faults);
}

function swapFirmware(options: readonly CommandOption[], file: string): CommandOption[] {
  return swapped(options, "firmware", ({ name, value }) => {
    if (name === "bios") return { name, value: file };
    if (name !== "drive") return undefined;
    const properties = optionValue(value, "value");
    const isFirmware = properties.get("if") === "pflash" && (properties.get("unit") ?? "0") === "0";
    return isFirmware ? { name, value: withFile(properties, file) } : undefined;
  });
}

function swapDisk(options: readonly CommandOption[], file: string): CommandOption[] {
  return swapped(options, "disk", ({ name, value }) => {
    if (name !== "drive") return undefined;
    const properties = optionValue(value, "value");
    const isDisk = properties.get("if") !== "pflash";
    return isDisk ? { name, value: withFile(properties, file) } : undefined;
  });
}

/** The options with the first one changed that `change` takes. */
function swapped(
  options: readonly CommandOption[],
  what: string,
  change: (option: CommandOption) => CommandOption | undefined,
): CommandOption[] {
  let isDone = false;
  const changed = options.map((option) => {
    const other = isDone ? undefined : change(option);
    isDone ||= other !== undefined;
    return other ?? option;
  });
  if (isDone) return changed;
  const hint = "it is looked for in -drive and -bios";
  throw new LabError("bad-fault", `the command line has no ${what} to swap`, hint);
}

function withFile(properties: OptionValue, file: string): string {
  const keys = new Set(["file", "filename", "file.filename"]);
  return formatValue(
    new Map([...properties].map(([key, value]) => [key, keys.has(key) ? file : value])),
  );
}

/** Policy and session files of the launch object. */
function changeObject(options: readonly CommandOption[], faults: LabFaults): CommandOption[] {
  const { session, policy } = faults;
  if (session === undefined && policy === undefined) return [...options];
  return options.map((option) => {
    if (option.name !== "object") return option;
    const properties = new Map(optionValue(option.value, "qom-type"));
    if (!GUEST_TYPES.has(properties.get("qom-type") ?? "")) return option;
    if (policy !== undefined) properties.set("policy", `0x${policy.toString(16)}`);
    if (session !== undefined) {
      properties.set("dh-cert-file", session.godhFile);
      properties.set("session-file", session.sessionFile);
    }
    return { name: "object", value: formatValue(properties) };
  });
}
