// SPDX-License-Identifier: Apache-2.0
// A plan as a libvirt domain (libvirt: docs/formatdomain.rst, docs/kbase/launch_security_sev.rst). What
// libvirt would add by itself and the guest does not need is declared away. Start it with --paused.

import { isAbsolute } from "node:path";
import { base64Encode } from "@greenlight/core/bytes";
import { checkPlan } from "./check-plan.ts";
import { MachineError } from "./error.ts";
import type { MachineDisk, MachinePlan, SevMachine, SnpMachine } from "./plan.ts";

/** What stands in the XML itself where QEMU takes files. */
export interface SessionBytes {
  /** The owner's Diffie-Hellman certificate, 2084 bytes. */
  readonly godh: Uint8Array;
  /** 128 bytes. */
  readonly session: Uint8Array;
}

/** An element: name, attributes, and text or elements inside. */
type Node = readonly [
  name: string,
  attributes: Readonly<Record<string, string>>,
  inner?: string | readonly Node[],
];

/**
 * XML of the planned guest. `plan.qmp` is not used: libvirt has a socket of its own.
 * @param session Needed for SEV and SEV-ES guests.
 * @throws {MachineError} `bad-plan` when the plan contradicts itself, has relative paths or no session.
 */
export function libvirtXml(plan: MachinePlan, session?: SessionBytes): string {
  checkPlan(plan);
  checkPaths(plan);
  const memory = String(plan.memoryMiB);
  return rendered([
    "domain",
    { type: "kvm" },
    [
      ["name", {}, plan.name],
      ["memory", { unit: "MiB" }, memory],
      ["currentMemory", { unit: "MiB" }, memory],
      // The processor pins encrypted pages; libvirt must let QEMU lock that much.
      ["memoryBacking", {}, [["locked", {}]]],
      ["vcpu", {}, String(plan.vcpus)],
      ["os", {}, os(plan)],
      ["features", {}, features(plan)],
      ["cpu", { mode: "custom", match: "exact", check: "none" }, [cpuModel(plan)]],
      ["on_poweroff", {}, "destroy"],
      ["on_reboot", {}, "destroy"],
      ["on_crash", {}, "destroy"],
      ["devices", {}, devices(plan)],
      launchSecurity(plan, session),
    ],
  ]);
}

function os(plan: MachinePlan): readonly Node[] {
  const { kernel, initrd, append, firmware, machineType = "q35" } = plan;
  const isRom = plan.generation === "sev-snp";
  const loader = isRom ? { type: "rom" } : { readonly: "yes", type: "pflash", stateless: "yes" };
  return [
    ["type", { arch: "x86_64", machine: machineType }, "hvm"],
    ["loader", loader, firmware],
    ...(kernel === undefined ? [] : [["kernel", {}, kernel] as const]),
    ...(initrd === undefined ? [] : [["initrd", {}, initrd] as const]),
    ...(append === undefined ? [] : [["cmdline", {}, append] as const]),
  ];
}

function features({ generation }: MachinePlan): readonly Node[] {
  const common: readonly Node[] = [
    ["acpi", {}],
    ["apic", {}],
    ["vmport", { state: "off" }],
  ];
  return generation === "sev" ? common : [...common, ["smm", { state: "off" }]];
}

function cpuModel({ vcpuType }: MachinePlan): Node {
  return ["model", { fallback: "forbid" }, vcpuType];
}

function devices(plan: MachinePlan): readonly Node[] {
  return [
    ...plan.disks.map((disk, index) => diskElement(disk, index)),
    ["controller", { type: "usb", model: "none" }],
    ...channels(plan),
    ...serial(plan),
    ["video", {}, [["model", { type: "none" }]]],
    ["memballoon", { model: "none" }],
  ];
}

function diskElement({ file, format, readonly: fixed }: MachineDisk, index: number): Node {
  return [
    "disk",
    { type: "file", device: "disk" },
    [
      ["driver", { name: "qemu", type: format, iommu: "on" }],
      ["source", { file }],
      ["target", { dev: `vd${diskLetters(index)}`, bus: "virtio" }],
      ...(fixed === true ? [["readonly", {}] as const] : []),
    ],
  ];
}

/** a to z, then aa, ab and so on, as the kernel counts. */
function diskLetters(index: number): string {
  const last = String.fromCodePoint(97 + (index % 26));
  return index < 26 ? last : diskLetters(Math.floor(index / 26) - 1) + last;
}

function channels(plan: MachinePlan): readonly Node[] {
  if (plan.channels.length === 0) return [];
  return [
    ["controller", { type: "virtio-serial", index: "0" }, [["driver", { iommu: "on" }]]],
    ...plan.channels.map(({ name, path }): Node => [
      "channel",
      { type: "unix" },
      [
        ["source", { mode: "bind", path }],
        ["target", { type: "virtio", name }],
      ],
    ]),
  ];
}

function serial({ serial: port }: MachinePlan): readonly Node[] {
  if (port === undefined) return [];
  const { kind, path } = port;
  const source: Node = kind === "file" ? ["source", { path }] : ["source", { mode: "bind", path }];
  return [["serial", { type: kind === "file" ? "file" : "unix" }, [source]]];
}

function launchSecurity(plan: MachinePlan, session: SessionBytes | undefined): Node {
  const kernelHashes = plan.kernelHashes ? { kernelHashes: "yes" } : {};
  const common: readonly Node[] = [
    ["cbitpos", {}, String(plan.platform.cbitpos)],
    ["reducedPhysBits", {}, String(plan.platform.reducedPhysBits)],
    ["policy", {}, `0x${plan.policy.toString(16).padStart(4, "0")}`],
  ];
  if (plan.generation === "sev-snp") return snpSecurity(plan, kernelHashes, common);
  if (session === undefined) {
    throw new MachineError("bad-plan", "there is no session to put into the XML");
  }
  checkVmType(plan);
  return [
    "launchSecurity",
    { type: "sev", ...kernelHashes },
    [
      ...common,
      ["dhCert", {}, base64Encode(session.godh)],
      ["session", {}, base64Encode(session.session)],
    ],
  ];
}

function snpSecurity(
  plan: SnpMachine,
  kernelHashes: Readonly<Record<string, string>>,
  common: readonly Node[],
): Node {
  const optional = (name: string, bytes: Uint8Array | undefined): readonly Node[] =>
    bytes === undefined ? [] : [[name, {}, base64Encode(bytes)]];
  return [
    "launchSecurity",
    {
      type: "sev-snp",
      ...kernelHashes,
      ...(plan.authorKey === true ? { authorKey: "yes" } : {}),
      ...(plan.vcekDisabled === true ? { vcek: "no" } : {}),
    },
    [
      ...common,
      ...optional("guestVisibleWorkarounds", plan.workarounds),
      ...optional("idBlock", plan.idBlock),
      ...optional("idAuth", plan.idAuth),
      ...optional("hostData", plan.hostData),
    ],
  ];
}

/** libvirt starts SEV guests with QEMU's default, the legacy type on all versions that it knows. */
function checkVmType({ legacyVmType }: SevMachine): void {
  if (legacyVmType !== "off") return;
  throw new MachineError("unsupported", "libvirt cannot be told legacy-vm-type=off");
}

function checkPaths({
  firmware,
  kernel,
  initrd,
  disks,
  channels: ports,
  serial: port,
}: MachinePlan) {
  const paths = [firmware, kernel, initrd, port?.path]
    .concat(disks.map(({ file }) => file))
    .concat(ports.map(({ path }) => path));
  const relative = paths.find((path) => path !== undefined && !isAbsolute(path));
  if (relative === undefined) return;
  throw new MachineError("bad-plan", `libvirt needs absolute paths, and ${relative} is not one`);
}

function rendered([name, attributes, inner = []]: Node, indent = ""): string {
  const words = Object.entries(attributes).map(([key, value]) => ` ${key}='${escaped(value)}'`);
  const start = `${indent}<${name}${words.join("")}`;
  if (typeof inner === "string") return `${start}>${escaped(inner)}</${name}>\n`;
  if (inner.length === 0) return `${start}/>\n`;
  const body = inner.map((node) => rendered(node, `${indent}  `)).join("");
  return `${start}>\n${body}${indent}</${name}>\n`;
}

/** Text and attribute values, with what XML cannot hold left out of the question by checkPlan. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("'", "&apos;")
    .replaceAll('"', "&quot;");
}
