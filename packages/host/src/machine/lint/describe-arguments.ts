// SPDX-License-Identifier: Apache-2.0
// QEMU's command line as a description.

import { readCommandLine } from "./command-line.ts";
import { describeDevices } from "./describe-devices.ts";
import { describeFirmware } from "./describe-firmware.ts";
import { describeLaunch, readPolicy } from "./describe-launch.ts";
import type { FileReader } from "./describe-launch.ts";
import { describeMonitors } from "./describe-monitors.ts";
import type { MachineDescription } from "./description.ts";
import { unknownMachine } from "./machine-properties.ts";
import { isOn } from "./option-value.ts";
import type { OptionValue } from "./option-value.ts";
import { Options, shown } from "./options.ts";

/** Describes a command line; session files are looked into where `readFile` has them. */
export function describeArguments(
  args: readonly string[],
  readFile: FileReader = () => undefined,
): MachineDescription {
  const { options, unknown } = readCommandLine(args);
  const line = new Options(options);
  const machine = line.merged("machine", "M");
  const { unknownDevices, ...devices } = describeDevices(line, machine);
  return {
    artefact: "command line",
    launch: describeLaunch(line, machine, readFile),
    accelerator: accelerator(line, machine),
    startsPaused: line.has("S"),
    rebootAllowed: !line.has("no-reboot") && line.merged("action").get("reboot") !== "shutdown",
    cpu: line.last("cpu")?.split(",", 1)[0],
    ...describeFirmware(line, machine),
    igvm: objects(line, "igvm-cfg"),
    // -kernel is short for -machine kernel=, as -shim and -bios are for theirs.
    kernel: line.last("kernel") ?? machine.get("kernel"),
    ...firmwareConfiguration(line, machine),
    smbios: smbios(line),
    acpiTables: line.shown("acpitable"),
    ...devices,
    sharedMemory: sharedMemory(line),
    debug: debug(line, machine),
    ...describeMonitors(line),
    foreignState: [...line.shown("incoming"), ...line.shown("loadvm")],
    hidden: line.shown("readconfig"),
    unknown: [
      ...unknown.map(shown),
      ...unknownMachine(machine),
      ...unknownDevices,
      ...unknownObjects(line),
      // It changes what any other option says, a drive into flash or the name of a fw_cfg file.
      ...line.shown("set").filter((text) => !text.startsWith("-set device.")),
    ],
  };
}

/** Accelerators in the order in which QEMU tries them, joined by colons. */
function accelerator(line: Options, machine: OptionValue): string | undefined {
  const named = [
    ...line.all("accel").map((accel) => accel.get("accel") ?? ""),
    ...(machine.has("accel") ? [machine.get("accel")!] : []),
    ...(line.has("enable-kvm") ? ["kvm"] : []),
  ];
  return named.length === 0 ? undefined : [...new Set(named)].join(":");
}

/** fw_cfg files below opt/ that firmware or systemd act on by themselves. */
const ACTED_ON = /^opt\/(ovmf|org\.tianocore|io\.systemd\.credentials)\//;

function firmwareConfiguration(
  line: Options,
  machine: OptionValue,
): Pick<MachineDescription, "bootBlobs" | "fwCfg" | "fwCfgOptions"> {
  const names = line.all("fw_cfg").map((file) => file.get("name") ?? "");
  const shim = machine.get("shim");
  const isBlob = (name: string): boolean => name.startsWith("etc/boot/");
  const isOption = (name: string): boolean => name.startsWith("opt/") && !ACTED_ON.test(name);
  return {
    bootBlobs: [
      ...line.shown("shim"),
      ...(shim === undefined ? [] : [shown(`-machine shim=${shim}`)]),
      ...names.filter(isBlob).map(shown),
    ],
    fwCfg: names.filter((name) => !isBlob(name) && !isOption(name)).map(shown),
    fwCfgOptions: names.filter(isOption).map(shown),
  };
}

/** Tables with strings (type 11), and tables that are not looked into. */
function smbios(line: Options): readonly string[] {
  const tables = line.all("smbios");
  return line.shown("smbios").filter((_, index) => {
    const table = tables[index];
    const type = table?.get("type");
    const kind = type === undefined ? undefined : readPolicy(type);
    return table?.has("file") === true || kind === 11n || kind === "invalid";
  });
}

/** Memory backends that are shared unless told otherwise. */
const SHARED_BY_DEFAULT: ReadonlySet<string> = new Set([
  "memory-backend-memfd",
  "memory-backend-shm",
]);

function sharedMemory(line: Options): readonly string[] {
  return line.all("object").flatMap((object) => {
    const type = object.get("qom-type") ?? "";
    if (!type.startsWith("memory-backend-")) return [];
    const share = object.get("share");
    if (share === undefined ? !SHARED_BY_DEFAULT.has(type) : !isOn(share)) return [];
    return [shown(`${type} ${object.get("mem-path") ?? ""}`)];
  });
}

function debug(line: Options, machine: OptionValue): readonly string[] {
  return [
    ...line.shown("gdb").filter((text) => text !== "-gdb none"),
    ...(line.has("s") ? ["-s"] : []),
    ...line.shown("qtest"),
    ...objects(line, "qtest"),
    ...line.shown("plugin"),
    ...(/(^|:)qtest/.test(accelerator(line, machine) ?? "") ? ["-accel qtest"] : []),
  ];
}

function objects(line: Options, type: string): readonly string[] {
  return line
    .all("object")
    .filter((object) => object.get("qom-type") === type)
    .map((object) => shown(`-object ${type} ${object.get("file") ?? ""}`));
}

/** Objects that give a guest nothing beside what is looked at here. */
const KNOWN_OBJECTS =
  /^(acpi-generic-(initiator|port)|authz-(list|list-file|pam|simple)|can-bus|can-host-socketcan|cryptodev-.*|filter-.*|igvm-cfg|input-.*|iothread|iommufd|main-loop|memory-backend-.*|monitor-(hmp|qmp)|pr-manager-helper|qtest|rng-(builtin|egd|random)|secret(_keyring)?|sev-guest|sev-snp-guest|thread-context|throttle-group|tls-.*)$/;

function unknownObjects(line: Options): readonly string[] {
  return line
    .all("object")
    .map((object) => object.get("qom-type") ?? "")
    .filter((type) => !KNOWN_OBJECTS.test(type))
    .map((type) => `-object ${shown(type)}`);
}
