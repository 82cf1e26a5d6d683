// SPDX-License-Identifier: Apache-2.0
// A guest owner and a guest for tests of the lab: platform, session, files, and what the guest prints.

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { ciphersSync } from "@greenlight/core/cipher";
import type { Guid } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { readFirmware } from "@greenlight/core/firmware";
import type { LaunchFirmware } from "@greenlight/core/firmware";
import { cmdlineHash } from "@greenlight/core/launch";
import type { KernelHashes } from "@greenlight/core/launch";
import { buildSecretTable, makeSession, sealSecret } from "@greenlight/core/session";
import type { LaunchSession } from "@greenlight/core/session";
import { parseSevCertificate } from "@greenlight/core/sev-endorsement";
import { createPlatform, systemRandom } from "@greenlight/psp/platform";
import type { Platform, PlatformOptions } from "@greenlight/psp/platform";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { buildInitrd } from "../../src/guest/index.ts";
import { startLab } from "../../src/lab/index.ts";
import type { Lab, LabOptions } from "../../src/lab/index.ts";
import { qemuArguments } from "../../src/machine/index.ts";
import type { MachinePlan, SevMachine, SnpMachine } from "../../src/machine/index.ts";

/** A loaded machine is ten times slower than a quiet one. */
export const BOOT_MS = 300_000;

/** GUID of the secret's entry. */
const SECRET_GUID = "736869e5-84f0-4973-92ec-06879ce3da0b" as Guid;

/** Version that the platforms state. */
export const API = { major: 1, minor: 55, build: 24 } as const;

/** Model of the vCPUs. */
export const VCPU_TYPE = "EPYC-v4";

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const KERNEL = beside("../../../../fixtures/guest/vmlinuz");
const ARTEFACTS = beside("../../../../../shared/artefacts/");

/** The tests run with another QEMU where this names one. */
const QEMU = process.env["GREENLIGHT_QEMU"] ?? "qemu-system-x86_64";

/** For `test(name, { skip })`: false when a guest can be booted, else what is missing. */
export function missingForBoot(...artefacts: readonly string[]): string | false {
  for (const program of [QEMU, "busybox"]) {
    const folders = ["", ...(process.env["PATH"] ?? "").split(delimiter)];
    const isThere = folders.some((folder) => existsSync(join(folder, program)));
    if (!isThere) return `${program} is not installed`;
  }
  const absent = artefacts.find((name) => !existsSync(artefact(name)));
  return absent === undefined ? false : `../shared/artefacts/${absent} is absent`;
}

/** A file of the artefacts beside the repository. */
export function artefact(name: string): string {
  return join(ARTEFACTS, name);
}

/** A platform. */
export function labPlatform(options: Partial<PlatformOptions> = {}): Platform {
  return createPlatform({ line: "Milan", api: API, es: true, random: systemRandom, ...options });
}

/** A session of the owner for a platform, with files as QEMU reads them. */
export interface OwnerSession extends LaunchSession {
  readonly godhFile: string;
  readonly sessionFile: string;
}

/** Makes a session; the platform is initialised where it was not. */
export async function ownerSession(
  platform: Platform,
  folder: string,
  policy: number,
  name = "launch",
): Promise<OwnerSession> {
  platform.sev.init({ es: true });
  const exported = platform.sev.pdhCertExport();
  if (exported.status !== "SUCCESS") throw new Error(`PDH_CERT_EXPORT: ${exported.status}`);
  const random = (): Uint8Array => systemRandom.bytes(16);
  const session = await makeSession({
    pdh: parseSevCertificate(exported.pdh),
    policy,
    randomness: {
      owner: ciphersSync.generateP384(),
      nonce: random(),
      wrapIv: random(),
      tek: random(),
      tik: random(),
    },
  });
  const godhFile = join(folder, `${name}_godh.b64`);
  const sessionFile = join(folder, `${name}_session.b64`);
  await writeFile(godhFile, Buffer.from(session.godh).toString("base64"));
  await writeFile(sessionFile, Buffer.from(session.session).toString("base64"));
  return { ...session, godhFile, sessionFile };
}

/** A packet with one secret for a measurement. */
export function packetFor(
  { keys }: Pick<LaunchSession, "keys">,
  blob: Uint8Array,
  secret: string,
): { readonly header: Uint8Array; readonly payload: Uint8Array } {
  return sealSecret({
    keys,
    measure: blob.subarray(0, 32),
    api: API,
    table: buildSecretTable([{ guid: SECRET_GUID, data: Buffer.from(secret) }]),
    iv: systemRandom.bytes(16),
  });
}

/** Files of a guest that says what it finds and powers off. */
export interface GuestFiles {
  readonly folder: string;
  readonly firmware: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  readonly serial: string;
  readonly qmp: string;
}

/** Prints its command line and every secret, then runs what stands for MORE. */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/ttyS0 >/dev/ttyS0 2>&1
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t securityfs security /sys/kernel/security
echo "guest: command line $(/bin/busybox cat /proc/cmdline)"
for file in /sys/kernel/security/secrets/coco/*; do
  [ -f "$file" ] && echo "guest: secret $(/bin/busybox cat "$file")"
done
MORE
echo "guest: done"
/bin/busybox poweroff -f
`;

/** A folder that goes with the test. */
export async function guestFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "greenlight-lab-test-"));
  context.after(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes the files of a guest in a folder of the test's own, which goes with the test. */
export async function guestFiles(
  context: TestContext,
  { more = "", firmware }: { readonly more?: string; readonly firmware?: string } = {},
): Promise<GuestFiles> {
  const folder = await guestFolder(context);
  const image =
    firmware === undefined ? fixtureFirmware("OVMF.amdsev-2026.08.fd") : await readFile(firmware);
  await writeFile(join(folder, "firmware.fd"), image);
  const text = INIT.replace("MORE", () => more);
  const initrd = buildInitrd({ init: { text, programs: [], applets: [] } });
  await writeFile(join(folder, "initrd"), initrd);
  return {
    folder,
    firmware: join(folder, "firmware.fd"),
    kernel: KERNEL,
    initrd: join(folder, "initrd"),
    append: "console=ttyS0 quiet",
    serial: join(folder, "serial"),
    qmp: join(folder, "qmp"),
  };
}

/** What plans of the guest have in common. */
function shape(files: GuestFiles): Omit<MachinePlan, "generation" | "policy" | "session"> {
  const { firmware, kernel, initrd, append, serial, qmp } = files;
  return {
    name: "lab",
    firmware,
    kernel,
    initrd,
    append,
    qmp,
    kernelHashes: true,
    vcpus: 1,
    vcpuType: VCPU_TYPE,
    memoryMiB: 512,
    disks: [],
    channels: [],
    platform: { cbitpos: 51, reducedPhysBits: 1 },
    // Older than either QEMU here, so that nothing is on the command line that one of them lacks.
    qemu: { major: 7, minor: 2 },
    serial: { kind: "file", path: serial },
  };
}

/** Command line of an SEV or SEV-ES guest. */
export function sevArguments(
  files: GuestFiles,
  session: OwnerSession,
  changes: Partial<SevMachine> = {},
): string[] {
  const { policy } = session;
  const generation = (policy & 4) === 0 ? "sev" : "sev-es";
  return qemuArguments({ ...shape(files), generation, policy, session, ...changes });
}

/** Command line of an SEV-SNP guest. */
export function snpArguments(files: GuestFiles, changes: Partial<SnpMachine> = {}): string[] {
  const qemu = { major: 9, minor: 1 };
  const policy = 0x30000n;
  return qemuArguments({ ...shape(files), qemu, generation: "sev-snp", policy, ...changes });
}

/** Starts a lab that ends with the test. */
export async function labOf(
  context: TestContext,
  options: Omit<LabOptions, "binary">,
): Promise<Lab> {
  const lab = await startLab({ ...options, binary: QEMU });
  context.after(async () => lab.stop());
  return lab;
}

/** What the owner knows of the guest: firmware, and hashes of what it boots. */
export async function measuredInputs(
  files: Pick<GuestFiles, "firmware" | "kernel" | "initrd" | "append">,
): Promise<{ readonly firmware: LaunchFirmware; readonly kernelHashes: KernelHashes }> {
  return {
    firmware: readFirmware(new Uint8Array(await readFile(files.firmware))),
    kernelHashes: {
      kernel: sha256(await readFile(files.kernel)),
      initrd: sha256(await readFile(files.initrd)),
      cmdline: cmdlineHash(files.append),
    },
  };
}

/** What the guest printed so far. */
export async function consoleOf({ serial }: Pick<GuestFiles, "serial">): Promise<string> {
  return existsSync(serial) ? readFile(serial, "latin1") : "";
}
