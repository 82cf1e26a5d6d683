// SPDX-License-Identifier: Apache-2.0
// Findings about what a hypervisor's configuration lets the host do to a guest.

/** What each finding checks, by id. */
export const HOST_FINDINGS = {
  "machine.confidential.missing": "the machine is started as an SEV, SEV-ES or SEV-SNP guest",
  "machine.confidential.deprecated": "the launch object is named in the current way",
  "machine.accelerator.not-kvm": "the guest runs under KVM, which alone encrypts memory",
  "machine.start.unpaused": "the guest waits for the owner's decision before it runs",
  "machine.reboot.allowed": "the guest cannot be rebooted without being launched anew",
  "machine.policy.unset": "the guest policy is stated, and is a number",
  "machine.policy.debug-allowed": "the guest policy does not let the host debug the guest",
  "machine.key.shared": "the guest has a memory key of its own",
  "machine.session.missing":
    "the owner's certificate and session are given to SEV and SEV-ES guests",
  "machine.session.not-base64": "the owner's certificate and session are base64 text of their size",
  "machine.platform-bits.missing": "the encryption bit and the reduced address bits are given",
  "machine.vm-type.unset": "KVM's kind of virtual machine, on which VMSA pages depend, is stated",
  "machine.vcpu.unpredictable": "the vCPU model is one whose registers can be computed",
  "machine.firmware.missing": "the firmware is named",
  "machine.firmware.writable": "the firmware image is read-only",
  "machine.nvram.present": "there is no variable store: it would be unmeasured",
  "machine.igvm.present": "no IGVM file takes the place of the measured firmware",
  "machine.kernel-hashes.off": "a kernel that is given is measured by its hash",
  "machine.boot-blob.unmeasured":
    "no boot blob is given that the hash table does not cover (-shim, fw_cfg etc/boot)",
  "machine.fw-cfg.extra": "no further fw_cfg files are given to firmware and guest",
  "machine.smbios.strings": "no SMBIOS strings are given that guest software takes orders from",
  "machine.acpi-table.extra": "no further ACPI tables are given to the guest",
  "machine.loader.present": "nothing is written into guest memory before the start",
  "machine.option-rom.present": "no device has an option ROM: it would be unmeasured code",
  "machine.network-boot.possible": "the firmware is not told to boot from the network",
  "machine.memory.shared": "no other process has the guest's memory mapped",
  "machine.debug.open": "no debugging interface is open",
  "machine.monitor.open": "no monitor is open besides one for QMP",
  "machine.control.on-network": "no control socket listens on a network",
  "machine.state.foreign": "the guest does not start from a state that was made elsewhere",
  "machine.settings.hidden": "all settings are in what was looked at",
  "machine.settings.unknown": "all settings are known",
} as const satisfies Readonly<Record<string, string>>;
