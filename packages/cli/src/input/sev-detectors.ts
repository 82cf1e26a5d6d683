// SPDX-License-Identifier: Apache-2.0
// How artefacts of SEV and SEV-ES launches are recognised. Some have no mark of their own: a session is
// 128 bytes of anything, so it comes last; a measurement is 48, as every SHA-384 digest is, so it has to
// be named.

import { guidEncode, hexEncode } from "@greenlight/core/bytes";
import { isText } from "./lookalike.ts";
import {
  SEV_STRUCTURE_SIZES,
  readExportedGuest,
  readSecretTableFile,
  readSevCertificates,
  readSevStructure,
} from "./sev-file.ts";
import type {
  ExportedGuestArtefact,
  SevCertificatesArtefact,
  SevSecretTableArtefact,
  SevStructureArtefact,
} from "./sev-file.ts";

type SevArtefact =
  | ExportedGuestArtefact
  | SevCertificatesArtefact
  | SevSecretTableArtefact
  | SevStructureArtefact;

/** A kind of artefact that is recognised here; see Detector. */
interface SevDetector {
  readonly kind: SevArtefact["kind"];
  readonly title: string;
  readonly refuse: (bytes: Uint8Array) => string | undefined;
  readonly decode: (bytes: Uint8Array) => SevArtefact | Promise<SevArtefact>;
}

/** GUID of the table of secrets (edk2 OvmfPkg/AmdSev/SecretDxe, SecretDxe.c). */
const SECRET_TABLE = hexEncode(guidEncode("1e74f542-71dd-4d66-963e-ef4287ff173b"));

/** Usages of platform certificates, from INVALID to CEK, and of AMD's. */
const PLATFORM_USAGES = { least: 0x1000, most: 0x1004 } as const;
const AMD_USAGES: ReadonlySet<number> = new Set([0x00, 0x13]);

/** Kinds with a mark of their own. */
export const SEV_DETECTORS: readonly SevDetector[] = [
  {
    kind: "sev-certificates",
    title: "SEV certificates",
    refuse: (bytes) =>
      isCertificate(bytes) ? undefined : "it begins with no certificate of a platform or of AMD's",
    decode: readSevCertificates,
  },
  {
    kind: "sev-secret-table",
    title: "table of launch secrets",
    refuse: (bytes) =>
      bytes.length >= 20 && hexEncode(bytes.subarray(0, 16)) === SECRET_TABLE
        ? undefined
        : "the GUID at its start is not that of the table",
    decode: readSecretTableFile,
  },
  {
    kind: "exported-guest",
    title: "exported guest",
    refuse: (bytes) => refuseMark(bytes, "GLGUEST1"),
    decode: readExportedGuest,
  },
  {
    kind: "firmware-statement",
    title: "signed firmware statement",
    refuse: (bytes) => refuseMark(bytes, "GLFWSTM1") ?? refuseSize("firmware-statement", bytes),
    decode: (bytes) => readSevStructure("firmware-statement", bytes),
  },
  {
    kind: "sev-report",
    title: "legacy SEV attestation report",
    refuse: (bytes) => {
      const size = refuseSize("sev-report", bytes);
      if (size !== undefined) return size;
      const usage = u32(bytes, 0x34);
      return usage === 0x1002 && u32(bytes, 0x3c) === 0
        ? undefined
        : "it does not say that the PEK signed it";
    },
    decode: (bytes) => readSevStructure("sev-report", bytes),
  },
  {
    kind: "sev-packet-header",
    title: "SEV packet header",
    refuse: (bytes) => {
      const size = refuseSize("sev-packet-header", bytes);
      if (size !== undefined) return size;
      return u32(bytes, 0) <= 1 ? undefined : "its flags have bits that are not defined";
    },
    decode: (bytes) => readSevStructure("sev-packet-header", bytes),
  },
];

/** Kinds that only their size gives away, or nothing at all. */
export const UNMARKED_SEV_DETECTORS: readonly SevDetector[] = [
  {
    kind: "sev-session",
    title: "SEV launch session",
    refuse: (bytes) =>
      refuseSize("sev-session", bytes) ??
      (isText(bytes)
        ? "it is text"
        : bytes.every((byte) => byte === 0)
          ? "it is empty"
          : undefined),
    decode: (bytes) => readSevStructure("sev-session", bytes),
  },
  {
    kind: "sev-measurement",
    title: "SEV launch measurement",
    refuse: (bytes) =>
      refuseSize("sev-measurement", bytes) ?? "48 bytes may be anything; --as sev-measurement",
    decode: (bytes) => readSevStructure("sev-measurement", bytes),
  },
];

/** Whether the bytes begin as a certificate does: version 1, and a usage where either kind has it. */
function isCertificate(bytes: Uint8Array): boolean {
  if (bytes.length < 0x40 || u32(bytes, 0) !== 1) return false;
  const modulusBits = u32(bytes, 0x3c);
  if (AMD_USAGES.has(u32(bytes, 0x24)) && u32(bytes, 0x38) === modulusBits) {
    if (modulusBits === 2048 || modulusBits === 4096) return true;
  }
  const usage = u32(bytes, 0x08);
  return usage >= PLATFORM_USAGES.least && usage <= PLATFORM_USAGES.most;
}

function refuseMark(bytes: Uint8Array, mark: string): string | undefined {
  const begins = Buffer.from(bytes.subarray(0, mark.length)).toString("latin1") === mark;
  return begins ? undefined : `it does not begin with ${mark}`;
}

function refuseSize(kind: SevStructureArtefact["kind"], bytes: Uint8Array): string | undefined {
  const size = SEV_STRUCTURE_SIZES[kind];
  return bytes.length === size ? undefined : `${bytes.length} bytes, must be ${size}`;
}

function u32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}
