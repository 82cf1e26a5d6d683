// SPDX-License-Identifier: Apache-2.0
// Materials and folders of launches in tests.

import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@greenlight/core/crypto";
import { readFirmware } from "@greenlight/core/firmware";
import type { Finding } from "@greenlight/core/finding";
import { cmdlineHash, kernelHashesTable, vmsaProfile } from "@greenlight/core/launch";
import type { DirectBoot } from "@greenlight/core/launch-appraisal";
import { checkLaunchRecord, parseLaunchRecord } from "@greenlight/core/launch-appraisal";
import type { LaunchRecordEntry } from "@greenlight/core/launch-appraisal";
import { DISK_PASSPHRASE_GUID } from "@greenlight/core/session";
import type { Platform } from "@greenlight/psp/platform";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import type { LaunchContext } from "../../src/launch/launch-run.ts";
import type { LegacyMaterials, SnpMaterials } from "../../src/launch/materials.ts";
import { platformVerifier } from "../../src/launch/platform.ts";
import type { LaunchHost } from "../../src/launch/host.ts";

/** NODBG, NOKS, NOSEND, API 1.51 or newer. */
export const POLICY = 0x3301000b;

/** What is released in tests; never to be seen anywhere. */
export const PASSPHRASE = Buffer.from("correct horse battery staple 4711");

const bytes = fixtureFirmware("OVMF.amdsev-2026.08.fd");

/** The firmware that is planned. */
const FIRMWARE = readFirmware(bytes);

const sum = (text: string): Uint8Array => sha256(Buffer.from(text));

/** The direct boot that is planned. */
const BOOT: DirectBoot = {
  kernel: { name: "vmlinuz", sha256: sum("kernel") },
  initrd: { name: "initrd", sha256: sum("initrd") },
  cmdline: "console=ttyS0 quiet",
};

/** What the host measures, for a kernel, initrd and command line. */
export function measuredPieces(kernel = "kernel", cmdline = BOOT.cmdline): readonly Uint8Array[] {
  const table = kernelHashesTable({
    kernel: sum(kernel),
    initrd: sum("initrd"),
    cmdline: cmdlineHash(cmdline),
  });
  return [bytes, table];
}

/** What is planned. */
export function materials(
  platform: Platform,
  more: Partial<LegacyMaterials> & { readonly found?: readonly Finding[] } = {},
): LegacyMaterials {
  return {
    name: "test",
    generation: "sev",
    planSha256: "ab".repeat(32),
    expectation: {
      generation: "sev",
      firmwares: [{ name: "OVMF.fd", firmware: FIRMWARE }],
      boot: BOOT,
      vcpus: 1,
      profiles: [vmsaProfile("qemu-es-legacy")],
      sevFeatures: [0n],
    },
    findings: more.found ?? [],
    accept: new Set(),
    secrets: [{ guid: DISK_PASSPHRASE_GUID, data: Uint8Array.from(PASSPHRASE) }],
    nulForGrub: false,
    explaining: { limit: 1 },
    deadlines: { start: 60_000, evidence: 60_000 },
    policy: POLICY,
    minimum: { major: 1, minor: 51 },
    verifyPlatform: platformVerifier({
      certificates: [{ name: "cek.cert", bytes: platform.signedCek() }],
      roots: [platform.authorities.trustRoot()],
    }),
    ...more,
  };
}

/** What is planned for SEV-SNP; no evidence is ever taken. */
export const snpMaterials: SnpMaterials = {
  name: "test",
  generation: "sev-snp",
  planSha256: "ab".repeat(32),
  expectation: {
    generation: "sev-snp",
    firmwares: [{ name: "OVMF.fd", firmware: FIRMWARE }],
    boot: BOOT,
    vcpus: 1,
    vcpuType: { name: "EPYC-v4", signature: 0x00800f12 },
    profiles: [vmsaProfile("qemu")],
    sevFeatures: [1n],
  },
  findings: [],
  accept: new Set(),
  secrets: [{ guid: DISK_PASSPHRASE_GUID, data: Uint8Array.from(PASSPHRASE) }],
  explaining: { limit: 1 },
  deadlines: { start: 60_000, evidence: 60_000 },
  policy: 0x30000n,
  async verifyEvidence() {
    return { outcome: "rejected", findings: [], needs: [] };
  },
};

/** A temporary folder, removed by the returned function. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "greenlight-launch-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A context with a folder that is not there yet. */
export function context(
  host: LaunchHost,
  folder: string,
  more: Partial<LaunchContext> = {},
): LaunchContext {
  return {
    host,
    folder: join(folder, "session"),
    until: "launch",
    now: () => Date.now(),
    random: (length) => Uint8Array.from(randomBytes(length)),
    ...more,
  };
}

/** The lines of a record, and the findings about it that are not passed. */
export function readRecord(path: string): {
  readonly entries: readonly LaunchRecordEntry[];
  readonly problems: readonly string[];
} {
  const lines = parseLaunchRecord(readFileSync(path, "utf8"));
  return {
    entries: lines.flatMap((line) => ("entry" in line ? [line.entry] : [])),
    problems: checkLaunchRecord(lines).flatMap(({ outcome, id }) =>
      outcome === "pass" ? [] : [id],
    ),
  };
}
