// SPDX-License-Identifier: Apache-2.0
// QEMU's options, versions 7.2 to 11.1, and which of them take a value: without that a command line
// cannot be read. What each means to a confidential guest is said elsewhere.

/** Options that stand alone. */
const FLAGS =
  "S async-teardown audio-help daemonize enable-kvm enable-sync-profile full-screen h help jitdump mem-prealloc " +
  "no-acpi no-fd-bootchk no-hpet no-reboot no-shutdown no-user-config nodefaults nographic " +
  "only-migratable perfmap portrait preconfig s singlestep snapshot usb version win2k-hack " +
  "xen-attach xen-domid-restrict";

/** Options with a value. */
const WITH_VALUE =
  "D L M accel acpitable action add-fd append audio audiodev bios blockdev boot cdrom " +
  "chardev chroot compat cpu d debugcon device dfilter display drive dtb dump-vmstate echr fda fdb " +
  "fsdev fw_cfg gdb global hda hdb hdc hdd icount incoming initrd iscsi k kernel loadvm m machine " +
  "mem-path mon monitor msg mtdblock name net netdev nic numa object option-rom overcommit parallel " +
  "pflash pidfile plugin qmp qmp-pretty qtest qtest-log readconfig rotate rtc run-with runas sandbox " +
  "sd seed serial set shim smbios smp spice tpmdev trace usbdevice uuid vga virtfs vnc " +
  "watchdog-action xen-domid";

const TABLE: ReadonlyMap<string, "flag" | "value"> = new Map([
  ...FLAGS.split(" ").map((name) => [name, "flag"] as const),
  ...WITH_VALUE.split(" ").map((name) => [name, "value"] as const),
]);

/** Whether an option (without its dash) takes a value; undefined for one that is not known. */
export function optionKind(name: string): "flag" | "value" | undefined {
  return TABLE.get(name);
}
