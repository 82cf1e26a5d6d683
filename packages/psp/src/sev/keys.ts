// SPDX-License-Identifier: Apache-2.0
// The keys of a platform below AMD's: the chip's own (CEK), the owner's (OCA), and those made from time
// to time (PEK, PDH). Source: AMD SEV API 55766 rev. 3.24, chapter 2 and section 5.5.

import { toBytes } from "../hierarchy/bits.ts";
import { p384Key } from "../hierarchy/p384-key.ts";
import { ecKey, generateEcKey } from "../platform/ec-key.ts";
import type { EcKey } from "../platform/ec-key.ts";
import type { SharedPlatform } from "../platform/shared.ts";
import { signCertificate, unsignedCertificate } from "./certificates.ts";

/** A key that the platform holds, and its certificate. */
export interface HeldKey {
  readonly key: EcKey;
  readonly certificate: Uint8Array;
}

/** The keys that PLATFORM_RESET forgets. */
export interface PlatformKeys {
  /** The key is absent when the owner is somebody else, who keeps it. */
  readonly oca: { readonly key: EcKey | undefined; readonly certificate: Uint8Array };
  readonly pek: HeldKey;
  readonly pdh: HeldKey;
}

/** What a chip is born with, and what it makes keys and certificates with. */
export interface Chip extends Pick<SharedPlatform, "api" | "random"> {
  /** The CEK; its certificate is without signature, as the chip itself hands it out. */
  readonly cek: HeldKey;
}

/** The chip of a platform. Its CEK follows from seed, line and chip id, as fuses would have it. */
export function chipOf({ seed, line, chipId, api, random }: SharedPlatform): Chip {
  const id = Buffer.from(chipId).toString("hex");
  const key = ecKey(toBytes(p384Key(`${seed}/${line}/CEK/${id}`).scalar, 48));
  return { api, random, cek: { key, certificate: unsignedCertificate("CEK", key.point, api) } };
}

/** New keys of a platform that is its own owner. */
export function makeKeys(chip: Chip): PlatformKeys {
  const { random, api, cek } = chip;
  const oca = generateEcKey(random);
  const body = unsignedCertificate("OCA", oca.point, api);
  const pek = generateEcKey(random);
  const signers = [
    { usage: "OCA", key: oca },
    { usage: "CEK", key: cek.key },
  ] as const;
  const pekBody = unsignedCertificate("PEK", pek.point, api);
  const held = { key: pek, certificate: signCertificate(pekBody, signers, random) };
  return {
    oca: { key: oca, certificate: signCertificate(body, signers.slice(0, 1), random) },
    pek: held,
    pdh: makePdh(held, chip),
  };
}

/** The same keys with a new PDH. */
export function renewPdh(keys: PlatformKeys, chip: Chip): PlatformKeys {
  return { ...keys, pdh: makePdh(keys.pek, chip) };
}

/** A new PDH under this PEK. */
export function makePdh(pek: HeldKey, { random, api }: Chip): HeldKey {
  const key = generateEcKey(random);
  return { key, certificate: signPdh(key.point, pek, { random, api }) };
}

/** The certificate of a PDH, whoever holds its key. */
export function signPdh(
  point: Uint8Array,
  pek: HeldKey,
  { random, api }: Pick<Chip, "api" | "random">,
): Uint8Array {
  const body = unsignedCertificate("PDH", point, api);
  return signCertificate(body, [{ usage: "PEK", key: pek.key }], random);
}
