// SPDX-License-Identifier: Apache-2.0
// A platform's certificates out of the files that tools hand out: single certificates and any
// concatenation of them (what the host exports, sevctl's exports, AMD's ask_ark), binary or base64.
// Certificates are told apart by what they say they are, never by file name or position.

import { LayoutError, base64Decode, quote } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import { AMD_CERTIFICATE_SIZES, parseAmdCertificate } from "./amd-certificate.ts";
import type { AmdCertificate } from "./amd-certificate.ts";
import { parseSevCertificate } from "./certificate.ts";
import type { SevCertificate } from "./certificate.ts";
import { SEV_CERTIFICATE, SEV_USAGE } from "./layout.ts";
import { UNSIGNED_ARK_SIZE, unsignedNaplesArk } from "./roots.ts";

/** The certificates of a platform and above it, as far as they are there. */
export interface SevChain {
  readonly pdh?: SevCertificate;
  readonly pek?: SevCertificate;
  readonly oca?: SevCertificate;
  readonly cek?: SevCertificate;
  readonly ask?: AmdCertificate;
  readonly ark?: AmdCertificate;
  /** Where files say different things about one key, a sentence each. */
  readonly contradictions?: readonly string[];
}

/** What was read from files. */
export interface SevChainFiles extends SevChain {
  readonly contradictions: readonly string[];
  /** What is worth knowing and no contradiction, a sentence each. */
  readonly notes: readonly string[];
}

/** One certificate met in some bytes. */
export type FoundSevCertificate =
  | { readonly kind: "SEV"; readonly offset: number; readonly certificate: SevCertificate }
  | {
      readonly kind: "AMD";
      readonly offset: number;
      readonly certificate: AmdCertificate;
      /** The first ARK of Naples, whose signature is not in the bytes but is carried. */
      readonly unsigned?: true;
    };

/** Largest file that is read: all six certificates in base64, and room to spare. */
export const SEV_CHAIN_FILE_LIMIT = 0x1_0000;

const NAME = "SEV certificate chain";

/** The place in a chain of each kind of platform key. */
const PLACES: ReadonlyMap<number, "pdh" | "pek" | "oca" | "cek"> = new Map([
  [SEV_USAGE.PDH, "pdh"],
  [SEV_USAGE.PEK, "pek"],
  [SEV_USAGE.OCA, "oca"],
  [SEV_USAGE.CEK, "cek"],
]);

/**
 * Puts the certificates of all files into one chain.
 * @throws {LayoutError} for a file that is anything else than certificates one after the other.
 */
export function readSevChain(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): SevChainFiles {
  const draft = new Draft();
  for (const { name, bytes } of files) {
    try {
      for (const found of splitSevCertificates(sevCertificateBytes(bytes))) draft.add(found, name);
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      throw moved(error, 0, ` (in ${quote(name)})`);
    }
  }
  return draft.chain();
}

/**
 * The bytes of a file that holds certificates as they are or as base64 text.
 * @throws {LayoutError} `bad-length` for a file that is far too large, `bad-base64`.
 */
export function sevCertificateBytes(file: Uint8Array): Uint8Array {
  if (file.length > SEV_CHAIN_FILE_LIMIT) {
    throw new LayoutError({
      code: "bad-length",
      structure: NAME,
      reason: `has ${file.length} bytes, at most ${SEV_CHAIN_FILE_LIMIT} are read`,
    });
  }
  if (file.length === 0) {
    throw new LayoutError({ code: "bad-length", structure: NAME, reason: "is empty" });
  }
  const isText = file.every((byte) => (byte > 0x20 && byte < 0x7f) || isBlank(byte));
  if (!isText) return file;
  const text = new TextDecoder().decode(file.filter((byte) => !isBlank(byte)));
  if (text.startsWith("-----BEGIN")) {
    throw new LayoutError({
      code: "unknown-value",
      structure: NAME,
      reason: "is PEM, and certificates of SEV and SEV-ES are no X.509 certificates",
      hint: "those of SEV-SNP (VCEK, and the ASK and ARK over it) are PEM; SEV's are binary, in formats of AMD's own",
    });
  }
  return base64Decode(text, "base64 of SEV certificates");
}

/**
 * Reads certificates that stand one after the other.
 * @throws {LayoutError} for anything between or after them, and for none at all.
 */
export function splitSevCertificates(bytes: Uint8Array): readonly FoundSevCertificate[] {
  const found: FoundSevCertificate[] = [];
  let offset = 0;
  do {
    const size = sevCertificateSize(bytes, offset);
    if (size === undefined) {
      throw new LayoutError({
        code: "unknown-value",
        structure: NAME,
        offset,
        reason: "what begins here is no certificate of SEV and none of AMD's keys for it",
        hint: "PEK, OCA and CEK as the host exports them, sevctl's exports, single certificates and AMD's ask_ark files are read",
      });
    }
    found.push(readAt(bytes, offset, size));
    offset += size;
  } while (offset < bytes.length);
  return found;
}

/** The certificate of that size at an offset. Offsets in errors count from the start of `bytes`. */
function readAt(bytes: Uint8Array, offset: number, size: number): FoundSevCertificate {
  const part = bytes.subarray(offset, offset + size);
  try {
    if (size === SEV_CERTIFICATE.size) {
      return { kind: "SEV", offset, certificate: parseSevCertificate(part) };
    }
    const unsigned = unsignedNaplesArk(part);
    if (unsigned !== undefined) {
      return { kind: "AMD", offset, certificate: unsigned, unsigned: true };
    }
    return { kind: "AMD", offset, certificate: parseAmdCertificate(part) };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    throw moved(error, offset, "");
  }
}

/**
 * How many bytes the certificate at an offset has, by what it says it is; undefined when none begins
 * there. It may turn out to be cut off.
 */
export function sevCertificateSize(bytes: Uint8Array, offset = 0): number | undefined {
  const rest = bytes.subarray(offset);
  if (rest.length < 0x40) return undefined;
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  const u32 = (at: number): number => view.getUint32(at, true);
  if (u32(0) !== 1) return undefined;
  const [usage, exponentBits, modulusBits] = [u32(0x24), u32(0x38), u32(0x3c)];
  if ((usage === SEV_USAGE.ARK || usage === SEV_USAGE.ASK) && exponentBits === modulusBits) {
    if (modulusBits === 4096) return AMD_CERTIFICATE_SIZES[4096];
    if (modulusBits === 2048) {
      const isUnsigned = unsignedNaplesArk(rest) !== undefined;
      return isUnsigned ? UNSIGNED_ARK_SIZE : AMD_CERTIFICATE_SIZES[2048];
    }
  }
  const isUsage = u32(0x08) >= SEV_USAGE.INVALID && u32(0x08) <= SEV_USAGE.CEK;
  return isUsage ? SEV_CERTIFICATE.size : undefined;
}

/** A chain while files are put into it. */
class Draft {
  readonly #places: {
    pdh?: SevCertificate;
    pek?: SevCertificate;
    oca?: SevCertificate;
    cek?: SevCertificate;
    ask?: AmdCertificate;
    ark?: AmdCertificate;
  } = {};
  readonly #contradictions: string[] = [];
  readonly #notes: string[] = [];

  add(found: FoundSevCertificate, name: string): void {
    const { certificate } = found;
    if (found.kind === "AMD") {
      const role = found.certificate.usage === SEV_USAGE.ARK ? "ark" : "ask";
      if (found.unsigned === true) {
        this.#notes.push(
          `${quote(name)} holds the ARK of Naples without its signature, as AMD first published it; ` +
            "the built-in one is used",
        );
      }
      const before = this.#places[role];
      if (before !== undefined && !equalBytes(before.bytes, certificate.bytes)) {
        this.#contradict(role, name);
      }
      this.#places[role] ??= found.certificate;
      return;
    }
    const role = PLACES.get(found.certificate.usage);
    if (role === undefined) {
      this.#contradictions.push(`${quote(name)} holds a certificate for no key of a platform`);
      return;
    }
    const before = this.#places[role];
    if (before === undefined) this.#places[role] = found.certificate;
    else this.#addAgain(role, before, found.certificate, name);
  }

  chain(): SevChainFiles {
    return { ...this.#places, contradictions: this.#contradictions, notes: this.#notes };
  }

  /** A second certificate for one place: the same, the CEK with its signature, or a contradiction. */
  #addAgain(
    role: "pdh" | "pek" | "oca" | "cek",
    before: SevCertificate,
    certificate: SevCertificate,
    name: string,
  ): void {
    if (equalBytes(before.bytes, certificate.bytes)) return;
    if (role !== "cek" || !equalBytes(publicKeyField(before), publicKeyField(certificate))) {
      this.#contradict(role, name);
      return;
    }
    // The host exports the CEK as the firmware has it; AMD's service hands out the same key signed.
    this.#notes.push(`${quote(name)} holds another certificate of the same CEK`);
    if (isEndorsed(certificate) && !isEndorsed(before)) this.#places.cek = certificate;
  }

  #contradict(role: string, name: string): void {
    this.#contradictions.push(
      `${quote(name)} holds another ${role.toUpperCase()} than the files before it`,
    );
  }
}

/** Whether a CEK has a signature that says it is the ASK's. */
export function isEndorsed({ signatures }: SevCertificate): boolean {
  return signatures.some(({ usage }) => usage === SEV_USAGE.ASK);
}

/** The public key as it stands in the certificate: 1028 bytes. */
export function publicKeyField({ bytes }: SevCertificate): Uint8Array {
  const start = SEV_CERTIFICATE.offsetOf("publicKey");
  return bytes.subarray(start, SEV_CERTIFICATE.offsetOf("signature1Usage"));
}

/** An error about a part as one about the whole. */
function moved(error: LayoutError, by: number, where: string): LayoutError {
  const { code, structure, field, offset, reason, hint, source } = error;
  const place = offset === undefined && by === 0 ? undefined : (offset ?? 0) + by;
  return new LayoutError({
    code,
    structure,
    field,
    offset: place,
    reason: `${reason}${where}`,
    hint,
    source,
  });
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
