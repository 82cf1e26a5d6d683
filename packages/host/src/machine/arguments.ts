// SPDX-License-Identifier: Apache-2.0
// A plan as QEMU's command line, an array of arguments without the program's name. It starts paused
// (-S), refuses to reboot, and has nothing by default: no network, no display, no option ROM.

import { base64Encode } from "@greenlight/core/bytes";
import { checkPlan } from "./check-plan.ts";
import { sevGuestHas } from "./facts.ts";
import type { MachineDisk, MachinePlan, SevMachine, SnpMachine } from "./plan.ts";

/** Id of the object with the guest's launch parameters, as libvirt names it. */
const OBJECT_ID = "lsec0";

/**
 * Arguments that start the planned guest.
 * @throws {MachineError} `bad-plan` when the plan contradicts itself, `unsupported` when the planned
 * QEMU cannot do it.
 */
export function qemuArguments(plan: MachinePlan): string[] {
  checkPlan(plan);
  return [
    ["-name", `guest=${escaped(plan.name)}`],
    ["-nodefaults", "-no-user-config", "-no-reboot", "-S"],
    ["-display", "none"],
    ["-machine", machine(plan)],
    ["-accel", "kvm"],
    ["-cpu", plan.vcpuType],
    ["-smp", String(plan.vcpus)],
    ["-m", `size=${plan.memoryMiB}M`],
    memory(plan),
    ["-object", launchObject(plan)],
    firmware(plan),
    directBoot(plan),
    plan.disks.flatMap((disk, index) => diskArguments(disk, index)),
    channels(plan),
    serial(plan),
    plan.qmp === undefined ? [] : ["-qmp", `unix:${escaped(plan.qmp)},server=on,wait=off`],
  ].flat();
}

function machine(plan: MachinePlan): string {
  return [
    plan.machineType ?? "q35",
    `confidential-guest-support=${OBJECT_ID}`,
    "vmport=off",
    // SMM needs memory that the host maps at will; neither SEV-ES nor SEV-SNP has it.
    ...(plan.generation === "sev" ? [] : ["smm=off"]),
    ...(plan.generation === "sev-snp" ? ["memory-backend=ram0"] : []),
  ].join(",");
}

/** The shared half of an SEV-SNP guest's memory; the private half is KVM's own. */
function memory(plan: MachinePlan): string[] {
  if (plan.generation !== "sev-snp") return [];
  const size = `size=${plan.memoryMiB}M`;
  return ["-object", `memory-backend-memfd,id=ram0,${size},share=on,prealloc=off`];
}

function launchObject(plan: MachinePlan): string {
  const { cbitpos, reducedPhysBits } = plan.platform;
  return [
    `${plan.generation === "sev-snp" ? "sev-snp-guest" : "sev-guest"},id=${OBJECT_ID}`,
    `cbitpos=${cbitpos},reduced-phys-bits=${reducedPhysBits}`,
    `policy=0x${plan.policy.toString(16)}`,
    ...(plan.generation === "sev-snp" ? snpOptions(plan) : sevOptions(plan)),
    `kernel-hashes=${plan.kernelHashes ? "on" : "off"}`,
  ].join(",");
}

function sevOptions(plan: SevMachine): string[] {
  const { godhFile, sessionFile } = plan.session;
  return [
    `dh-cert-file=${escaped(godhFile)}`,
    `session-file=${escaped(sessionFile)}`,
    // Its default changed between versions, and with it the VMSA pages in the digest.
    ...(sevGuestHas(plan.qemu, "legacy-vm-type")
      ? [`legacy-vm-type=${plan.legacyVmType ?? "on"}`]
      : []),
  ];
}

function snpOptions(plan: SnpMachine): string[] {
  const { idBlock, idAuth, authorKey, hostData, workarounds, vcekDisabled } = plan;
  return [
    ...(idBlock === undefined ? [] : [`id-block=${base64Encode(idBlock)}`]),
    ...(idAuth === undefined ? [] : [`id-auth=${base64Encode(idAuth)}`]),
    ...(authorKey === true ? ["author-key-enabled=on"] : []),
    ...(hostData === undefined ? [] : [`host-data=${base64Encode(hostData)}`]),
    ...(workarounds === undefined
      ? []
      : [`guest-visible-workarounds=${base64Encode(workarounds)}`]),
    ...(vcekDisabled === true ? ["vcek-disabled=on"] : []),
  ];
}

/** QEMU maps no flash into the private memory of SEV-SNP guests: theirs is copied, as -bios does. */
function firmware(plan: MachinePlan): string[] {
  if (plan.generation === "sev-snp") return ["-bios", plan.firmware];
  return ["-drive", `if=pflash,format=raw,unit=0,readonly=on,file=${escaped(plan.firmware)}`];
}

function directBoot({ kernel, initrd, append }: MachinePlan): string[] {
  return [
    ...(kernel === undefined ? [] : ["-kernel", kernel]),
    ...(initrd === undefined ? [] : ["-initrd", initrd]),
    ...(append === undefined ? [] : ["-append", append]),
  ];
}

/** virtio in a guest with encrypted memory must go through the guest's bounce buffers (iommu_platform). */
const VIRTIO = "disable-legacy=on,iommu_platform=on,romfile=";

function diskArguments({ file, format, readonly: fixed }: MachineDisk, index: number): string[] {
  const name = `disk${index}`;
  const access = fixed === true ? ",readonly=on" : "";
  return [
    "-drive",
    `if=none,id=${name},format=${format}${access},file.driver=file,file.filename=${escaped(file)}`,
    "-device",
    `virtio-blk-pci,id=virtio-${name},drive=${name},${VIRTIO}`,
  ];
}

function channels(plan: MachinePlan): string[] {
  if (plan.channels.length === 0) return [];
  return [
    "-device",
    `virtio-serial-pci,id=ports,${VIRTIO}`,
    ...plan.channels.flatMap(({ name, path }, index) => [
      "-chardev",
      `socket,id=channel${index},path=${escaped(path)},server=on,wait=off`,
      "-device",
      `virtserialport,bus=ports.0,chardev=channel${index},name=${escaped(name)}`,
    ]),
  ];
}

function serial({ serial: port }: MachinePlan): string[] {
  if (port === undefined) return [];
  const backend =
    port.kind === "file"
      ? `file,id=serial0,path=${escaped(port.path)}`
      : `socket,id=serial0,path=${escaped(port.path)},server=on,wait=off`;
  return ["-chardev", backend, "-serial", "chardev:serial0"];
}

/** A value inside of a comma-separated option: commas are doubled. */
function escaped(value: string): string {
  return value.replaceAll(",", ",,");
}
