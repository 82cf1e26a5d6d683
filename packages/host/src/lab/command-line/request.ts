// SPDX-License-Identifier: Apache-2.0
// What a command line asks for, as far as a launch depends on it.

import { LabError } from "../error.ts";
import type { CommandOption } from "../../machine/lint/command-line.ts";
import { optionValue } from "../../machine/lint/option-value.ts";
import type { OptionValue } from "../../machine/lint/option-value.ts";
import { readGuestObject } from "./guest-object.ts";
import type { GuestObject } from "./guest-object.ts";

/** A command line, read. Paths are as they stand there. */
export interface LabRequest {
  /** Absent for a machine without memory encryption. */
  readonly guest?: GuestObject;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly vcpus: number;
  /** QEMU's name of the CPU model, without what is added to it. */
  readonly cpuModel?: string;
  /** Whether the guest waits for `cont` (-S). */
  readonly paused: boolean;
  /** Unix sockets that QMP is to be served at. */
  readonly qmpSockets: readonly string[];
  /** Ids of the character devices behind them, where the sockets are such. */
  readonly qmpChardevs: readonly string[];
}

/**
 * Reads a command line.
 * @throws {LabError} `bad-command-line`; `unsupported` for QMP elsewhere than on a unix socket.
 * @throws {QemuRefusal} for a guest object that QEMU refuses.
 */
export function readRequest(options: readonly CommandOption[]): LabRequest {
  const last = (name: string): string | undefined =>
    options.findLast((option) => option.name === name)?.value;
  const guest = readGuestObject(options);
  const [kernel, initrd, append] = [last("kernel"), last("initrd"), last("append")];
  const cpuModel = last("cpu")?.split(",")[0];
  return {
    ...(guest === undefined ? {} : { guest }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(append === undefined ? {} : { append }),
    ...(cpuModel === undefined ? {} : { cpuModel }),
    vcpus: vcpuCount(last("smp")),
    paused: options.some(({ name }) => name === "S"),
    ...qmpPlaces(options),
  };
}

/** What -smp starts with: `cpus`, or the product of the topology. */
function vcpuCount(value: string | undefined): number {
  if (value === undefined) return 1;
  const properties = optionValue(value, "cpus");
  const number = (key: string): number | undefined => {
    const text = properties.get(key);
    if (text === undefined) return undefined;
    if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
    throw new LabError("bad-command-line", `-smp ${value}: ${key} is no number`);
  };
  const topology = ["sockets", "dies", "clusters", "modules", "cores", "threads"].map(number);
  const product = topology.reduce<number>((all, each) => all * (each ?? 1), 1);
  return number("cpus") ?? (product > 1 ? product : (number("maxcpus") ?? 1));
}

function qmpPlaces(
  options: readonly CommandOption[],
): Pick<LabRequest, "qmpSockets" | "qmpChardevs"> {
  const sockets: string[] = [];
  const chardevs: string[] = [];
  for (const { name, value } of options) {
    if (name === "qmp" || name === "qmp-pretty") {
      if (!value.startsWith("unix:")) throw noSocket(`-${name} ${value}`);
      const properties = optionValue(value.slice("unix:".length), "path");
      sockets.push(served(properties, `-${name} ${value}`));
    } else if (name === "mon") {
      const properties = optionValue(value, "chardev");
      const id = properties.get("chardev");
      if (properties.get("mode") !== "control" || id === undefined) continue;
      sockets.push(served(chardevNamed(options, id), `-mon ${value}`));
      chardevs.push(id);
    }
  }
  return { qmpSockets: sockets, qmpChardevs: chardevs };
}

function chardevNamed(options: readonly CommandOption[], id: string): OptionValue {
  for (const { name, value } of options) {
    if (name !== "chardev") continue;
    const properties = optionValue(value, "backend");
    if (properties.get("id") === id) return properties;
  }
  throw new LabError("bad-command-line", `-mon: there is no chardev ${id}`);
}

function served(properties: OptionValue, where: string): string {
  const path = properties.get("path");
  const server = properties.get("server");
  if (path === undefined || (server !== "on" && server !== "yes")) throw noSocket(where);
  return path;
}

function noSocket(where: string): LabError {
  return new LabError(
    "unsupported",
    `${where.slice(0, 200)}: the lab serves QMP on unix sockets only`,
    "-qmp unix:PATH,server=on,wait=off",
  );
}
