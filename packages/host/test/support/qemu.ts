// SPDX-License-Identifier: Apache-2.0
// Real QEMUs for tests: the one on the path, and another one that GREENLIGHT_QEMU names.
// Always under TCG and paused: nothing boots.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import type { MachinePlan } from "@greenlight/host/machine";
import { fixtureFirmware } from "../../../../fixtures/load.ts";

/** A QEMU that can be run. */
export interface TestQemu {
  readonly command: string;
  readonly major: number;
  readonly minor: number;
  /** For names of tests: `QEMU 7.2`. */
  readonly name: string;
}

/** All that there are. */
export function testQemus(): readonly TestQemu[] {
  const other = process.env["GREENLIGHT_QEMU"];
  return ["qemu-system-x86_64", ...(other === undefined ? [] : [other])].flatMap((command) => {
    const { stdout } = spawnSync(command, ["--version"], { encoding: "utf8", timeout: 60_000 });
    const match = /version (\d+)\.(\d+)/.exec(stdout ?? "");
    if (match === null) return [];
    const [major, minor] = [Number(match[1]), Number(match[2])];
    return [{ command, major, minor, name: `QEMU ${major}.${minor}` }];
  });
}

/** For `test(name, { skip })` where {@link testQemus} is empty. */
export const NO_QEMU = "qemu-system-x86_64 is not installed";

/** Whether a program is on the path. */
export function hasProgram(name: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** The command line of a process, as the kernel keeps it. */
export function commandLineOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
}

/** A kernel that QEMU takes for one: the project's own. */
const KERNEL = new URL("../../../../fixtures/guest/vmlinuz", import.meta.url).pathname;

/** A folder of mode 0700 that is gone after the test. */
export async function testFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "greenlight-test-"));
  t.after(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The carried firmware of the AmdSev build: QEMU looks into it where a guest is one of SEV-ES. */
async function testFirmware(folder: string): Promise<string> {
  const file = join(folder, "OVMF.amdsev.fd");
  await writeFile(file, fixtureFirmware("OVMF.amdsev-2026.08.fd"));
  return file;
}

/** A plan with everything in it: kernel, disks, channels, serial port. Its files exist. */
export async function fullPlan(folder: string, qemu: TestQemu): Promise<MachinePlan> {
  const disks = ["a,disk.raw", "second.raw"].map((name) => join(folder, name));
  for (const disk of disks) await writeFile(disk, new Uint8Array(1024 * 1024));
  const [first = "", second = ""] = disks;
  const initrd = join(folder, "initrd");
  await writeFile(initrd, new Uint8Array(4096));
  return {
    name: "greenlight-test",
    generation: "sev-es",
    policy: 0x7,
    session: { godhFile: join(folder, "godh.b64"), sessionFile: join(folder, "session.b64") },
    firmware: await testFirmware(folder),
    kernel: KERNEL,
    initrd,
    append: "console=ttyS0, quiet",
    kernelHashes: true,
    vcpus: 2,
    vcpuType: "EPYC-Milan",
    memoryMiB: 128,
    disks: [
      { file: first, format: "raw" },
      { file: second, format: "raw", readonly: true },
    ],
    channels: [
      { name: "org.greenlight.owner", path: join(folder, "owner.sock") },
      { name: "org.greenlight.tsm", path: join(folder, "tsm.sock") },
    ],
    platform: { cbitpos: 51, reducedPhysBits: 1 },
    qemu: { major: qemu.major, minor: qemu.minor },
    qmp: join(folder, "qmp.sock"),
    serial: { kind: "file", path: join(folder, "serial.log") },
  };
}

/** The same command line for a machine without SEV: under TCG, and without the launch object. */
export function withoutSev(args: readonly string[]): string[] {
  const object = args.findIndex((arg) => /^sev-(snp-)?guest,/.test(arg));
  return args
    .filter((_, index) => index !== object && index !== object - 1)
    .map((arg) => arg.replace("confidential-guest-support=lsec0,", ""))
    .map((arg, index, all) => (all[index - 1] === "-accel" ? "tcg" : arg));
}
