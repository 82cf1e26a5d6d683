// SPDX-License-Identifier: Apache-2.0
// A folder with the files that examples name: carried firmware, a made-up kernel and initrd, keys
// and what is computed from them.

import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixtureFirmware, fixtureSev, fixtureSnp } from "../../../../fixtures/load.ts";
import { encryptedDisk } from "../../../core/test/support/disk-builder.ts";
import { greenlight } from "./capture.ts";
import { writeLaunchFiles } from "./launch-plan.ts";
import { writeLaunchedGuest } from "./launch-session.ts";

/** A temporary folder that is the current one until it is removed. */
export interface ExampleFolder {
  readonly path: string;
  remove(): void;
}

/** Makes the folder and enters it. */
export async function enterExampleFolder(): Promise<ExampleFolder> {
  const before = process.cwd();
  const path = mkdtempSync(join(tmpdir(), "greenlight-example-"));
  process.chdir(path);
  writeFileSync("OVMF.fd", fixtureFirmware("OVMF.amdsev-2026.08.fd"));
  writeFileSync("OVMF-old.fd", fixtureFirmware("OVMF-2022.11.fd"));
  writeLaunchedGuest(createHash("sha256").update(readFileSync("OVMF.fd")).digest());
  writeFileSync("vmlinuz", patternBytes(20_001, 1));
  writeFileSync("initrd.img", patternBytes(100_003, 2));
  writeFileSync("id-key.pem", p384Key());
  writeFileSync("author-key.pem", p384Key());
  writeFileSync("id-public.pem", publicHalf(readFileSync("id-key.pem", "utf8")));
  writeFileSync("report.bin", carriedReport());
  writeFileSync("vcek.der", fixtureSnp("milan.vcek.der"));
  for (const role of ["pdh", "pek", "oca", "cek"]) {
    writeFileSync(`${role}.cert`, fixtureSev(`rome.${role}.cert`));
    writeFileSync("platform.bin", fixtureSev(`rome.${role}.cert`), { flag: "a" });
  }
  writeFileSync("passphrase", "correct horse battery", { mode: 0o600 });
  mkdirSync("rootfs");
  writeFileSync(join("rootfs", "motd"), "welcome\n");
  writeFileSync("disk.img", encryptedDisk());
  writeLaunchFiles();
  mkdirSync("reports");
  writeFileSync(join("reports", "one.bin"), carriedReport());
  writeFileSync(join("reports", "two.b64"), Buffer.from(carriedReport()).toString("base64"));
  await must(
    "measure",
    "--ovmf",
    "OVMF.fd",
    "--vcpus",
    "1",
    "--vcpu-type",
    "EPYC-v4",
    "--dump-vmsa",
  );
  await must("policy", "init", "--out", "policy.yaml");
  return {
    path,
    remove() {
      process.chdir(before);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A real report of a Milan chip, version 2; its VCEK is `milan.vcek.der`. */
export function carriedReport(): Uint8Array {
  return Buffer.from(Buffer.from(fixtureSnp("milan.report.hex")).toString("latin1"), "hex");
}

/** Splits a command line as a shell does, with single and double quotes and backslashes outside them. */
export function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  for (const [, word = ""] of line.matchAll(/((?:"[^"]*"|'[^']*'|\\.|[^\s"'\\])+)/g)) {
    words.push(word.replaceAll(/"([^"]*)"|'([^']*)'|\\(.)/g, "$1$2$3"));
  }
  return words;
}

async function must(...argv: readonly string[]): Promise<void> {
  const { code, err } = await greenlight(...argv);
  if (code !== 0) throw new Error(`greenlight ${argv.join(" ")}: ${err}`);
}

/** Bytes that do not repeat within a page, the same in every run. */
function patternBytes(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

function publicHalf(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "pem" });
}

function p384Key(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  return privateKey.export({ type: "pkcs8", format: "pem" });
}
