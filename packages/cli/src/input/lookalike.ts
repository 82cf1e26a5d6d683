// SPDX-License-Identifier: Apache-2.0
// What a file that is none of ours looks like, so that an error can say more than "unknown".

/** A format recognised by its first bytes or its size, and what to do about it. */
export interface Lookalike {
  /** With its article: `an ELF file`. */
  readonly what: string;
  readonly hint: string;
}

/** Bytes that are looked at: the last magic number, ISO 9660's, ends before this. */
export const HEAD_SIZE = 0x8006;

interface MagicRow extends Lookalike {
  readonly offset: number;
  /** ASCII, or bytes where it is not text. */
  readonly magic: string | readonly number[];
}

const UNPACK = "unpack it first; what is launched is measured, not its archive";
const DISK = "a disk image is not measured at launch; give the firmware or what is made from it";
const LATER = "this version does not show it";
const KERNEL = "give it to `greenlight measure --kernel`; as a file it has nothing to inspect here";
const CERTIFICATE = "keys must be private or public P-384 keys, not certificates";

/** In order: a row that is more special stands before the more general. */
const MAGIC: readonly MagicRow[] = [
  { offset: 0x202, magic: "HdrS", what: "a Linux kernel (bzImage)", hint: KERNEL },
  { offset: 0, magic: "MZ", what: "a PE executable (EFI program or kernel)", hint: KERNEL },
  { offset: 0, magic: "\u007fELF", what: "an ELF file", hint: "is it the file that is launched?" },
  {
    offset: 0x28,
    magic: "_FVH",
    what: "a UEFI firmware volume without OVMF's footer table",
    hint:
      "a variable store (VARS), a truncated image, or firmware not built for SEV; " +
      "--as firmware shows what there is",
  },
  { offset: 0, magic: "IGVM", what: "an IGVM file", hint: LATER },
  { offset: 0, magic: "QFI\u00fb", what: "a qcow2 disk image", hint: DISK },
  { offset: 512, magic: "EFI PART", what: "a disk image with a GPT", hint: DISK },
  { offset: 0, magic: "KDMV", what: "a VMDK disk image", hint: DISK },
  { offset: 0, magic: "vhdxfile", what: "a VHDX disk image", hint: DISK },
  { offset: 0, magic: "LUKS\u00ba\u00be", what: "a LUKS volume", hint: DISK },
  { offset: 0x8001, magic: "CD001", what: "an ISO 9660 image", hint: DISK },
  { offset: 0, magic: [0x1f, 0x8b], what: "a gzip file", hint: UNPACK },
  { offset: 0, magic: "\u00fd7zXZ\u0000", what: "an xz file", hint: UNPACK },
  { offset: 0, magic: [0x28, 0xb5, 0x2f, 0xfd], what: "a zstd file", hint: UNPACK },
  { offset: 0, magic: [0x04, 0x22, 0x4d, 0x18], what: "an lz4 file", hint: UNPACK },
  { offset: 0, magic: "BZh", what: "a bzip2 file", hint: UNPACK },
  { offset: 0, magic: "PK\u0003\u0004", what: "a ZIP file", hint: UNPACK },
  { offset: 0, magic: "!<arch>\n", what: "an ar archive (a Debian package?)", hint: UNPACK },
  { offset: 0, magic: [0xed, 0xab, 0xee, 0xdb], what: "an RPM package", hint: UNPACK },
  {
    offset: 0,
    magic: "070701",
    what: "a cpio archive (an initrd)",
    hint: "give it to `greenlight measure --initrd`; as a file it has nothing to inspect here",
  },
  {
    offset: 0,
    magic: "-----BEGIN CERTIFICATE",
    what: "a PEM certificate",
    hint: CERTIFICATE,
  },
  { offset: 0, magic: "-----BEGIN ", what: "PEM text", hint: "keys must be EC keys on P-384" },
];

const REPORT_HINT = "its version is none that a report has; --as report shows what there is";

const ZEROS = "asking at a VMPL that is not the guest's gives such a report; ask again";

/** Sizes that give a format away. */
const SIZES: ReadonlyMap<number, Lookalike> = new Map([
  [32, { what: "a SHA-256 digest", hint: "`greenlight diagnose` explains launch digests" }],
  [48, { what: "a SHA-384 digest", hint: "`greenlight diagnose` explains launch digests" }],
  [1184, { what: "an SEV-SNP attestation report", hint: REPORT_HINT }],
]);

/**
 * What the beginning of a file looks like, or undefined when it is like nothing known.
 * @param head The first {@link HEAD_SIZE} bytes or fewer.
 * @param size Size of the whole file.
 */
export function lookalike(head: Uint8Array, size: number): Lookalike | undefined {
  const row = MAGIC.find(({ offset, magic }) => hasMagic(head, offset, magic));
  if (row !== undefined) return row;
  if (head.every((byte) => byte === 0)) {
    if (size === 1184) return { what: "an attestation report of nothing but zeros", hint: ZEROS };
    return { what: "nothing but zeros", hint: "is it the right file, and was it written at all?" };
  }
  if (isCertificate(head)) return { what: "a DER certificate", hint: CERTIFICATE };
  const bySize = SIZES.get(size);
  if (bySize !== undefined) return bySize;
  if (isText(head) && /^\s*[[{]/.test(Buffer.from(head).toString("latin1"))) {
    return { what: "JSON", hint: "of JSON, firmware descriptors and evidence are known here" };
  }
  if (isText(head)) return { what: "text", hint: "is it the right file?" };
  return undefined;
}

/** Whether bytes are ASCII text: printable characters, tabs and line ends. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.every(
    (byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13,
  );
}

function hasMagic(head: Uint8Array, offset: number, magic: MagicRow["magic"]): boolean {
  const wanted =
    typeof magic === "string" ? Array.from(magic, (character) => character.charCodeAt(0)) : magic;
  return wanted.every((byte, i) => head[offset + i] === byte);
}

// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { version [0] ... (RFC 5280 section 4.1).
function isCertificate(head: Uint8Array): boolean {
  return (
    head[0] === 0x30 && head[1] === 0x82 && head[4] === 0x30 && head[5] === 0x82 && head[8] === 0xa0
  );
}
