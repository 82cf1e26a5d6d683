// SPDX-License-Identifier: Apache-2.0
// Which kind of file some bytes are, and the decoder of each kind. What is none of them is answered
// with what it looks like instead.

import { LayoutError } from "@greenlight/core/bytes";
import { parseCertificate, parseRevocationList, pemDecode } from "@greenlight/core/endorsement";
import {
  CERTIFICATE_TABLE_ENTRY,
  certificateGuidFacts,
  parseCertificateTable,
  readEvidence,
} from "@greenlight/core/evidence";
import type { SuppliedCertificate } from "@greenlight/core/evidence";
import { readFirmware } from "@greenlight/core/firmware";
import { PolicyError, parsePolicy } from "@greenlight/core/policy";
import type { Content, EndorsementPart } from "./content.ts";

/** The largest file that is decoded: four times the largest firmware QEMU loads. */
export const LARGEST = 64 * 0x10_0000;

/** Larger than any file but firmware. */
const LARGEST_TEXT = 0x20_0000;

/**
 * What a file is. Never throws for what is in it: a file that cannot be read is content too.
 * @param bytes The file; only its beginning when `size` is more than {@link LARGEST}.
 */
export function recognise(bytes: Uint8Array, size: number): Content {
  try {
    return recogniseOrThrow(bytes, size);
  } catch (error) {
    if (error instanceof LayoutError || error instanceof PolicyError) {
      const { message, hint } = error;
      return { kind: "unreadable", reason: message, ...(hint === undefined ? {} : { hint }) };
    }
    throw error;
  }
}

function recogniseOrThrow(bytes: Uint8Array, size: number): Content {
  if (size === 0) return { kind: "unreadable", reason: "the file is empty" };
  const boot = bootFile(bytes);
  if (boot !== undefined) return boot;
  if (size > LARGEST) return tooLarge(size);
  if (bytes.length >= 0x1000 && bytes.length % 0x1000 === 0) {
    const image = readFirmware(bytes);
    if (image.footer !== null) return { kind: "firmware", image };
  }
  if (size > LARGEST_TEXT) {
    return {
      kind: "unreadable",
      reason:
        "it has no OVMF footer table 48 bytes before its end, and is too large for anything else",
      hint: "firmware is the code image (OVMF.fd, OVMF_CODE.fd), not the variable store and not a disk",
    };
  }
  const text = beginning(bytes);
  if (text.startsWith("{") && text.includes('"greenlight/policy/')) {
    return { kind: "policy", policy: parsePolicy(JSON.parse(decodeUtf8(bytes))) };
  }
  if (/^\s*(#.*\n\s*)*schema: *["']?greenlight\/policy/.test(text)) {
    return {
      kind: "unreadable",
      reason: "a policy in YAML, which this page does not read",
      hint: "give it as JSON: greenlight policy show FILE prints it",
    };
  }
  if (isDer(bytes)) return { kind: "certificates", parts: [partOf({ der: bytes, from: "DER" })] };
  // Evidence may have PEM inside, among bytes that are no text.
  if (/-----BEGIN (X509 )?(CERTIFICATE|CRL)-----/.test(text) && !text.includes("\0")) {
    return { kind: "certificates", parts: partsOfPem(decodeUtf8(bytes)) };
  }
  if (isTable(bytes)) {
    return { kind: "certificates", parts: parseCertificateTable(bytes).certificates.map(partOf) };
  }
  return { kind: "evidence", evidence: readEvidence(bytes) };
}

/** Whether the bytes are a certificate table alone, as configfs-tsm gives it beside a report (auxblob). */
function isTable(bytes: Uint8Array): boolean {
  if (bytes.length < CERTIFICATE_TABLE_ENTRY.size) return false;
  const { guid } = CERTIFICATE_TABLE_ENTRY.decodeAt(bytes, 0);
  return certificateGuidFacts(guid) !== undefined;
}

/** A kernel or initrd: of use to a computed measurement only. */
function bootFile(bytes: Uint8Array): Content | undefined {
  const hasMagic = (offset: number, ...magic: readonly number[]): boolean =>
    magic.every((byte, i) => bytes[offset + i] === byte);
  const hint = "to measure it, drop the firmware too and choose this file below the measurement";
  if (hasMagic(0x202, 0x48, 0x64, 0x72, 0x53)) {
    return {
      kind: "unreadable",
      reason: "it looks like a Linux kernel",
      hint,
      looksLike: "kernel",
    };
  }
  const isInitrd =
    hasMagic(0, 0x1f, 0x8b) ||
    hasMagic(0, 0x28, 0xb5, 0x2f, 0xfd) ||
    hasMagic(0, 0xfd, 0x37, 0x7a, 0x58, 0x5a) ||
    hasMagic(0, 0x30, 0x37, 0x30, 0x37, 0x30);
  return isInitrd
    ? { kind: "unreadable", reason: "it looks like an initrd", hint, looksLike: "initrd" }
    : undefined;
}

function tooLarge(size: number): Content {
  return {
    kind: "unreadable",
    reason: `${Math.round(size / 0x10_0000)} MiB are more than any evidence or firmware has`,
    hint: `the largest file that is decoded has ${LARGEST / 0x10_0000} MiB`,
  };
}

function partsOfPem(text: string): readonly EndorsementPart[] {
  return pemDecode(text)
    .filter(({ label }) => label.endsWith("CERTIFICATE") || label === "X509 CRL")
    .map(({ label, bytes }, i) => {
      const from = `PEM block ${i + 1}`;
      return partOf({
        der: bytes,
        from,
        ...(label === "X509 CRL" ? { role: "CRL" as const } : {}),
      });
    });
}

function partOf(supplied: SuppliedCertificate): EndorsementPart {
  const read = supplied.role === "CRL" ? [asList, asCertificate] : [asCertificate, asList];
  let problem = "";
  for (const attempt of read) {
    try {
      return { ...supplied, ...attempt(supplied.der) };
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      // What it was read as first is what it most likely is.
      problem ||= error.message;
    }
  }
  return { ...supplied, problem };
}

const asCertificate = (der: Uint8Array) => ({ certificate: parseCertificate(der) });
const asList = (der: Uint8Array) => ({ list: parseRevocationList(der) });

/** Whether the bytes are one DER SEQUENCE with nothing behind it. */
function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && bytes[1] === 0x82 && bytes.length === 4 + bytes[2]! * 256 + bytes[3]!;
}

function beginning(bytes: Uint8Array): string {
  return decodeUtf8(bytes.subarray(0, 0x1_0000))
    .replace(/^\uFEFF/, "")
    .trimStart();
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
