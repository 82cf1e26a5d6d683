// SPDX-License-Identifier: Apache-2.0
// Guests under an emulator without any lab: tables and secrets are put into memory from files, by the
// command line. For tests of what guests boot, and of nothing else.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Guid } from "@greenlight/core/bytes";
import { readFirmware } from "@greenlight/core/firmware";
import { cmdlineHash, kernelHashesTable } from "@greenlight/core/launch";
import { buildSecretTable } from "@greenlight/core/session";
import { fixtureFirmware, fixtureKernelPath } from "../../../../fixtures/load.ts";
import { DISK_PASSPHRASE_GUID, readGuestConsole } from "../../src/guest/index.ts";
import type { GuestConsole } from "../../src/guest/index.ts";

/** What a guest is started with. */
export interface PlainBoot {
  /** For all files of this boot. */
  readonly folder: string;
  readonly initrd: Uint8Array;
  /** The launch secret's passphrase, as it stands in its entry. */
  readonly passphrase?: Uint8Array;
  /** Path of a disk, by its name's ending raw or qcow2; never written to. */
  readonly disk?: string;
  /** Program at fw_cfg `etc/boot/shim`. */
  readonly shim?: Uint8Array;
  /** Sockets, by the name of the virtio-serial port they are connected to. */
  readonly ports?: Readonly<Record<string, string>>;
}

/** How it ended. */
export interface PlainEnd extends GuestConsole {
  /** Everything on the serial port. */
  readonly serial: string;
  readonly powerOff: boolean;
}

/** A loaded machine is ten times slower than a quiet one. */
const DEADLINE = 300_000;
/** The tests run with another QEMU where this names one. */
const QEMU = process.env["GREENLIGHT_QEMU"] ?? "qemu-system-x86_64";
const COMMAND_LINE = "console=ttyS0 quiet";

/** Where the firmware takes secrets from. */
export function secretArea(): number {
  return area("secret").base;
}

function area(which: "secret" | "hashTable"): { readonly base: number } {
  const found = readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd"))[which];
  if (found === null) throw new Error("the firmware has no such area");
  return found;
}

/** Starts a guest and waits for its end. */
export async function bootPlainly(boot: PlainBoot): Promise<PlainEnd> {
  const { folder, initrd } = boot;
  const file = (name: string, content: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const kernel = fixtureKernelPath();
  const hashes = kernelHashesTable({
    kernel: sha256(readFileSync(kernel)),
    initrd: sha256(initrd),
    cmdline: cmdlineHash(COMMAND_LINE),
  });
  const serial = file("serial.log", new Uint8Array());
  const loader = (path: string, address: number): readonly string[] => [
    "-device",
    `loader,file=${path},addr=0x${address.toString(16)},force-raw=on`,
  ];
  const args = [
    ..."-machine q35 -accel tcg -cpu max -m 512 -nodefaults -display none -no-reboot".split(" "),
    "-serial",
    `file:${serial}`,
    "-bios",
    file("firmware.fd", fixtureFirmware("OVMF.amdsev-2026.08.fd")),
    "-kernel",
    kernel,
    "-initrd",
    file("initrd.img", initrd),
    "-append",
    COMMAND_LINE,
    ...(isOld() ? ["-fw_cfg", `name=etc/boot/kernel,file=${kernel}`] : []),
    ...loader(file("hashes.bin", hashes), area("hashTable").base),
  ];
  if (boot.passphrase !== undefined) {
    const guid: Guid = DISK_PASSPHRASE_GUID;
    const table = buildSecretTable([{ guid, data: boot.passphrase }]);
    args.push(...loader(file("secret.bin", table), secretArea()));
  }
  if (boot.disk !== undefined) {
    const format = boot.disk.endsWith(".raw") ? "raw" : "qcow2";
    args.push("-drive", `file=${boot.disk},format=${format},if=none,id=disk,readonly=on`);
    args.push("-device", "virtio-blk-pci,drive=disk,romfile=");
  }
  if (boot.shim !== undefined) {
    args.push("-fw_cfg", `name=etc/boot/shim,file=${file("shim.efi", boot.shim)}`);
  }
  if (boot.ports !== undefined) args.push("-device", "virtio-serial-pci,romfile=");
  Object.entries(boot.ports ?? {}).forEach(([name, path], i) => {
    args.push("-chardev", `socket,id=port${i},path=${path}`);
    args.push("-device", `virtserialport,chardev=port${i},name=${name}`);
  });
  const code = await runQemu(args);
  const text = readFileSync(serial, "latin1");
  return { ...readGuestConsole(text), serial: text, powerOff: code === 0 };
}

/**
 * Whether this QEMU is older than 10: the firmware sees a kernel whose header QEMU has changed, unless
 * it is given in this way, and newer ones refuse to give it twice.
 */
function isOld(): boolean {
  const { stdout } = spawnSync(QEMU, ["--version"], { encoding: "utf8" });
  return Number(/version ([0-9]+)\./.exec(stdout)?.[1]) < 10;
}

/** Runs QEMU to its end. @returns its exit code, null when the deadline came first. */
function runQemu(args: readonly string[]): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(QEMU, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    const timer = setTimeout(() => child.kill("SIGKILL"), DEADLINE);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      if (code === 0 || code === null) resolve(code);
      else reject(new Error(`QEMU ended with ${code}: ${said}`));
    });
  });
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
