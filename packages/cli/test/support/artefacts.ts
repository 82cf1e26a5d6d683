// SPDX-License-Identifier: Apache-2.0
// One artefact of every kind, made here.

import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { firmwareDescriptorToJson, readFirmware } from "@greenlight/core/firmware";
import { importSigningKey, makeIdBlock, signIdBlock } from "@greenlight/core/id-block";
import type { SigningKey } from "@greenlight/core/id-block";
import {
  bootVmsaPage,
  cmdlineHash,
  cpuModel,
  kernelHashesTable,
  noInitrdHash,
  snpOvmfHash,
  vmsaProfile,
} from "@greenlight/core/launch";
import {
  DISK_PASSPHRASE_GUID,
  buildSecretTable,
  encodeExportedGuest,
  signFirmwareStatement,
} from "@greenlight/core/session";
import { AMD_SEV_ROOTS, SEV_ALGORITHM, SEV_USAGE } from "@greenlight/core/sev-endorsement";
import { SEV_ATTESTATION_REPORT } from "@greenlight/core/sev-evidence";
import { fixtureFirmware, fixtureSev, fixtureSnp } from "../../../../fixtures/load.ts";
import { buildList, integer, revoked } from "../../../core/test/support/der-builder.ts";
import type { ArtefactKind } from "../../src/input/artefact.ts";
import { certificateTable, debugReport, hclReport, svsmManifest } from "./evidence.ts";

/** A P-384 private key. */
export function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
}

/** A private key as PEM. */
export function pemOf(key: KeyObject, type: "sec1" | "pkcs8" = "pkcs8"): string {
  return key.export({ type, format: "pem" });
}

/** The VMSA page of a boot processor: SEV-SNP on QEMU, EPYC-Milan. */
export function vmsaPage(): Uint8Array {
  return bootVmsaPage({
    profile: vmsaProfile("qemu"),
    signature: cpuModel("EPYC-Milan").signature,
    sevFeatures: 1n,
    entryPoint: 0x80b004,
  });
}

/** A kernel-hashes table without initrd and with an empty command line. */
export function hashTable(): Uint8Array {
  const kernel = sha256(Buffer.from("kernel"));
  return kernelHashesTable({ kernel, initrd: noInitrdHash(), cmdline: cmdlineHash("") });
}

/** The descriptor of a carried firmware as a file holds it. */
export function descriptorText(name: string): string {
  const image = readFirmware(fixtureFirmware(name));
  const { size, sections, resetEip, hashTable: table, secret } = image;
  const descriptor = {
    sha256: hexEncode(sha256(image.bytes)),
    ovmfHash: hexEncode(snpOvmfHash(image)),
    size,
    sections,
    resetEip,
    hashTable: table,
    secret,
  };
  return JSON.stringify(firmwareDescriptorToJson(descriptor), null, 2);
}

/** The bytes of one file of every kind that can be made here. */
export async function oneOfEach(): Promise<ReadonlyMap<ArtefactKind, Uint8Array>> {
  const key = newKey();
  const pem = pemOf(key, "sec1");
  const signing = await importSigningKey(pem);
  const idBlock = makeIdBlock({ launchDigest: new Uint8Array(48).fill(0xab), guestSvn: 3 });
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  return new Map([
    ["firmware", fixtureFirmware("OVMF-2022.11.fd")],
    ["firmware-descriptor", text(descriptorText("OVMF-2022.11.fd"))],
    ["kernel-hashes", hashTable()],
    ["report", debugReport()],
    ["evidence", hclReport()],
    ["certificate-table", certificateTable()],
    ["svsm-manifest", svsmManifest()],
    ["vmsa", vmsaPage()],
    ["id-block", idBlock],
    ["id-auth", await signIdBlock(idBlock, signing, signing)],
    ["private-key", text(pem)],
    ["public-key", new Uint8Array(publicDer(key))],
    ["certificate", fixtureSnp("milan.vcek.der")],
    ["crl", buildList({ revoked: [revoked(integer(2, 0, 1))] })],
    ["sev-certificates", Buffer.concat([fixtureSev("rome.pdh.cert"), AMD_SEV_ROOTS[0]!.ark.bytes])],
    ["sev-secret-table", secretTable()],
    ["exported-guest", exportedGuest()],
    ["firmware-statement", await firmwareStatement(signing)],
    ["sev-session", Uint8Array.from({ length: 128 }, (_, i) => i + 1)],
    ["sev-report", sevReport()],
    ["sev-packet-header", new Uint8Array(52).fill(0x5a, 4)],
  ]);
}

/** A guest of one packet, encrypted under nobody's keys. */
function exportedGuest(): Uint8Array {
  const packet = { header: new Uint8Array(52).fill(0x5a, 4), payload: new Uint8Array(64).fill(7) };
  return encodeExportedGuest({
    policy: 0xf,
    godh: fixtureSev("rome.pdh.cert"),
    session: Uint8Array.from({ length: 128 }, (_, i) => i + 1),
    packets: [{ kind: "data", gpa: 0xffff_0000n, ...packet }],
  });
}

function firmwareStatement(key: SigningKey): Promise<Uint8Array> {
  return signFirmwareStatement(
    { name: "amdsev", version: 12, sha256: new Uint8Array(32).fill(0xcd) },
    key,
  );
}

/** A table with two secrets, one of which a program looks for. */
export function secretTable(passphrase = "correct horse battery"): Uint8Array {
  const data = (text: string): Uint8Array => new TextEncoder().encode(text);
  return buildSecretTable([
    { guid: DISK_PASSPHRASE_GUID, data: data(passphrase) },
    { guid: "11111111-2222-3333-4444-555555555555", data: data("something else") },
  ]);
}

/** A legacy attestation report whose signature is nobody's. */
export function sevReport(): Uint8Array {
  return SEV_ATTESTATION_REPORT.encode({
    mnonce: new Uint8Array(16).fill(1),
    launchDigest: new Uint8Array(32).fill(2),
    policy: 0x3701_0007,
    signatureUsage: SEV_USAGE.PEK,
    signatureAlgorithm: SEV_ALGORITHM["ECDSA-SHA256"],
    signatureR: new Uint8Array(48).fill(3),
    signatureS: new Uint8Array(48).fill(4),
  });
}

function publicDer(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: "jwk" });
  const prefix = "3076301006072a8648ce3d020106052b8104002203620004";
  return Buffer.concat([
    Buffer.from(prefix, "hex"),
    Buffer.from(x!, "base64url"),
    Buffer.from(y!, "base64url"),
  ]);
}
