// SPDX-License-Identifier: Apache-2.0
// What in a configuration is wrong for a confidential guest: one finding a rule, every rule reported.
// The host need not keep to what it shows; what is found here is what would be unsafe even if it did.

import type { Finding, FindingId, Outcome } from "@greenlight/core/finding";
import type { MachineDescription } from "./description.ts";
import type { Rule, Ruling } from "./rule.ts";
import { LAUNCH_RULES } from "./rules-launch.ts";

/** How many pieces are listed in a finding. */
const MAX_LISTED = 8;

/** A rule that some list is empty. */
function none(
  id: FindingId,
  list: (description: MachineDescription) => readonly string[],
  texts: Pick<Rule, "broken" | "hint" | "holds" | "source">,
  outcome: Outcome = "fail",
): Rule {
  return {
    id,
    ...texts,
    judge(description) {
      const actual = list(description);
      return actual.length === 0 ? { outcome: "pass" } : { outcome, actual };
    },
  };
}

const CHANNEL_RULES: readonly Rule[] = [
  none("machine.nvram.present", ({ nvram }) => nvram, {
    holds: "There is no variable store",
    broken: "There is a variable store, which is not measured and which the host can write",
    hint: "use a firmware without one (OVMF.amdsev.fd) and leave out the second pflash or <nvram>",
    source: "QEMU: docs/system/i386/amd-memory-encryption.rst; hw/i386/pc_sysfw.c",
  }),
  none(
    "machine.igvm.present",
    ({ igvm }) => igvm,
    {
      holds: "No IGVM file takes the firmware's place",
      broken: "An IGVM file decides what is loaded and measured, and it is not looked into here",
      hint: "start the firmware itself, or compute the digest of the IGVM file elsewhere",
    },
    "unknown",
  ),
  none("machine.boot-blob.unmeasured", ({ bootBlobs }) => bootBlobs, {
    holds: "No boot blob is given outside of the hash table",
    broken:
      "A boot blob is given that is not measured; firmware may start it instead of the kernel",
    hint: "leave out -shim, <shim> and fw_cfg files below etc/boot: the launch digest does not change",
    source: "edk2: OvmfPkg/QemuKernelLoaderFsDxe, OvmfPkg/AmdSev/BlobVerifierLibSevHashes",
  }),
  {
    id: "machine.fw-cfg.extra",
    holds: "There are no further fw_cfg files",
    broken: "fw_cfg files are given, which are not measured",
    hint: "leave them out; firmware, kernel and systemd act on some of them",
    source: "QEMU: docs/specs/fw_cfg.rst",
    judge({ fwCfg, fwCfgOptions }) {
      if (fwCfg.length > 0) return { outcome: "fail", actual: [...fwCfg, ...fwCfgOptions] };
      return fwCfgOptions.length > 0
        ? { outcome: "warn", actual: fwCfgOptions }
        : { outcome: "pass" };
    },
  },
  none(
    "machine.smbios.strings",
    ({ smbios }) => smbios,
    {
      holds: "There are no SMBIOS strings of the host's",
      broken: "SMBIOS strings are given that are not measured; systemd reads credentials from them",
      hint: "leave out type 11 strings and binary SMBIOS files",
      source: "systemd: systemd.system-credentials(7)",
    },
    "warn",
  ),
  none(
    "machine.acpi-table.extra",
    ({ acpiTables }) => acpiTables,
    {
      holds: "There are no further ACPI tables",
      broken: "An ACPI table is added whose code the guest's kernel runs unmeasured",
      hint: "leave it out; QEMU's own tables are the host's word already",
    },
    "warn",
  ),
  none("machine.loader.present", ({ loaders }) => loaders, {
    holds: "Nothing is loaded into guest memory besides the firmware",
    broken: "A file is written into guest memory before the start and is not measured",
    hint: "leave out -device loader and guest-loader",
  }),
  {
    id: "machine.option-rom.present",
    holds: "No device has an option ROM",
    broken: "Option ROMs are offered to the firmware and are not measured",
    hint: "switch each off: romfile= on the device, <rom enabled='no'/> in XML; use -nodefaults",
    source: "QEMU: hw/pci/pci.c, pci_add_option_rom",
    judge({ optionRoms, romsInFwCfg }) {
      if (optionRoms.length > 0)
        return { outcome: "fail", actual: [...optionRoms, ...romsInFwCfg] };
      if (romsInFwCfg.length === 0) return { outcome: "pass" };
      const hint = "rombar=0 only moves the ROM into fw_cfg (genroms/): say romfile= instead";
      return { outcome: "warn", actual: romsInFwCfg, hint };
    },
  },
  none("machine.network-boot.possible", ({ networkBoot }) => networkBoot, {
    holds: "The firmware is not told to boot from the network",
    broken: "The firmware is told to boot from the network",
    hint: "leave network cards out of the boot order",
  }),
  {
    id: "machine.memory.shared",
    holds: "Guest memory is not shared with other processes",
    broken:
      "Guest memory is shared: other processes of the host can change and replay its ciphertext",
    hint: "leave out share=on and <access mode='shared'/>",
    judge({ sharedMemory, launch }) {
      if (launch?.kind === "sev-snp") return { outcome: "pass" };
      return sharedMemory.length === 0
        ? { outcome: "pass" }
        : { outcome: "warn", actual: sharedMemory };
    },
  },
];

const CONTROL_RULES: readonly Rule[] = [
  none("machine.debug.open", ({ debug }) => debug, {
    holds: "No debugging interface is open",
    broken: "A debugging interface is open, by which registers and memory can be changed",
    hint: "leave out -gdb, -s, -qtest and -plugin",
  }),
  none(
    "machine.monitor.open",
    ({ monitors }) => monitors,
    {
      holds: "No monitor is open besides one for QMP",
      broken:
        "A further monitor is open: whoever reaches it can continue the guest before the decision",
      hint: "say -monitor none (and -nodefaults), and keep QMP to one unix socket",
    },
    "warn",
  ),
  none("machine.control.on-network", ({ networkControl }) => networkControl, {
    holds: "No control socket listens on a network",
    broken: "A control socket listens on a network, without a password",
    hint: "use a unix socket in a folder of mode 0700",
  }),
  none("machine.state.foreign", ({ foreignState }) => foreignState, {
    holds: "The guest starts from its measured beginning",
    broken:
      "The guest starts from a saved or incoming state, which launch measurement does not cover",
    hint: "leave out -incoming and -loadvm",
  }),
  none(
    "machine.settings.hidden",
    ({ hidden }) => hidden,
    {
      holds: "All settings are in what was looked at",
      broken: "Settings stand somewhere else and were not looked at",
      hint: "give the whole configuration",
    },
    "unknown",
  ),
  none(
    "machine.settings.unknown",
    ({ unknown }) => unknown,
    {
      holds: "All settings are known",
      broken: "Some settings are not known here, nor what they do to the guest",
      hint: "leave them out, or judge them yourself",
    },
    "unknown",
  ),
];

/** Findings about a configuration, one for every rule. */
export function judgeMachine(description: MachineDescription): readonly Finding[] {
  return [...LAUNCH_RULES, ...CHANNEL_RULES, ...CONTROL_RULES].map((rule) =>
    finding(rule, rule.judge(description), description.artefact),
  );
}

function finding(rule: Rule, ruling: Ruling, artefact: string): Finding {
  const { outcome, actual, because } = ruling;
  const { id } = rule;
  if (outcome === "pass") return { id, outcome, title: rule.holds };
  if (outcome === "skipped") {
    return { id, outcome, title: `Not looked at: ${because ?? "it does not apply here"}` };
  }
  return {
    id,
    outcome,
    title: rule.broken,
    ...(actual === undefined ? {} : { actual: listed(actual) }),
    where: { artefact },
    ...(rule.source === undefined ? {} : { source: rule.source }),
    hint: ruling.hint ?? rule.hint,
  };
}

function listed(items: readonly string[]): string {
  const rest = items.length - MAX_LISTED;
  const names = items.slice(0, MAX_LISTED).join("; ");
  return rest > 0 ? `${names}; and ${rest} more` : names;
}
