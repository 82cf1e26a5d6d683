// SPDX-License-Identifier: Apache-2.0
// One artefact of every kind, made here.

import { generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { firmwareDescriptorToJson, readFirmware } from "@greenlight/core/firmware";
import { importSigningKey, makeIdBlock, signIdBlock } from "@greenlight/core/id-block";
import {
  bootVmsaPage,
  cmdlineHash,
  cpuModel,
  kernelHashesTable,
  noInitrdHash,
  snpOvmfHash,
  vmsaProfile,
} from "@greenlight/core/launch";
import { fixtureFirmware, fixtureSnp } from "../../../../fixtures/load.ts";
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
  ]);
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
