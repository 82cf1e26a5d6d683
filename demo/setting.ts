// SPDX-License-Identifier: Apache-2.0
// What the launches of the demonstration are made of: a simulated platform, a guest that opens an
// encrypted disk, and an owner with a passphrase. Everything is made anew in a folder of its own.

import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { readFirmware } from "@greenlight/core/firmware";
import { attestInit, buildInitrd, shimApplication, unlockInit } from "@greenlight/host/guest";
import { makeImage } from "@greenlight/host/image";
import { SOFTWARE_MACHINE, makeSoftwareDisk } from "@greenlight/host/software";
import { pem } from "@greenlight/psp/kds";
import { createPlatform, systemRandom } from "@greenlight/psp/platform";
import type { PlatformOptions } from "@greenlight/psp/platform";
import { PlatformFolder } from "@greenlight/psp/server";
import { fixtureFirmware, fixtureKernelPath } from "../fixtures/load.ts";

/** The firmware of the guest, of Debian's ovmf package. */
const FIRMWARE = "OVMF.amdsev-2026.08.fd";

/** What the encrypted disk holds. */
export const PROOF = "What is on this disk nobody reads but the guest that was measured.";

/** The QEMU that guests run in; `GREENLIGHT_QEMU` names another one. */
const QEMU = process.env["GREENLIGHT_QEMU"] ?? "qemu-system-x86_64";

/** Programs without which there are no real guests. */
const PROGRAMS = ["qemu-system-x86_64", "qemu-img", "cryptsetup", "sfdisk", "mke2fs", "busybox"];

/** How guests are run: by QEMU, or by a few lines of software that stand in for it. */
export type Machinery = "qemu" | "software";

/** A made setting; paths are relative to the folder, which plans lie in. */
export interface Setting {
  readonly folder: string;
  readonly machinery: Machinery;
  /** `qemu-system-x86_64`, or the stand-in. */
  readonly binary: string;
  /** What is released. Never to be seen anywhere. */
  readonly passphrase: Uint8Array;
  remove(): void;
}

/** The program that is missing for real guests; undefined when all are there. */
export function missingProgram(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return PROGRAMS.find((name) => !folders.some((each) => existsSync(join(each, name))));
}

/** Makes a setting; `step` is told what comes next. */
export async function makeSetting(
  machinery: Machinery,
  step: (what: string) => void,
): Promise<Setting> {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-"));
  try {
    const write = (name: string, content: Uint8Array | string): void =>
      writeFileSync(join(folder, name), content, { mode: 0o600 });
    step("a platform: AMD's keys and certificates, simulated");
    makePlatforms(folder, write);
    step("the guest: firmware, kernel, and an initrd of this machine's programs");
    const firmware = fixtureFirmware(FIRMWARE);
    const kernel = readFileSync(fixtureKernelPath());
    write("OVMF.fd", firmware);
    write("vmlinuz", kernel);
    if (machinery === "software") {
      write("initrd.img", INITRD_OF_SOFTWARE);
    } else {
      write("initrd.img", buildInitrd({ init: unlockInit }));
      write("attesting-initrd.img", buildInitrd({ init: attestInit }));
    }
    step("what the host will try instead of it");
    write("other-OVMF.fd", oneBitTurned(firmware, firmware.length >> 1));
    write("other-vmlinuz", oneBitTurned(kernel, kernel.length - 1));
    write("shim.efi", shimApplication({ secretArea: readFirmware(firmware).secret?.base ?? 0 }));
    step("disks that only a passphrase opens");
    const passphrase = newPassphrase();
    write("passphrase", passphrase);
    mkdirSync(join(folder, "root"));
    writeFileSync(join(folder, "root/proof"), `${PROOF}\n`);
    await makeDisk(machinery, join(folder, "disk.img"), passphrase);
    await makeDisk(machinery, join(folder, "other-disk.img"), newPassphrase());
    const binary = machinery === "qemu" ? QEMU : softwareProgram(folder);
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    return { folder, machinery, binary, passphrase, remove };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function newPassphrase(): Uint8Array {
  return Buffer.from(randomBytes(24).toString("base64url"));
}

/** The software guest has its init built in. */
const INITRD_OF_SOFTWARE = "the init of the software guest is part of it\n";

const PLATFORM: PlatformOptions = {
  line: "Milan",
  api: { major: 1, minor: 55, build: 24 },
  es: true,
  random: systemRandom,
};

/** The simulated platform with what vouches for it, and one that only pretends to be AMD's. */
function makePlatforms(folder: string, write: (name: string, content: Uint8Array) => void): void {
  const platform = PlatformFolder.create(join(folder, "platform"), PLATFORM).load();
  const { authorities, hierarchy } = platform;
  write("simulator.cert", Buffer.concat([authorities.ask, authorities.ark]));
  write("cek.cert", platform.signedCek());
  if (hierarchy === undefined) throw new Error("the platform has no SEV-SNP");
  write("ark.pem", Buffer.from(pem(hierarchy.ark.der)));
  write("crl.der", hierarchy.crl());
  const forged = createPlatform({ ...PLATFORM, names: "forged-amd" });
  forged.sev.init({ es: true });
  const exported = forged.sev.pdhCertExport();
  if (exported.status !== "SUCCESS") throw new Error(`PDH_CERT_EXPORT gave ${exported.status}`);
  mkdirSync(join(folder, "forged"));
  write("forged/pdh.cert", exported.pdh);
  write("forged/cert_chain.cert", exported.certs);
  const { ask, ark } = forged.authorities;
  write("forged/ask_ark.cert", Buffer.concat([ask, ark]));
  write("forged/cek.cert", forged.signedCek());
}

async function makeDisk(machinery: Machinery, out: string, passphrase: Uint8Array): Promise<void> {
  if (machinery === "software") {
    writeFileSync(out, makeSoftwareDisk(passphrase, PROOF));
    return;
  }
  await makeImage({
    out,
    passphrase,
    size: 32 * 1024 * 1024,
    root: { folder: join(out, "../root") },
    esp: { size: 0 },
    // The passphrase is random: stretching it costs emulated processors time, and gains nothing.
    luks: { kdf: "pbkdf2", iterations: 1000 },
  });
}

function oneBitTurned(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** A program that takes QEMU's arguments. */
function softwareProgram(folder: string): string {
  const path = join(folder, "software-machine");
  const words = SOFTWARE_MACHINE.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  writeFileSync(path, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(path, 0o700);
  return path;
}
