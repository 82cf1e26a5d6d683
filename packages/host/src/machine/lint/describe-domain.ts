// SPDX-License-Identifier: Apache-2.0
// A libvirt domain as a description (libvirt: docs/formatdomain.rst). Arguments that the domain passes
// through to QEMU are described as a command line and added.

import { MachineError } from "../error.ts";
import { parseXml } from "../xml.ts";
import type { XmlElement } from "../xml.ts";
import { describeArguments } from "./describe-arguments.ts";
import { describeDomainDevices } from "./describe-domain-devices.ts";
import type { LaunchDescription, MachineDescription, OwnerInput } from "./description.ts";
import { shown } from "./options.ts";
import { child, children, localName, textOf } from "./tree.ts";

/**
 * Describes a domain.
 * @throws {MachineError} `bad-xml` when it is not the XML of one.
 */
export function describeDomain(xml: string): MachineDescription {
  const domain = parseXml(xml);
  if (domain.name !== "domain") {
    throw new MachineError("bad-xml", `the XML is a <${shown(domain.name)}>, not a <domain>`);
  }
  const os = child(domain, "os");
  const own: MachineDescription = {
    artefact: "domain XML",
    launch: describeLaunch(child(domain, "launchSecurity")),
    accelerator: domain.attributes.get("type"),
    startsPaused: undefined,
    rebootAllowed: rebootAllowed(domain),
    cpu: describeCpu(child(domain, "cpu")),
    ...describeFirmware(os),
    igvm: [],
    kernel: textOf(os, "kernel"),
    bootBlobs: textOf(os, "shim") === undefined ? [] : [`<shim>${shown(textOf(os, "shim")!)}`],
    fwCfg: describeFwCfg(domain),
    fwCfgOptions: [],
    smbios: children(domain, "sysinfo").flatMap((info) =>
      children(info, "oemStrings").map(() => "<sysinfo> with <oemStrings>"),
    ),
    acpiTables: children(child(os, "acpi"), "table").map(({ text }) => shown(text)),
    loaders: [],
    ...describeDomainDevices(child(domain, "devices"), os),
    sharedMemory: describeSharing(domain),
    debug: [],
    monitors: [],
    networkControl: [],
    foreignState: [],
    hidden: firmwareIsChosen(os) ? ["<os firmware='efi'>: libvirt chooses the firmware"] : [],
    unknown: unknownParts(domain, os),
  };
  return withPassthrough(own, domain);
}

function describeLaunch(element: XmlElement | undefined): LaunchDescription | undefined {
  const kind = element?.attributes.get("type");
  if (element === undefined || (kind !== "sev" && kind !== "sev-snp")) return undefined;
  const policy = textOf(element, "policy");
  const input = (name: string): OwnerInput | undefined => {
    const text = textOf(element, name);
    return text === undefined ? undefined : { content: new TextEncoder().encode(text) };
  };
  return {
    kind,
    deprecatedForm: false,
    policy: policy === undefined ? undefined : readPolicy(policy),
    // libvirt fills both in from the host's capabilities.
    hasCbitpos: true,
    hasReducedPhysBits: true,
    kernelHashes: element.attributes.get("kernelHashes") === "yes",
    godh: input("dhCert"),
    session: input("session"),
    // libvirt has no element for it: what QEMU's version does is what happens.
    legacyVmType: undefined,
    sharedKey: !/^(0x)?0*$/i.test(textOf(element, "handle") ?? ""),
  };
}

/** libvirt reads hexadecimal, with 0x or without: 196608 is not 0x30000 to it. */
function readPolicy(text: string): bigint | "invalid" {
  const digits = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text)?.[1];
  return digits === undefined ? "invalid" : BigInt(`0x${digits}`);
}

/** libvirt restarts a domain on reboot unless told otherwise, and may be told to on the other ends. */
function rebootAllowed(domain: XmlElement): boolean {
  const reboot = textOf(domain, "on_reboot") ?? "restart";
  const others = [textOf(domain, "on_poweroff"), textOf(domain, "on_crash")];
  return [reboot, ...others].some((action) => action?.includes("restart") === true);
}

function describeCpu(cpu: XmlElement | undefined): string | undefined {
  const mode = cpu?.attributes.get("mode");
  return mode === undefined || mode === "custom" ? textOf(cpu, "model") : shown(mode);
}

function describeFirmware(
  os: XmlElement | undefined,
): Pick<MachineDescription, "firmware" | "nvram" | "writableFirmware"> {
  const loader = child(os, "loader");
  const path = loader?.text.trim() ?? "";
  const attribute = (name: string): string | undefined => loader?.attributes.get(name);
  const isFlash = attribute("type") === "pflash";
  const writable = isFlash && attribute("readonly") !== "yes";
  const stores = [
    ...children(os, "nvram").map(({ text }) => shown(`<nvram>${text}`)),
    ...children(os, "varstore").map(() => "<varstore>"),
  ];
  // libvirt gives firmware in flash a variable store unless it is said to be stateless.
  const adds = isFlash && stores.length === 0 && attribute("stateless") !== "yes";
  return {
    firmware: path === "" ? [] : [shown(path)],
    writableFirmware: writable ? [shown(path)] : [],
    nvram: adds ? ["<loader> is not stateless='yes'"] : stores,
  };
}

/** libvirt picks a firmware that matches, and fills in its path when it does. */
function firmwareIsChosen(os: XmlElement | undefined): boolean {
  return os?.attributes.get("firmware") === "efi" && (textOf(os, "loader") ?? "") === "";
}

function describeFwCfg(domain: XmlElement): readonly string[] {
  return children(domain, "sysinfo")
    .filter((info) => info.attributes.get("type") === "fwcfg")
    .flatMap((info) => children(info, "entry"))
    .map((entry) => shown(entry.attributes.get("name") ?? ""));
}

function describeSharing(domain: XmlElement): readonly string[] {
  const mode = child(child(domain, "memoryBacking"), "access")?.attributes.get("mode");
  const cells = children(child(child(domain, "cpu"), "numa"), "cell");
  return [
    ...(mode === "shared" ? ["<access mode='shared'>"] : []),
    ...cells
      .filter((cell) => cell.attributes.get("memAccess") === "shared")
      .map(() => "<cell memAccess='shared'>"),
  ];
}

/** Parts of a domain that are looked at, or mean nothing to what is measured. */
const KNOWN_PARTS = new Set(
  (
    "blkiotune bootloader clock cpu cputune currentMemory defaultiothread description devices features " +
    "genid id idmap iothreadids iothreads keywrap launchSecurity maxMemory memory memoryBacking memtune " +
    "metadata name numatune on_crash on_lockfailure on_poweroff on_reboot os perf pm resource seclabel " +
    "sysinfo throttlegroups title uuid vcpu vcpus"
  ).split(" "),
);

const KNOWN_OS_PARTS = new Set(
  "acpi bios boot bootmenu cmdline firmware initrd kernel loader nvram shim smbios type varstore".split(
    " ",
  ),
);

/** Devices that are looked at, or bring nothing else along. */
const KNOWN_DEVICES = new Set(
  (
    "acpi-erst audio channel console controller crypto disk emulator filesystem graphics hostdev hub " +
    "input interface iommu lease memballoon memory nvram panic parallel pstore redirdev redirfilter rng " +
    "serial shmem smartcard sound tpm video vsock watchdog"
  ).split(" "),
);

function unknownParts(domain: XmlElement, os: XmlElement | undefined): readonly string[] {
  const passthrough = ({ name }: XmlElement): boolean =>
    name.includes(":") && localName(name) === "commandline";
  const unknown = [
    ...domain.children.filter((part) => !KNOWN_PARTS.has(part.name) && !passthrough(part)),
    ...(os?.children ?? []).filter((part) => !KNOWN_OS_PARTS.has(part.name)),
    ...children(domain, "devices").flatMap((devices) =>
      devices.children.filter((part) => !KNOWN_DEVICES.has(part.name)),
    ),
  ].map(({ name }) => `<${shown(name)}>`);
  const repeated = [...repeatedParts(domain.children), ...repeatedParts(os?.children ?? [])];
  return [...unknown, ...repeated.map((name) => `<${shown(name)}> more than once`)];
}

/** What may stand any number of times, each looked at. */
const REPEATABLE: ReadonlySet<string> = new Set(["boot", "nvram", "seclabel", "sysinfo"]);

/** libvirt takes parts out of all elements of a name (XPath), where the first one is looked at here. */
function repeatedParts(parts: readonly XmlElement[]): readonly string[] {
  const names = parts.map(({ name }) => name).filter((name) => !REPEATABLE.has(name));
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** Options that decide what the rest of the XML means: passed through, they may change all of it. */
const GOVERNING =
  /^-?-(machine|M|accel|enable-kvm|cpu|smp|m|object|preconfig|set|global|nodefaults|no-user-config|action)$/;

/** Adds what <qemu:commandline> passes through. */
function withPassthrough(own: MachineDescription, domain: XmlElement): MachineDescription {
  const parts = domain.children.filter(
    ({ name }) => name.includes(":") && localName(name) === "commandline",
  );
  if (parts.length === 0) return own;
  const inner = parts.flatMap((part) => part.children);
  const args = inner
    .filter(({ name }) => localName(name) === "arg")
    .map(({ attributes }) => attributes.get("value") ?? "");
  const others = inner.filter(({ name }) => localName(name) !== "arg");
  // libvirt starts QEMU without default devices.
  const passed = describeArguments(["-nodefaults", ...args]);
  const governing = args.filter((arg) => GOVERNING.test(arg));
  return {
    ...own,
    kernel: own.kernel ?? passed.kernel,
    firmware: [...own.firmware, ...passed.firmware],
    writableFirmware: [...own.writableFirmware, ...passed.writableFirmware],
    nvram: [...own.nvram, ...passed.nvram],
    bootBlobs: [...own.bootBlobs, ...passed.bootBlobs],
    fwCfg: [...own.fwCfg, ...passed.fwCfg],
    fwCfgOptions: [...own.fwCfgOptions, ...passed.fwCfgOptions],
    smbios: [...own.smbios, ...passed.smbios],
    acpiTables: [...own.acpiTables, ...passed.acpiTables],
    loaders: passed.loaders,
    optionRoms: [...own.optionRoms, ...passed.optionRoms],
    romsInFwCfg: [...own.romsInFwCfg, ...passed.romsInFwCfg],
    networkBoot: [...own.networkBoot, ...passed.networkBoot],
    sharedMemory: [...own.sharedMemory, ...passed.sharedMemory],
    debug: passed.debug,
    monitors: passed.monitors,
    networkControl: passed.networkControl,
    foreignState: passed.foreignState,
    hidden: [...own.hidden, ...passed.hidden],
    unknown: [
      ...own.unknown,
      ...passed.unknown,
      ...[...governing, ...others.map(({ name }) => `<${name}>`)].map((what) =>
        shown(`passed through to QEMU: ${what}`),
      ),
    ],
  };
}
