// SPDX-License-Identifier: Apache-2.0
// Devices of QEMU by what they bring besides their function. Rows: read out of QEMU 7.2 and 11.1 by
// starting each PCI device and looking at its romfile property.

/** What is known of a device model. */
export interface DeviceTraits {
  /** File that is its option ROM unless another is named. `own` is a ROM of the hardware itself. */
  readonly rom?: string;
  /** A network card: firmware may boot from it. */
  readonly network?: true;
  /** Writes files into guest memory before the guest starts. */
  readonly loader?: true;
}

const E1000 = { rom: "efi-e1000.rom", network: true } as const;
const EEPRO100 = { rom: "pxe-eepro100.rom", network: true } as const;
const VIRTIO_NET = { rom: "efi-virtio.rom", network: true } as const;
const VIRTIO_VGA = { rom: "vgabios-virtio.bin" } as const;

const TRAITS: ReadonlyMap<string, DeviceTraits> = new Map<string, DeviceTraits>([
  ["e1000", E1000],
  ["e1000-82540em", E1000],
  ["e1000-82544gc", E1000],
  ["e1000-82545em", E1000],
  ["e1000e", { rom: "efi-e1000e.rom", network: true }],
  ...["50", "51", "57a", "57b", "57c", "58a", "58b", "59a", "59b", "59c", "59er", "62"].map(
    (model): [string, DeviceTraits] => [`i825${model}`, EEPRO100],
  ),
  ["i82801", EEPRO100],
  ["igb", { network: true }],
  ["ne2k_pci", { rom: "efi-ne2k_pci.rom", network: true }],
  ["pcnet", { rom: "efi-pcnet.rom", network: true }],
  ["rtl8139", { rom: "efi-rtl8139.rom", network: true }],
  ["tulip", { network: true }],
  ["usb-net", { network: true }],
  ["virtio-net-pci", VIRTIO_NET],
  ["virtio-net-pci-non-transitional", VIRTIO_NET],
  ["virtio-net-pci-transitional", VIRTIO_NET],
  ["virtio-net-device", { network: true }],
  ["vmxnet3", { rom: "efi-vmxnet3.rom", network: true }],
  ["ati-vga", { rom: "vgabios-ati.bin" }],
  ["bochs-display", { rom: "vgabios-bochs-display.bin" }],
  ["cirrus-vga", { rom: "vgabios-cirrus.bin" }],
  ["isa-cirrus-vga", { rom: "vgabios-cirrus.bin" }],
  ["isa-vga", { rom: "vgabios-stdvga.bin" }],
  ["qxl-vga", { rom: "vgabios-qxl.bin" }],
  ["ramfb", { rom: "vgabios-ramfb.bin" }],
  ["VGA", { rom: "vgabios-stdvga.bin" }],
  ["vfio-pci-igd-lpc-bridge", { rom: "own" }],
  ["vfio-pci", { rom: "own" }],
  ["vfio-pci-nohotplug", { rom: "own" }],
  ["vfio-user-pci", { rom: "own" }],
  ["xen-pci-passthrough", { rom: "own" }],
  ["x-pci-proxy-dev", { rom: "own" }],
  ["vhost-user-vga", VIRTIO_VGA],
  ["virtio-vga", VIRTIO_VGA],
  ["virtio-vga-gl", VIRTIO_VGA],
  ["virtio-vga-rutabaga", VIRTIO_VGA],
  ["vmware-svga", { rom: "vgabios-vmware.bin" }],
  ["loader", { loader: true }],
  ["guest-loader", { loader: true }],
]);

/** Kinds of devices on virtio that bring nothing else along. */
const VIRTIO =
  "9p balloon blk crypto gpu gpu-gl input-host iommu keyboard mem mouse multitouch nsm pmem rng " +
  "rtc scsi serial snd sound tablet";

const VHOST =
  "scsi user-blk user-fs user-gpio user-gpu user-i2c user-input user-rng user-rtc user-scsi " +
  "user-snd user-vsock vsock";

/** Other devices that bring nothing else along: no ROM, nothing written into memory. */
const PLAIN =
  "AC97 acpi-erst ahci am53c974 amd-iommu dc390 edu emmc ES1370 floppy hda-duplex hda-micro " +
  "hda-output i6300esb i8042 i82801b11-bridge ib700 ich9-ahci ich9-intel-hda ich9-usb-ehci1 " +
  "ich9-usb-uhci1 ich9-usb-uhci2 ich9-usb-uhci3 ide-cd ide-hd intel-hda intel-iommu ioh3420 " +
  "isa-debug-exit isa-debugcon isa-fdc isa-parallel isa-serial ivshmem-doorbell ivshmem-plain " +
  "lsi53c810 lsi53c895a megasas megasas-gen2 mptsas1068 nec-usb-xhci nvdimm nvme nvme-ns " +
  "nvme-subsys pc-dimm pci-bridge pci-ohci pci-serial pcie-expander-bridge pcie-pci-bridge " +
  "pcie-root-port piix3-usb-uhci pvpanic pvpanic-pci pvscsi pxb-pcie qemu-xhci scsi-block " +
  "scsi-cd scsi-generic scsi-hd sd-card sdhci-pci secondary-vga smbus-eeprom tpm-crb tpm-tis " +
  "uefi-vars-sysbus uefi-vars-x64 ufs ufs-lu usb-audio usb-bot usb-ccid usb-ehci usb-host " +
  "usb-hub usb-kbd usb-mouse usb-redir usb-serial usb-storage usb-tablet usb-uas virtconsole " +
  "virtserialport vmclock vmcoreinfo vmgenid x3130-upstream xio3130-downstream";

const PLAIN_DEVICES: ReadonlySet<string> = new Set([
  ...PLAIN.split(" "),
  ...VIRTIO.split(" ").flatMap((kind) => onEveryBus(`virtio-${kind}`)),
  ...VHOST.split(" ").flatMap((kind) => onEveryBus(`vhost-${kind}`)),
]);

function onEveryBus(name: string): string[] {
  return [name, `${name}-pci`, `${name}-device`].flatMap((base) => [
    base,
    `${base}-non-transitional`,
    `${base}-transitional`,
  ]);
}

/** What is known of a device model; undefined when nothing is. */
export function deviceTraits(driver: string): DeviceTraits | undefined {
  const known = TRAITS.get(driver);
  if (known !== undefined) return known;
  // vCPUs are devices too: `EPYC-x86_64-cpu`.
  return PLAIN_DEVICES.has(driver) || driver.endsWith("-x86_64-cpu") ? {} : undefined;
}
