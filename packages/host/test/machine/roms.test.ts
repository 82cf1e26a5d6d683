// SPDX-License-Identifier: Apache-2.0
// Option ROMs: what the linter says of a command line is what real QEMUs make of it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { lintQemuArguments, startQemu } from "@greenlight/host/machine";
import { connectQmp } from "@greenlight/host/qmp";
import { NO_QEMU, testFolder, testQemus } from "../support/qemu.ts";

const PATIENT = { timeoutMs: 300_000 };

const qemus = testQemus();

/** Command lines and where their option ROMs are. */
const CASES: readonly (readonly [args: string, where: "bar" | "fw_cfg" | "none"])[] = [
  ["", "bar"],
  ["-nodefaults", "none"],
  ["-vga none -nic none", "none"],
  ["-vga none", "bar"],
  ["-nic none", "bar"],
  ["-nodefaults -vga std", "bar"],
  ["-nodefaults -nic user,model=virtio", "bar"],
  ["-nodefaults -nic user", "bar"],
  ["-nodefaults -net nic -net user", "bar"],
  ["-nodefaults -netdev user,id=n -device virtio-net-pci,netdev=n", "bar"],
  ["-nodefaults -netdev user,id=n -device virtio-net-pci,netdev=n,romfile=", "none"],
  ["-nodefaults -device virtio-net-pci,rombar=0", "fw_cfg"],
  ["-nodefaults -device virtio-net-pci,rombar=0,romfile=", "none"],
  ["-nodefaults -device virtio-net-pci -global virtio-net-pci.romfile=", "none"],
  [
    "-nodefaults -device virtio-net-pci -global driver=virtio-net-pci,property=romfile,value=",
    "none",
  ],
  ["-nodefaults -device virtio-net-pci,id=a -set device.a.romfile=", "none"],
  ["-nodefaults -device virtio-net-pci,id=a,romfile= -set device.a.romfile=efi-virtio.rom", "bar"],
  ["-nodefaults -device virtio-rng-pci", "none"],
  ["-nodefaults -device virtio-rng-pci,romfile=efi-virtio.rom", "bar"],
  ["-nodefaults -device virtio-rng-pci -global virtio-rng-pci.romfile=efi-virtio.rom", "bar"],
  ['-nodefaults -device {"driver":"virtio-rng-pci","romfile":"efi-virtio.rom"}', "bar"],
  ['-nodefaults -device {"driver":"virtio-net-pci","romfile":""}', "none"],
  ["-nodefaults -device e1000e", "bar"],
  ["-nodefaults -device virtio-vga", "bar"],
  ["-nodefaults -device virtio-gpu-pci", "none"],
  ["-nodefaults -device bochs-display", "bar"],
  ["--nodefaults --device rtl8139", "bar"],
  ["-nodefaults -option-rom efi-virtio.rom", "fw_cfg"],
];

test(
  "option ROMs are where QEMU has them",
  { skip: qemus.length > 0 ? false : NO_QEMU },
  async (t) => {
    for (const qemu of qemus) {
      for (const [text, where] of CASES) {
        await t.test(`${qemu.name} ${text === "" ? "by default" : text}`, async (each) => {
          const args = text.split(" ").filter(Boolean);
          const finding = lintQemuArguments(args).find(
            ({ id }) => id === "machine.option-rom.present",
          );
          // -option-rom is told as plainly as a ROM of a device.
          const isNamed = text.includes("-option-rom");
          const expected = { bar: "fail", fw_cfg: isNamed ? "fail" : "warn", none: "pass" }[where];
          assert.equal(finding?.outcome, expected);
          const folder = await testFolder(each);
          const path = join(folder, "q");
          const common = ["-machine", "q35", "-accel", "tcg", "-m", "64", "-display", "none", "-S"];
          const qmp = ["-qmp", `unix:${path},server=on,wait=off`];
          const process = await startQemu(qemu.command, [...common, ...qmp, ...args], { folder });
          each.after(async () => process.stop());
          const client = await connectQmp(path, { ...PATIENT, process });
          const ask = async (line: string): Promise<string> => {
            const answer = { "command-line": line };
            return String(await client.execute("human-monitor-command", answer, PATIENT));
          };
          const tree = await ask("info qtree");
          const devices = tree.split(/^\s*dev: /m).slice(1);
          const inBar = devices.some(
            (device) =>
              /^\s*romfile = "[^"]+"/m.test(device) && !/^\s*rombar = "?(0|off)/m.test(device),
          );
          const inFwCfg = /fw=genroms\/efi-/.test(await ask("info roms"));
          assert.equal(inBar ? "bar" : inFwCfg ? "fw_cfg" : "none", where);
          client.close();
        });
      }
    }
  },
);
