// SPDX-License-Identifier: Apache-2.0
// What must hold for a digest case. Without imports from Node, so that browsers can run it too.

import type { LaunchError } from "../../src/launch/index.ts";
import { digestOfCase } from "./case-digest.ts";
import type { CaseOptions, Core } from "./case-digest.ts";
import type { CaseFile, MeasureCase } from "./case-reader.ts";

/** The bytes of a file a case names. */
export type BytesOf = (file: CaseFile) => Uint8Array;

/** Findings for which QEMU does not launch, while the peers compute a digest all the same. */
const REFUSED_BY_QEMU = new Set(["firmware.sev-metadata.missing", "firmware.section.empty"]);

type Table = readonly (readonly [words: RegExp, finding: string])[];

/** What a note about a trap says, and the finding it is about. */
const TRAPS: Table = [
  [/no SEV metadata/, "firmware.sev-metadata.missing"],
  [/zero-length sections/, "firmware.section.empty"],
];

/** Errors of the peers, and the finding that is the same here. */
const ERRORS: Table = [
  [/doesn't include SNP_KERNEL_HASHES/, "firmware.kernel-hashes.section-missing"],
  [/doesn't support kernel/, "firmware.hash-table.unsupported"],
  [/OVMF_SEV_METADATA_GUID/, "firmware.sev-metadata.missing"],
  [/SEV_ES_RESET_BLOCK/, "firmware.reset-block.missing"],
];

/**
 * The digest is the expected one, or there is an error where one is expected. Where QEMU would not
 * launch, that is refused first, and the digest results once the findings are accepted by id.
 */
export function checkDigest(core: Core, vector: MeasureCase, bytesOf: BytesOf): void {
  if (vector.expected_error !== undefined) {
    checkError(core, vector, bytesOf, vector.expected_error);
    return;
  }
  const first = attempt(core, vector, bytesOf);
  for (const id of first.refused) ensure(REFUSED_BY_QEMU.has(id), `refused for ${id}`);
  if (vector.note?.startsWith("TRAP") === true) {
    const finding = findingOf(TRAPS, vector.note);
    ensure(first.refused.includes(finding), `not refused for ${finding}`);
  }
  const digest = first.digest ?? digestOfCase(core, vector, bytesOf, { accept: first.refused });
  equal(digest, vector.expected_digest, "digest");
}

/** The CPU's signature and the command line's hash are what the case says. */
export function checkParts(core: Core, vector: MeasureCase): void {
  const { vcpu_type: type, vcpu_sig: signature = null } = vector;
  if (type !== null && signature !== null) {
    equal(core.launch.cpuModel(type).signature, signature, "CPU signature");
  }
  if (vector.cmdline_sha256_with_nul !== null) {
    const hash = core.bytes.hexEncode(core.launch.cmdlineHash(vector.cmdline ?? ""));
    equal(hash, vector.cmdline_sha256_with_nul, "hash of the command line");
  }
}

/** What virtee/sev 8.0.0 computes is reproduced too, through options that have a name. */
export function checkRust(core: Core, vector: MeasureCase, bytesOf: BytesOf): void {
  const rust = vector["rust_sev_8.0.0"];
  if (rust === undefined) return;
  if (rust.digest !== undefined) {
    const accept = attempt(core, vector, bytesOf).refused;
    const digest = digestOfCase(core, vector, bytesOf, { accept, ...asRust(vector) });
    equal(digest, rust.digest, "digest of virtee/sev");
    equal(vector.rust_agrees, rust.digest === vector.expected_digest, "rust_agrees");
    return;
  }
  ensure(rust.error !== undefined, "virtee/sev answered nothing");
  equal(vector.rust_agrees, vector.expected_error !== undefined, "rust_agrees");
  // It refuses an image without SEV metadata in every mode; here it is refused where it is needed.
  const finding = findingOf(ERRORS, rust.error!);
  if (vector.mode === "snp" || finding !== "firmware.sev-metadata.missing") {
    ensure(attempt(core, vector, bytesOf).refused.includes(finding), `not refused for ${finding}`);
  } else {
    equal(core.firmware.readFirmware(bytesOf(vector.firmware!)).sections, null, "sections");
  }
}

const asRust = (vector: MeasureCase): CaseOptions => ({
  trimCmdline: true,
  ...(vector.profile === "ec2" ? { profile: "ec2-rdx0" } : {}),
});

/** An error of a peer must be one here, and for the same reason where that is known. */
function checkError(core: Core, vector: MeasureCase, bytesOf: BytesOf, words: string): void {
  if (ERRORS.some(([pattern]) => pattern.test(words))) {
    const finding = findingOf(ERRORS, words);
    ensure(attempt(core, vector, bytesOf).refused.includes(finding), `not refused for ${finding}`);
    return;
  }
  let named = false;
  try {
    digestOfCase(core, vector, bytesOf);
  } catch (error) {
    named = ["LaunchError", "LayoutError"].includes((error as Error).name);
  }
  ensure(named, "no error that names what is wrong");
}

/** The digest with nothing accepted, or the ids of the failed findings. */
interface Attempt {
  readonly digest?: string;
  readonly refused: readonly string[];
}

function attempt(core: Core, vector: MeasureCase, bytesOf: BytesOf): Attempt {
  try {
    return { digest: digestOfCase(core, vector, bytesOf), refused: [] };
  } catch (error) {
    if (!isUnsuitable(error)) throw error;
    const failed = error.findings.filter(({ outcome }) => outcome === "fail");
    return { refused: failed.map(({ id }) => id) };
  }
}

// By name: in a bundle the class is another one than in this file.
function isUnsuitable(error: unknown): error is LaunchError {
  const { name, code } = error as Partial<LaunchError>;
  return name === "LaunchError" && code === "firmware-unsuitable";
}

function findingOf(table: Table, words: string): string {
  const row = table.find(([pattern]) => pattern.test(words));
  if (row === undefined) throw new Error(`nothing known is meant by: ${words}`);
  return row[1];
}

function ensure(condition: boolean, problem: string): void {
  if (!condition) throw new Error(problem);
}

function equal<T>(actual: T, expected: T, what: string): void {
  ensure(actual === expected, `${what} is ${String(actual)}, must be ${String(expected)}`);
}
