// SPDX-License-Identifier: Apache-2.0
// A signed statement about a firmware: its name, version and hash. A small first program (a shim) that
// its owner sent as an exported guest takes firmware by it, so that an update needs no new export: by
// signature and least version, not by one hash.

import { sha256 } from "#crypto";
import { signatures } from "#signature";
import { LayoutError, at, bytes, mbz, signature, struct, u32 } from "../../bytes/index.ts";
import type { Infer } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import { p384Spki } from "../../crypto/spki-write.ts";
import type { Finding } from "../../finding/index.ts";
import { P384_SIGNATURE } from "../id-block/ecdsa.ts";
import type { SigningKey } from "../id-block/keys.ts";
import { SessionError } from "./error.ts";

const SOURCE = "docs/exported-guest.md";

/** What is signed, and the signature of it. */
export const FIRMWARE_STATEMENT = struct(
  "firmware statement",
  { size: 176, source: SOURCE },
  {
    magic: at(0x00, signature("GLFWSTM1")),
    version: at(0x08, u32, "version of the firmware; a later one has a larger number"),
    reserved: at(0x0c, mbz(4)),
    name: at(0x10, bytes(32), "name of the firmware: ASCII, zero-padded"),
    sha256: at(0x30, bytes(32), "SHA-256 of the firmware"),
    signature: at(
      0x50,
      bytes(96),
      "ECDSA P-384 with SHA-384 of all before it: r and s, big-endian",
    ),
  },
);

/** Bytes of a statement that are signed. */
const SIGNED_SIZE = FIRMWARE_STATEMENT.offsetOf("signature");

/** What a statement says. */
export interface FirmwareStatement {
  /** 1 to 32 printable ASCII characters. */
  readonly name: string;
  /** 32 bits; a later firmware has a larger number. */
  readonly version: number;
  /** SHA-256 of the firmware, 32 bytes. */
  readonly sha256: Uint8Array;
}

/**
 * Signs a statement.
 * @returns 176 bytes.
 * @throws {SessionError} `statement-unusable` for a name that does not fit.
 * @throws {LayoutError} for a version or hash that does not fit.
 */
export async function signFirmwareStatement(
  statement: FirmwareStatement,
  key: SigningKey,
): Promise<Uint8Array> {
  const name = encodeName(statement.name);
  const unsigned = { ...statement, name, signature: new Uint8Array(96) };
  const covered = FIRMWARE_STATEMENT.encode(unsigned).slice(0, SIGNED_SIZE);
  const signed = await crypto.subtle.sign(P384_SIGNATURE, key.privateKey, covered);
  return FIRMWARE_STATEMENT.encode({ ...unsigned, signature: new Uint8Array(signed) });
}

/**
 * Reads a statement. Whether it is signed by the right key is for {@link checkFirmwareStatement}.
 * @throws {LayoutError} for bytes that are none.
 */
export function parseFirmwareStatement(file: Uint8Array): FirmwareStatement {
  const fields = FIRMWARE_STATEMENT.decode(file);
  return { name: decodeName(fields), version: fields.version, sha256: fields.sha256 };
}

/** What a firmware and the statement that came with it are held against. */
export interface FirmwareDemand {
  readonly name: string;
  /** Lowest version that is taken: what stops a host from bringing an old firmware back. */
  readonly minimumVersion: number;
  /** Points of the keys that may sign (X and Y, big-endian, 96 bytes each); at least one. */
  readonly keys: readonly Uint8Array[];
}

/**
 * Checks a firmware against its statement: signature, name, version, hash. All are reported.
 * @param statement 176 bytes, from whoever brought the firmware.
 * @throws {LayoutError} for bytes that are no statement.
 * @throws {SessionError} `statement-unusable` when no key is given.
 * @throws {KeyError} `bad-point` for a key that is not on P-384.
 */
export async function checkFirmwareStatement(
  statement: Uint8Array,
  firmware: Uint8Array,
  demand: FirmwareDemand,
): Promise<readonly Finding[]> {
  const { name, version, sha256: stated } = parseFirmwareStatement(statement);
  const isSigned = await isSignedByOne(statement, demand.keys);
  const isNamed = name === demand.name;
  const isRecent = version >= demand.minimumVersion;
  const isSame = equalBytes(sha256(firmware), stated);
  return [
    {
      id: "firmware.statement.signature",
      outcome: isSigned ? "pass" : "fail",
      title: isSigned
        ? "The statement is signed by one of the owner's keys"
        : "The statement is not signed by any of the owner's keys",
      source: SOURCE,
    },
    {
      id: "firmware.statement.name",
      outcome: isNamed ? "pass" : "fail",
      title: isNamed
        ? "The statement is about the firmware asked for"
        : "The statement is about another firmware",
      expected: demand.name,
      actual: name,
      source: SOURCE,
    },
    {
      id: "firmware.statement.version-below-minimum",
      outcome: isRecent ? "pass" : "fail",
      title: isRecent
        ? "The firmware is as recent as demanded"
        : "The firmware is older than demanded",
      expected: `${demand.minimumVersion} or more`,
      actual: String(version),
      source: SOURCE,
    },
    {
      id: "firmware.statement.digest",
      outcome: isSame ? "pass" : "fail",
      title: isSame
        ? "The firmware has the stated hash"
        : "The firmware does not have the stated hash",
      source: SOURCE,
    },
  ];
}

async function isSignedByOne(
  statement: Uint8Array,
  points: readonly Uint8Array[],
): Promise<boolean> {
  if (points.length === 0) {
    throw new SessionError("statement-unusable", "there is no key to check the statement with");
  }
  const covered = statement.subarray(0, SIGNED_SIZE);
  for (const point of points) {
    const key = await signatures.importKey(p384Spki(point), "ECDSA-P384-SHA384");
    if (await signatures.verify(key, covered, statement.subarray(SIGNED_SIZE))) return true;
  }
  return false;
}

function encodeName(name: string): Uint8Array {
  if (!/^[!-~]([ -~]{0,30}[!-~])?$/.test(name)) {
    throw new SessionError(
      "statement-unusable",
      "the name of a firmware is 1 to 32 printable ASCII characters",
    );
  }
  const field = new Uint8Array(32);
  field.set(new TextEncoder().encode(name));
  return field;
}

/** @throws {LayoutError} `bad-text`. */
function decodeName({ name }: Infer<typeof FIRMWARE_STATEMENT>): string {
  const end = name.indexOf(0);
  const used = end < 0 ? name : name.subarray(0, end);
  const text = String.fromCharCode(...used);
  const isPadded = name.subarray(used.length).every((byte) => byte === 0);
  if (isPadded && /^[!-~]([ -~]{0,30}[!-~])?$/.test(text)) return text;
  throw new LayoutError({
    code: "bad-text",
    structure: FIRMWARE_STATEMENT.name,
    field: "name",
    offset: FIRMWARE_STATEMENT.offsetOf("name"),
    reason: "is not 1 to 32 printable ASCII characters and zeros",
    source: SOURCE,
  });
}
