// SPDX-License-Identifier: Apache-2.0
// The linter of domain XML: each trap by itself, with its finding and no other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lintDomainXml } from "@greenlight/host/machine";
import { open } from "../support/findings.ts";

/** A domain without any trap. */
const DOMAIN = `<?xml version="1.0"?>
<!-- as virsh dumpxml gives it -->
<domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>g</name>
  <memory unit='KiB'>1048576</memory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-9.2'>hvm</type>
    <loader readonly='yes' type='pflash' stateless='yes'>/f/OVMF.amdsev.fd</loader>
    <kernel>/k</kernel>
    <cmdline>a &lt;b&gt; &amp; &#99;</cmdline>
    <boot dev='hd'/>
  </os>
  <cpu mode='custom' match='exact'><model fallback='forbid'>EPYC-Milan</model></cpu>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><model type='virtio'/><rom enabled='no'/></interface>
    <video><model type='none'/></video>
  </devices>
  <launchSecurity type='sev' kernelHashes='yes'>
    <policy>0x0003</policy>
    <dhCert>${Buffer.alloc(2084, 1).toString("base64")}</dhCert>
    <session>${Buffer.alloc(128, 1).toString("base64")}</session>
  </launchSecurity>
</domain>
`;

const DOMAIN_TRAPS: readonly (readonly [string, string | RegExp, string, readonly string[]])[] = [
  ["nothing", "", "", []],
  [
    "no launch security",
    /<launchSecurity[^]*<\/launchSecurity>/,
    "",
    ["fail confidential.missing"],
  ],
  ["TDX", "type='sev' ", "type='tdx' ", ["fail confidential.missing"]],
  ["TCG", "type='kvm'", "type='qemu'", ["fail accelerator.not-kvm"]],
  ["restart on reboot", "<on_reboot>destroy", "<on_reboot>restart", ["fail reboot.allowed"]],
  ["reboot unsaid", "<on_reboot>destroy</on_reboot>", "", ["fail reboot.allowed"]],
  ["restart on crash", "<on_crash>destroy", "<on_crash>coredump-restart", ["fail reboot.allowed"]],
  ["debugging", "0x0003", "0x0002", ["fail policy.debug-allowed"]],
  ["SEV-ES", "0x0003", "0x0007", ["warn vm-type.unset"]],
  ["a shared key", "<policy>", "<handle>7</handle><policy>", ["fail key.shared"]],
  ["no session", /<session>.*<\/session>/, "", ["fail session.missing"]],
  ["a session cut short", /<session>..../, "<session>", ["fail session.not-base64"]],
  ["hashes off", " kernelHashes='yes'", "", ["fail kernel-hashes.off"]],
  ["the host's CPU", "mode='custom'", "mode='host-passthrough'", ["warn vcpu.unpredictable"]],
  ["a variable store", "<boot dev='hd'/>", "<nvram>/v</nvram>", ["fail nvram.present"]],
  ["one that libvirt adds", " stateless='yes'", "", ["fail nvram.present"]],
  ["writable firmware", "readonly='yes' ", "", ["warn firmware.writable"]],
  [
    "chosen firmware",
    /<os>[^]*?<\/loader>/,
    "<os firmware='efi'>",
    ["fail firmware.missing", "unknown settings.hidden"],
  ],
  ["a shim", "<boot dev='hd'/>", "<shim>/s</shim>", ["fail boot-blob.unmeasured"]],
  [
    "fw_cfg",
    "<devices>",
    "<sysinfo type='fwcfg'><entry name='opt/a/b'>x</entry></sysinfo><devices>",
    ["fail fw-cfg.extra"],
  ],
  [
    "SMBIOS strings",
    "<devices>",
    "<sysinfo type='smbios'><oemStrings><entry>a</entry></oemStrings></sysinfo><devices>",
    ["warn smbios.strings"],
  ],
  [
    "an ACPI table",
    "<boot dev='hd'/>",
    "<acpi><table type='slic'>/t</table></acpi>",
    ["warn acpi-table.extra"],
  ],
  ["a card's ROM", "<rom enabled='no'/>", "", ["fail option-rom.present"]],
  ["a ROM of a file", "<rom enabled='no'/>", "<rom file='/r'/>", ["fail option-rom.present"]],
  ["a ROM without BAR", "<rom enabled='no'/>", "<rom bar='off'/>", ["warn option-rom.present"]],
  [
    "a passed-through device",
    "<video>",
    "<hostdev mode='subsystem' type='pci'/><video>",
    ["fail option-rom.present"],
  ],
  [
    "one without its ROM",
    "<video>",
    "<hostdev mode='subsystem' type='pci'><rom bar='off'/></hostdev><video>",
    [],
  ],
  ["a display", "<model type='none'/>", "<model type='virtio'/>", ["fail option-rom.present"]],
  [
    "graphics alone",
    "<video><model type='none'/></video>",
    "<graphics type='vnc'/>",
    ["fail option-rom.present"],
  ],
  ["network boot", "dev='hd'", "dev='network'", ["fail network-boot.possible"]],
  [
    "a card in the order",
    "<rom enabled='no'/>",
    "<rom enabled='no'/><boot order='1'/>",
    ["fail network-boot.possible"],
  ],
  [
    "shared memory",
    "<devices>",
    "<memoryBacking><access mode='shared'/></memoryBacking><devices>",
    ["warn memory.shared"],
  ],
  [
    "shared memory of a cell",
    "<model fallback",
    "<numa><cell memAccess='shared'/></numa><model fallback",
    ["warn memory.shared"],
  ],
  [
    "a part that stands twice",
    "<devices>",
    "<os><shim>/s</shim></os><devices>",
    ["unknown settings.unknown"],
  ],
  [
    "a loader that stands twice",
    "<boot dev='hd'/>",
    "<loader>/x</loader>",
    ["unknown settings.unknown"],
  ],
  [
    "a policy that libvirt reads as hexadecimal",
    /<launchSecurity[^]*<\/launchSecurity>/,
    "<launchSecurity type='sev-snp' kernelHashes='yes'><policy>196608</policy></launchSecurity>",
    ["fail policy.debug-allowed"],
  ],
  [
    "a mediated device",
    "<video>",
    "<hostdev mode='subsystem' type='mdev'/><video>",
    ["fail option-rom.present"],
  ],
  ["an unknown part", "<devices>", "<frobnicate/><devices>", ["unknown settings.unknown"]],
  ["an unknown device", "<devices>", "<devices><frobnicate/>", ["unknown settings.unknown"]],
  ["an unknown part of os", "<boot dev='hd'/>", "<dtb>/d</dtb>", ["unknown settings.unknown"]],
  [
    "gdb passed through",
    "</domain>",
    "<qemu:commandline><qemu:arg value='-s'/></qemu:commandline></domain>",
    ["fail debug.open"],
  ],
  [
    "a shim passed through",
    "</domain>",
    "<qemu:commandline><qemu:arg value='-fw_cfg'/><qemu:arg value='name=etc/boot/shim,file=/x'/></qemu:commandline></domain>",
    ["fail boot-blob.unmeasured"],
  ],
  [
    "a machine passed through",
    "</domain>",
    "<qemu:commandline><qemu:arg value='-machine'/><qemu:arg value='x'/><qemu:env name='A' value='b'/></qemu:commandline></domain>",
    ["unknown settings.unknown"],
  ],
  [
    "properties passed through",
    "</domain>",
    "<qemu:override><qemu:device alias='net0'/></qemu:override></domain>",
    ["unknown settings.unknown"],
  ],
  [
    "SEV-SNP",
    /<launchSecurity[^]*<\/launchSecurity>/,
    "<launchSecurity type='sev-snp' kernelHashes='yes'><policy>0x30000</policy></launchSecurity>",
    [],
  ],
];

for (const [name, what, by, expected] of DOMAIN_TRAPS) {
  test(`domain XML: ${name}`, () => {
    const xml = DOMAIN.replace(what, by);
    assert.equal(xml === DOMAIN, name === "nothing");
    assert.deepEqual(open(lintDomainXml(xml)), expected);
  });
}
