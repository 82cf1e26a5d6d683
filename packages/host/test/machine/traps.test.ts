// SPDX-License-Identifier: Apache-2.0
// Traps on real QEMUs: that each command line really offers what the linter says it does, to firmware
// that asks fw_cfg, or as a second flash.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { lintQemuArguments, qemuArguments, startQemu } from "@greenlight/host/machine";
import { connectQmp } from "@greenlight/host/qmp";
import { NO_QEMU, fullPlan, testFolder, testQemus, withoutSev } from "../support/qemu.ts";
import type { TestQemu } from "../support/qemu.ts";
import { fwCfgNames } from "../support/qtest.ts";

const PATIENT = { timeoutMs: 300_000 };

const qemus = testQemus();

/** fw_cfg files that every machine has, and a kernel's own copy, which the hash table covers. */
const USUAL =
  /^(bios-geometry|bootorder|etc\/(acpi\/|boot\/kernel$|boot-fail-wait|e820|hardware-info|msr_feature_control|reserved-memory-end|smbios\/|smi\/|system-states|table-loader|tpm\/log$|vmgenid)|genroms\/(kvmvapic|linuxboot_dma|multiboot)[a-z_]*\.bin$)/;

/** Starts the planned machine with more arguments, and looks at it as firmware does. */
async function lookAt(t: TestContext, qemu: TestQemu, more: (folder: string) => readonly string[]) {
  const folder = await testFolder(t);
  await writeFile(join(folder, "file"), new Uint8Array(4 * 1024 * 1024));
  const plan = await fullPlan(folder, qemu);
  const args = [...withoutSev(qemuArguments(plan)), ...more(folder)];
  const qtest = join(folder, "qtest");
  const extra = ["-qtest", `unix:${qtest},server=on,wait=off`, "-qtest-log", "none"];
  const process = await startQemu(qemu.command, [...args, ...extra], { folder });
  t.after(async () => process.stop());
  const client = await connectQmp(plan.qmp!, { ...PATIENT, process });
  const blocks = (await client.execute("query-block", undefined, PATIENT)) as {
    device: string;
    inserted?: object;
  }[];
  const names = await fwCfgNames(qtest);
  client.close();
  const outcome = (id: string) => lintQemuArguments(args).find((each) => each.id === id)?.outcome;
  return {
    unusual: names.filter((name) => !USUAL.test(name)),
    hasStore: blocks.some(({ device, inserted }) => device === "pflash1" && inserted !== undefined),
    outcome,
  };
}

test(
  "traps are what QEMU makes of them",
  { skip: qemus.length > 0 ? false : NO_QEMU },
  async (t) => {
    for (const qemu of qemus) {
      await t.test(`${qemu.name}: a plan offers nothing unusual`, async (each) => {
        const { unusual, hasStore, outcome } = await lookAt(each, qemu, () => []);
        assert.deepEqual(unusual, []);
        assert.equal(hasStore, false);
        assert.equal(outcome("machine.boot-blob.unmeasured"), "pass");
        assert.equal(outcome("machine.nvram.present"), "pass");
        assert.equal(outcome("machine.option-rom.present"), "pass");
      });

      await t.test(`${qemu.name}: fw_cfg etc/boot/shim`, async (each) => {
        const { unusual, outcome } = await lookAt(each, qemu, (folder) => [
          "-fw_cfg",
          `name=etc/boot/shim,file=${join(folder, "file")}`,
        ]);
        assert.deepEqual(unusual, ["etc/boot/shim"]);
        assert.equal(outcome("machine.boot-blob.unmeasured"), "fail");
      });

      const skip = qemu.major >= 10 ? false : `${qemu.name} has no -shim`;
      await t.test(`${qemu.name}: -shim`, { skip }, async (each) => {
        const { unusual, outcome } = await lookAt(each, qemu, (folder) => [
          "-shim",
          join(folder, "file"),
        ]);
        assert.deepEqual(unusual, ["etc/boot/shim"]);
        assert.equal(outcome("machine.boot-blob.unmeasured"), "fail");
      });

      await t.test(`${qemu.name}: a ROM without BAR`, async (each) => {
        const { unusual, outcome } = await lookAt(each, qemu, () => [
          "-device",
          "virtio-net-pci,rombar=0",
        ]);
        assert.deepEqual(unusual, ["genroms/efi-virtio.rom"]);
        assert.equal(outcome("machine.option-rom.present"), "warn");
      });

      await t.test(`${qemu.name}: a display for firmware`, async (each) => {
        const { unusual, outcome } = await lookAt(each, qemu, () => ["-device", "ramfb"]);
        assert.deepEqual(unusual.toSorted(), ["etc/ramfb", "vgaroms/vgabios-ramfb.bin"]);
        assert.equal(outcome("machine.option-rom.present"), "fail");
      });

      for (const [name, more] of [
        ["unit=1", (file: string) => ["-drive", `if=pflash,format=raw,unit=1,file=${file}`]],
        ["no unit", (file: string) => ["-drive", `if=pflash,format=raw,file=${file}`]],
        ["-pflash", (file: string) => ["-pflash", file]],
      ] as const) {
        await t.test(`${qemu.name}: a variable store, ${name}`, async (each) => {
          const { hasStore, outcome } = await lookAt(each, qemu, (folder) =>
            more(join(folder, "file")),
          );
          assert.equal(hasStore, true);
          assert.equal(outcome("machine.nvram.present"), "fail");
        });
      }
    }
  },
);
