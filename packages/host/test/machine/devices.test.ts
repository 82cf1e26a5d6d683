// SPDX-License-Identifier: Apache-2.0
// The table of devices against real QEMUs: each device that it knows has the option ROM that it says,
// or none.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { deviceTraits } from "../../src/machine/lint/devices.ts";
import { NO_QEMU, testQemus } from "../support/qemu.ts";

const qemus = testQemus();

/** Models on the PCI bus that a QEMU names and the table knows. */
function knownModels(): readonly string[] {
  const models = qemus.flatMap(({ command }) => {
    const { stdout } = spawnSync(command, ["-device", "help"], { encoding: "utf8" });
    return [...stdout.matchAll(/^name "([^"]+)", bus PCI/gm)].map(([, model]) => model!);
  });
  return [...new Set(models)].filter((model) => {
    const traits = deviceTraits(model);
    return traits !== undefined && traits.rom !== "own";
  });
}

/** ROM files of devices, by model; undefined when QEMU does not start with all of them. */
function romsOf(command: string, models: readonly string[]): Map<string, string> | undefined {
  const ask = (line: string): string =>
    JSON.stringify({ execute: "human-monitor-command", arguments: { "command-line": line } });
  const args = [
    "-machine",
    "q35",
    "-accel",
    "tcg",
    "-m",
    "64",
    "-nodefaults",
    "-display",
    "none",
    "-S",
  ];
  const devices = models.flatMap((model, index) => ["-device", `${model},id=device${index}`]);
  const { status, stdout } = spawnSync(command, [...args, "-qmp", "stdio", ...devices], {
    encoding: "utf8",
    input: `{"execute":"qmp_capabilities"}\n${ask("info qtree")}\n{"execute":"quit"}\n`,
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  if (status !== 0) return undefined;
  const found = new Map<string, string>();
  for (const device of stdout.split(/dev: /).slice(1)) {
    const index = /^[^\\]*, id \\"device(\d+)\\"/.exec(device)?.[1];
    const rom = /romfile = \\"([^"\\]*)\\"/.exec(device)?.[1];
    if (index !== undefined) found.set(models[Number(index)]!, rom ?? "");
  }
  return found;
}

/** The same for as many as there may be: those that do not start together are started in halves. */
function allRoms(command: string, models: readonly string[]): ReadonlyMap<string, string> {
  const together = models.length > 20 ? undefined : romsOf(command, models);
  if (together !== undefined) return together;
  // A model that needs an argument, or that this QEMU does not have.
  if (models.length <= 1) return new Map();
  const half = Math.ceil(models.length / 2);
  return new Map([
    ...allRoms(command, models.slice(0, half)),
    ...allRoms(command, models.slice(half)),
  ]);
}

test(
  "devices have the ROMs of the table",
  { skip: qemus.length > 0 ? false : NO_QEMU },
  async (t) => {
    const models = knownModels();
    for (const { command, name } of qemus) {
      await t.test(name, () => {
        const roms = allRoms(command, models);
        assert(roms.size >= 60, `${roms.size} of ${models.length} devices started`);
        for (const [model, rom] of roms) {
          // Some builds leave a ROM out; none may have one that the table does not know.
          const expected = deviceTraits(model)?.rom ?? "";
          if (rom !== "") assert.equal(rom, expected, model);
        }
        assert.equal(roms.get("virtio-net-pci"), "efi-virtio.rom");
        assert.equal(roms.get("virtio-rng-pci"), "");
      });
    }
  },
);
