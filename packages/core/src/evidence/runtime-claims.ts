// SPDX-License-Identifier: Apache-2.0
// What Azure's runtime data says, for display. Nothing is verified here; that the text is what REPORT_DATA
// is the hash of is for appraisal/ to say.

import { LayoutError } from "../bytes/index.ts";
import { isRecord, parseJsonObject } from "./json-object.ts";

/** A key of the runtime data. */
export interface RuntimeKey {
  /** HCLAkPub (attestation key of the vTPM), HCLEkPub (its endorsement key). */
  readonly id: string;
  readonly type: string;
  /** Bits of an RSA modulus; absent for other keys. */
  readonly bits?: number;
  readonly operations: readonly string[];
}

/** Runtime data in words. */
export interface RuntimeClaims {
  readonly keys: readonly RuntimeKey[];
  /** Members of vm-configuration that are text, number or boolean, as text. */
  readonly vmConfiguration: readonly (readonly [name: string, value: string])[];
  /** user-data: the guest's own 64 bytes in hexadecimal. */
  readonly userData?: string;
  /** Names of other members. */
  readonly others: readonly string[];
}

/** Most of anything that is listed, and most characters of a text. */
const MOST = 32;
const LONGEST = 256;

/** Reads runtime data; undefined when it is no JSON object in UTF-8. */
export function readRuntimeClaims(bytes: Uint8Array): RuntimeClaims | undefined {
  const json = objectOf(bytes);
  if (json === undefined) return undefined;
  const { keys, "vm-configuration": configuration, "user-data": userData, ...rest } = json;
  return {
    keys: Array.isArray(keys) ? keys.slice(0, MOST).filter(isRecord).map(keyOf) : [],
    vmConfiguration: isRecord(configuration)
      ? Object.entries(configuration)
          .slice(0, MOST)
          .flatMap(([name, value]) => (isPlain(value) ? [[short(name), short(String(value))]] : []))
      : [],
    ...(typeof userData === "string" ? { userData: short(userData) } : {}),
    others: Object.keys(rest).slice(0, MOST).map(short),
  };
}

function objectOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return parseJsonObject(text, "runtime data");
  } catch (error) {
    // The text is for display only: what cannot be displayed is shown as bytes by the caller.
    if (error instanceof LayoutError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function keyOf(key: Readonly<Record<string, unknown>>): RuntimeKey {
  const { kid, kty, n, key_ops: operations } = key;
  return {
    id: typeof kid === "string" ? short(kid) : "",
    type: typeof kty === "string" ? short(kty) : "",
    // base64url without padding: six bits a digit.
    ...(kty === "RSA" && typeof n === "string" ? { bits: Math.floor((n.length * 6) / 8) * 8 } : {}),
    operations: Array.isArray(operations)
      ? operations
          .slice(0, MOST)
          .filter((name) => typeof name === "string")
          .map(short)
      : [],
  };
}

function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** Foreign text, cut short and freed from what steers a terminal. */
function short(text: string): string {
  const printable = text.slice(0, LONGEST).replaceAll(/[^ -~]/g, "?");
  return text.length > LONGEST ? `${printable}..` : printable;
}
