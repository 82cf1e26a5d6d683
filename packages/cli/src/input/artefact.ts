// SPDX-License-Identifier: Apache-2.0
// Which kind of artefact some bytes are: a table of detectors, and the decoder of each kind.

import { hexEncode } from "@greenlight/core/bytes";
import { FOOTER_GUIDS, firmwareDescriptorFromJson, readFirmware } from "@greenlight/core/firmware";
import type { FirmwareDescriptor, FirmwareImage } from "@greenlight/core/firmware";
import { guidEncode, LayoutError } from "@greenlight/core/bytes";
import { KERNEL_HASHES_GUIDS, checkVmsa } from "@greenlight/core/launch";
import { derBeginning } from "./der-beginning.ts";
import { EVIDENCE_DETECTORS } from "./evidence-detectors.ts";
import type {
  CertificateTableArtefact,
  EvidenceArtefact,
  SvsmManifestArtefact,
} from "./evidence-file.ts";
import type { CertificateArtefact, CrlArtefact } from "./certificate-file.ts";
import { isText } from "./lookalike.ts";
import { SEV_DETECTORS, UNMARKED_SEV_DETECTORS } from "./sev-detectors.ts";
import type {
  ExportedGuestArtefact,
  SevCertificatesArtefact,
  SevSecretTableArtefact,
  SevStructureArtefact,
} from "./sev-file.ts";

/** A recognised artefact with what its kind needs to be shown. Structures keep their raw bytes. */
export type Artefact =
  | EvidenceArtefact
  | CertificateTableArtefact
  | SvsmManifestArtefact
  | { readonly kind: "firmware" | "svsm"; readonly image: FirmwareImage }
  | {
      readonly kind: "firmware-descriptor";
      readonly descriptor: FirmwareDescriptor;
      /** Whose schema the file has. */
      readonly writer: "greenlight" | "sev-snp-measure-go";
    }
  | {
      readonly kind: "kernel-hashes";
      /** The table, 176 bytes; its padding is zero when the file ended before it. */
      readonly bytes: Uint8Array;
      /** Offset of the table in the file. */
      readonly offset: number;
    }
  | { readonly kind: "id-auth" | "vmsa" | "id-block"; readonly bytes: Uint8Array }
  | {
      readonly kind: "private-key" | "public-key";
      /** AMD's 1028 bytes of the public half. */
      readonly publicKey: Uint8Array;
      readonly container: "PEM" | "DER";
    }
  | CertificateArtefact
  | CrlArtefact
  | ExportedGuestArtefact
  | SevCertificatesArtefact
  | SevSecretTableArtefact
  | SevStructureArtefact;

/** Name of a kind, as `--as` takes it. */
export type ArtefactKind = Artefact["kind"];

/** One kind of artefact. */
export interface Detector {
  readonly kind: ArtefactKind;
  /** What people call it. */
  readonly title: string;
  /** Why the bytes are not of this kind; undefined when they are. */
  readonly refuse: (bytes: Uint8Array) => string | undefined;
  /** @throws {LayoutError} {KeyError} when the bytes are of the kind and broken. */
  readonly decode: (bytes: Uint8Array) => Artefact | Promise<Artefact>;
}

/** Bytes of a kernel-hashes table without and with padding. */
const HASH_TABLE = { unpadded: 168, padded: 176 } as const;

/** The kinds, surest sign first: the first that does not refuse is taken. */
export const DETECTORS: readonly Detector[] = [
  {
    kind: "svsm",
    title: "SVSM binary",
    refuse: (bytes) =>
      refuseFooter(bytes) ??
      (find(bytes, guidEncode(FOOTER_GUIDS.SVSM_INFO), bytes.length - 0x400) >= 0
        ? undefined
        : "the footer table has no SVSM info"),
    decode: (bytes) => ({ kind: "svsm", image: readFirmware(bytes) }),
  },
  {
    kind: "firmware",
    title: "OVMF firmware",
    refuse: refuseFooter,
    decode: (bytes) => ({ kind: "firmware", image: readFirmware(bytes) }),
  },
  {
    kind: "firmware-descriptor",
    title: "firmware descriptor",
    refuse: (bytes) => {
      if (bytes[0] !== 0x7b) return "the text does not begin with {";
      const text = textOf(bytes);
      return text.includes('"greenlight/firmware-descriptor/') || text.includes('"MetadataItems"')
        ? undefined
        : "the JSON has neither our schema nor MetadataItems";
    },
    decode: decodeDescriptor,
  },
  ...EVIDENCE_DETECTORS,
  ...SEV_DETECTORS,
  {
    kind: "private-key",
    title: "P-384 private key",
    refuse: (bytes) =>
      /-----BEGIN (EC |ENCRYPTED |RSA |DSA )?PRIVATE KEY-----/.test(textOf(bytes)) ||
      derBeginning(bytes) === "private-key"
        ? undefined
        : "no PEM or DER of one",
    decode: async (bytes) => {
      const { importSigningKey } = await import("@greenlight/core/id-block");
      const { publicKey } = await importSigningKey(bytes);
      return { kind: "private-key", publicKey, container: containerOf(bytes) };
    },
  },
  {
    kind: "public-key",
    title: "P-384 public key",
    refuse: (bytes) =>
      textOf(bytes).includes("-----BEGIN PUBLIC KEY-----") || derBeginning(bytes) === "public-key"
        ? undefined
        : "no PEM or DER of one",
    decode: async (bytes) => {
      const { importPublicKey } = await import("@greenlight/core/id-block");
      return {
        kind: "public-key",
        publicKey: await importPublicKey(bytes),
        container: containerOf(bytes),
      };
    },
  },
  {
    kind: "certificate",
    title: "X.509 certificate",
    refuse: (bytes) =>
      textOf(bytes).includes("-----BEGIN CERTIFICATE-----") || derBeginning(bytes) === "certificate"
        ? undefined
        : "no PEM or DER of one",
    decode: async (bytes) => (await import("./certificate-file.ts")).readCertificates(bytes),
  },
  {
    kind: "crl",
    title: "X.509 revocation list",
    refuse: (bytes) =>
      textOf(bytes).includes("-----BEGIN X509 CRL-----") || derBeginning(bytes) === "crl"
        ? undefined
        : "no PEM or DER of one",
    decode: async (bytes) => (await import("./certificate-file.ts")).readCrl(bytes),
  },
  {
    kind: "kernel-hashes",
    title: "kernel-hashes table",
    refuse: (bytes) => {
      const { unpadded, padded } = HASH_TABLE;
      if (![unpadded, padded, 4096].includes(bytes.length)) {
        return `${count(bytes)}, must be ${unpadded}, ${padded} or a page of 4096`;
      }
      const at = hashTableOffset(bytes);
      if (at < 0) return "the table's GUID is not in it";
      return bytes.length < 4096 && at > 0 ? "the table's GUID is not at its start" : undefined;
    },
    decode: (bytes) => {
      const offset = Math.max(0, hashTableOffset(bytes));
      const table = new Uint8Array(HASH_TABLE.padded);
      const there = bytes.subarray(offset, offset + HASH_TABLE.padded);
      requireSize("kernel-hashes table", there, HASH_TABLE.unpadded, HASH_TABLE.padded);
      table.set(there);
      return { kind: "kernel-hashes", bytes: table, offset };
    },
  },
  {
    kind: "id-auth",
    title: "ID authentication information",
    refuse: refuseIdAuth,
    decode: (bytes) => structure("id-auth", "ID_AUTH", bytes, 4096),
  },
  {
    kind: "vmsa",
    title: "VMSA page",
    refuse: (bytes) => {
      if (bytes.length !== 4096) return `${count(bytes)}, must be 4096`;
      return checkVmsa(bytes).find(({ outcome }) => outcome === "fail")?.title;
    },
    decode: (bytes) => structure("vmsa", "VMSA", bytes, 4096),
  },
  {
    kind: "id-block",
    title: "ID block",
    refuse: (bytes) => {
      if (bytes.length !== 96) return `${count(bytes)}, must be 96`;
      const version = u32(bytes, 0x50);
      if (version !== 1) return `the version is ${version}, must be 1`;
      return (bytes[0x5a]! & 2) === 0 ? "bit 17 of the policy is zero, must be one" : undefined;
    },
    decode: (bytes) => structure("id-block", "ID_BLOCK", bytes, 96),
  },
  ...UNMARKED_SEV_DETECTORS,
];

/** What people call a kind. */
export function titleOf(kind: ArtefactKind): string {
  return DETECTORS.find((detector) => detector.kind === kind)!.title;
}

function refuseFooter(bytes: Uint8Array): string | undefined {
  // The footer's GUID ends 32 bytes before the end (edk2 ResetVectorVtf0.asm).
  if (bytes.length < 50) return `${count(bytes)}, too few for a footer table`;
  const found = hexEncode(bytes.subarray(bytes.length - 48, bytes.length - 32));
  const known = [FOOTER_GUIDS.OVMF_TABLE_FOOTER, FOOTER_GUIDS.SEV_ES_RESET_BLOCK];
  const isKnown = known.some((guid) => hexEncode(guidEncode(guid)) === found);
  return isKnown ? undefined : "no footer GUID 48 bytes before the end";
}

function refuseIdAuth(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 4096) return `${count(bytes)}, must be 4096`;
  const algorithm = u32(bytes, 0);
  if (algorithm !== 1) return `the ID key's algorithm is ${algorithm}, must be 1`;
  const author = u32(bytes, 4);
  if (author > 1) return `the author key's algorithm is ${author}, must be 0 or 1`;
  const curve = u32(bytes, 0x240);
  return curve === 2 ? undefined : `the ID key's curve is ${curve}, must be 2`;
}

function decodeDescriptor(bytes: Uint8Array): Artefact {
  const text = new TextDecoder().decode(bytes);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new LayoutError({
      code: "bad-text",
      structure: "firmware descriptor",
      // The message repeats a piece of the file, which may hold anything.
      reason: `is not JSON: ${error.message.slice(0, 100).replaceAll(/[^ -~]/g, "?")}`,
    });
  }
  const descriptor = firmwareDescriptorFromJson(json);
  const isOurs = typeof json === "object" && json !== null && "schema" in json;
  const writer = isOurs ? "greenlight" : "sev-snp-measure-go";
  return { kind: "firmware-descriptor", descriptor, writer };
}

function structure(
  kind: "id-auth" | "vmsa" | "id-block",
  name: string,
  bytes: Uint8Array,
  size: number,
): Artefact {
  requireSize(name, bytes, size, size);
  return { kind, bytes };
}

function requireSize(name: string, bytes: Uint8Array, least: number, most: number): void {
  if (bytes.length >= least && bytes.length <= most) return;
  throw new LayoutError({
    code: bytes.length < least ? "truncated" : "trailing-bytes",
    structure: name,
    reason: `has ${bytes.length} bytes, must have ${most}`,
  });
}

function hashTableOffset(bytes: Uint8Array): number {
  const offset = find(bytes, guidEncode(KERNEL_HASHES_GUIDS.table), 0);
  return offset + HASH_TABLE.unpadded <= bytes.length ? offset : -1;
}

/** Offset of the first occurrence at or after `from`, -1 when there is none. */
function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const start = Math.max(0, from);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(wanted, start);
}

function containerOf(bytes: Uint8Array): "PEM" | "DER" {
  return isText(bytes) ? "PEM" : "DER";
}

/** Beginning of a small file as text; empty for anything that is larger than a key or descriptor. */
function textOf(bytes: Uint8Array): string {
  return bytes.length > 0x10_0000 ? "" : Buffer.from(bytes).toString("latin1");
}

function u32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}

function count(bytes: Uint8Array): string {
  return `${bytes.length} bytes`;
}
