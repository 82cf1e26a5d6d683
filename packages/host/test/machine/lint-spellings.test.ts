// SPDX-License-Identifier: Apache-2.0
// The linter of command lines against other spellings: QEMU has several for most settings, and a host
// that hides a trap takes the one that is looked at least. Each was tried with QEMU 7.2 or 11.1.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lintQemuArguments } from "@greenlight/host/machine";
import { GOOD_ARGUMENTS as GOOD, words } from "../support/command-lines.ts";
import { open } from "../support/findings.ts";

const adding =
  (text: string) =>
  (good: string): string =>
    `${good} ${text}`;

const SPELLINGS: readonly (readonly [string, (good: string) => string, readonly string[]])[] = [
  ["a shim of the machine", adding("-machine shim=x"), ["fail boot-blob.unmeasured"]],
  ["a shim behind a flag", adding("-async-teardown -shim x"), ["fail boot-blob.unmeasured"]],
  [
    "a kernel of the machine, without hashes",
    (good) => good.replace("-kernel k", "-machine kernel=k").replace("hashes=on", "hashes=off"),
    ["fail kernel-hashes.off"],
  ],
  ["a firmware of the machine", adding("-machine firmware=x"), ["fail firmware.missing"]],
  ["network boot of the machine", adding("-machine boot.order=n"), ["fail network-boot.possible"]],
  [
    "another launch object by the older name",
    adding("-object sev-guest,id=b,policy=0 -machine memory-encryption=b"),
    ["unknown settings.unknown"],
  ],
  ["a device tree", adding("-machine dtb=x"), ["unknown settings.unknown"]],
  [
    "a machine that is no PC",
    (good) => good.replace("q35,", "microvm,"),
    ["unknown settings.unknown"],
  ],
  ["a machine by version", (good) => good.replace("q35,", "pc-q35-9.1,kernel-irqchip=split,"), []],
  [
    "a ROM for all devices",
    adding("-device virtio-blk-pci -global pci-device.romfile=x"),
    ["fail option-rom.present"],
  ],
  [
    "a ROM for a device of the board",
    adding("-global ICH9-LPC.romfile=x"),
    ["fail option-rom.present"],
  ],
  [
    "a ROM with the keys in another order",
    adding("-global property=romfile,value=x,driver=ich9-ahci"),
    ["fail option-rom.present"],
  ],
  ["no ROMs for a model", adding("-device e1000e -global e1000e.romfile="), []],
  ["other global properties", adding("-global ICH9-LPC.disable_s3=1"), []],
  [
    "a variable store made of a disk",
    adding("-drive if=none,id=v,file=V -set drive.v.if=pflash"),
    ["unknown settings.unknown"],
  ],
  [
    "a blob that is renamed",
    adding("-fw_cfg name=opt/org.example/a,id=z,file=x -set fw_cfg.z.name=etc/boot/shim"),
    ["warn fw-cfg.extra", "unknown settings.unknown"],
  ],
  ["SMBIOS strings in hexadecimal", adding("-smbios type=0xb,value=a"), ["warn smbios.strings"]],
  ["SMBIOS strings in octal", adding("-smbios type=013,value=a"), ["warn smbios.strings"]],
  ["SMBIOS strings of no number", adding("-smbios type=+11,value=a"), ["warn smbios.strings"]],
  [
    "QMP on a network, by its device",
    (good) => good.replace(/-qmp.*/, "-chardev socket,id=c,port=4 -qmp chardev:c"),
    ["fail control.on-network"],
  ],
  [
    "QMP on a network, mixed",
    (good) => good.replace("unix:q,", "mon:tcp:0:4,"),
    ["fail control.on-network"],
  ],
  [
    "QMP on a network, for old terminals",
    (good) => good.replace("unix:q,", "tn3270:0:4,"),
    ["fail control.on-network"],
  ],
  [
    "a monitor on a network, by its device",
    adding("-chardev socket,id=c,port=4 -monitor chardev:c"),
    ["warn monitor.open", "fail control.on-network"],
  ],
  ["a second QMP socket", adding("-qmp unix:r,server=on"), ["warn monitor.open"]],
  ["a monitor on the parallel port", adding("-parallel mon:stdio"), ["warn monitor.open"]],
  ["a monitor on the debug port", adding("-debugcon mon:stdio"), ["warn monitor.open"]],
];

for (const [name, change, expected] of SPELLINGS) {
  test(`command line: ${name}`, () => {
    assert.deepEqual(open(lintQemuArguments(words(change(GOOD)))), expected);
  });
}
