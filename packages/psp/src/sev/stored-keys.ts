// SPDX-License-Identifier: Apache-2.0
// A platform's keys as JSON: in the platform's stored state, and encrypted in the store of INIT_EX.

import { ecKey } from "../platform/ec-key.ts";
import { bytesField, objectField, stateObject } from "../platform/json.ts";
import type { JsonValue } from "../platform/shared.ts";
import { PlatformError } from "../platform/error.ts";
import { CERTIFICATE_SIZE, readCertificate } from "./certificates.ts";
import type { PlatformKeyUsage } from "./certificates.ts";
import type { HeldKey, PlatformKeys } from "./keys.ts";

/**
 * The keys in JSON: certificates and private values in hexadecimal. An OCA without a private value
 * belongs to an owner outside. Secret.
 */
export function storeKeys({ oca, pek, pdh }: PlatformKeys): { readonly [name: string]: JsonValue } {
  const held = ({
    key,
    certificate,
  }: PlatformKeys["oca"]): { readonly [name: string]: JsonValue } => ({
    certificate: Buffer.from(certificate).toString("hex"),
    ...(key === undefined ? {} : { scalar: Buffer.from(key.scalar).toString("hex") }),
  });
  return { oca: held(oca), pek: held(pek), pdh: held(pdh) };
}

/**
 * The keys out of JSON.
 * @throws {PlatformError} `bad-state` for anything that storeKeys() does not write.
 */
export function restoreKeys(json: unknown): PlatformKeys {
  const stored = stateObject(json, "keys", ["oca", "pek", "pdh"]);
  const oca = objectField(stored, "oca", ["certificate", "scalar"]);
  return {
    oca:
      oca["scalar"] === undefined
        ? { key: undefined, certificate: certificateOf(oca, "OCA").bytes }
        : restoreHeld(oca, "OCA"),
    pek: restoreHeld(objectField(stored, "pek", ["certificate", "scalar"]), "PEK"),
    pdh: restoreHeld(objectField(stored, "pdh", ["certificate", "scalar"]), "PDH"),
  };
}

function restoreHeld(stored: Readonly<Record<string, unknown>>, usage: PlatformKeyUsage): HeldKey {
  const certificate = certificateOf(stored, usage);
  const scalar = bytesField(stored, "scalar", 48);
  let key;
  try {
    key = ecKey(scalar);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PlatformError("bad-state", `the private value of the ${usage} is not one of P-384`);
  }
  if (!Buffer.from(key.point).equals(certificate.point)) {
    throw new PlatformError("bad-state", `the ${usage}'s certificate is of another key`);
  }
  return { key, certificate: certificate.bytes };
}

function certificateOf(
  stored: Readonly<Record<string, unknown>>,
  usage: PlatformKeyUsage,
): { readonly bytes: Uint8Array; readonly point: Uint8Array } {
  const bytes = bytesField(stored, "certificate", CERTIFICATE_SIZE);
  const certificate = readCertificate(bytes, usage);
  if (certificate === undefined) {
    throw new PlatformError("bad-state", `what is stored as the ${usage}'s certificate is none`);
  }
  return { bytes, point: certificate.publicKey.point };
}
