// SPDX-License-Identifier: Apache-2.0
// A platform: a chip of a product line, its keys, and the two processors that answer commands.

import { chipId as imaginaryChip, createHierarchy } from "../hierarchy/index.ts";
import type { Hierarchy, NameStyle } from "../hierarchy/index.ts";
import { derive } from "../hierarchy/bits.ts";
import type { SnpOptions } from "../snp/options.ts";
import { createSnpProcessor } from "../snp/processor.ts";
import type { SnpProcessor } from "../snp/processor.ts";
import { sevAuthorities } from "../sev/authorities.ts";
import type { SevAuthorities } from "../sev/authorities.ts";
import { createSevProcessor } from "../sev/create.ts";
import { chipOf } from "../sev/keys.ts";
import type { SevProcessor } from "../sev/processor.ts";
import { restoreKeys, storeKeys } from "../sev/stored-keys.ts";
import { PlatformError } from "./error.ts";
import type { Faults } from "./faults.ts";
import type { RandomSource } from "./random.ts";
import type { ApiVersion } from "./api-version.ts";
import type { PlatformLine, SharedPlatform, SnpLine } from "./shared.ts";
import { decodeState, encodeState } from "./state.ts";
import type { PlatformState, StoredPlatform } from "./state.ts";

/** What a platform is made of. */
export interface PlatformOptions {
  readonly line: PlatformLine;
  /**
   * Root keys and the chip's own keys follow from it: 1 to 64 characters. Default `greenlight`; `other`
   * is as fast, with any other making the roots takes seconds.
   */
  readonly seed?: string;
  /** 64 bytes. Default: an imaginary chip of the line. */
  readonly chipId?: Uint8Array;
  readonly api: ApiVersion;
  /** Whether the hardware has SEV-ES. */
  readonly es: boolean;
  readonly random: RandomSource;
  /** Default `simulator`; `forged-amd` carries AMD's names and key ids over keys of its own. */
  readonly names?: NameStyle;
  readonly faults?: Faults;
  /** How SEV-SNP is set up, where not as usual. */
  readonly snp?: SnpOptions;
}

/** A platform. */
export interface Platform {
  readonly line: PlatformLine;
  readonly chipId: Uint8Array;
  readonly api: ApiVersion;
  readonly names: NameStyle;
  readonly random: RandomSource;
  readonly faults: Faults;
  /** ARK and ASK in AMD's own format, made when they are first asked for. */
  readonly authorities: SevAuthorities;
  /** X.509 certificates of SEV-SNP; undefined on Naples and Rome. */
  readonly hierarchy: Hierarchy | undefined;
  readonly sev: SevProcessor;
  /** Undefined on Naples and Rome. */
  readonly snp: SnpProcessor | undefined;
  /** The CEK's certificate as AMD's key server gives it: signed by the ASK, 2084 bytes. */
  signedCek(): Uint8Array;
  /** Everything that outlives a power cycle. It holds private keys: files of it are the owner's alone. */
  toJson(): PlatformState;
}

/**
 * A new platform, switched on and not initialised.
 * @throws {PlatformError} `bad-option` for a chip id, seed or version of another size.
 */
export function createPlatform(options: PlatformOptions): Platform {
  const { line, seed = "greenlight", names = "simulator", api, es, random, snp } = options;
  const chipId = Uint8Array.from(options.chipId ?? usualChip(line));
  if (chipId.length !== 64) {
    throw new PlatformError("bad-option", `the chip id has ${chipId.length} bytes, must have 64`);
  }
  if (seed === "" || seed.length > 64) {
    throw new PlatformError("bad-option", "the seed must have 1 to 64 characters");
  }
  for (const [part, value] of Object.entries(api)) {
    if (Number.isInteger(value) && value >= 0 && value <= 255) continue;
    throw new PlatformError("bad-option", `the ${part} version is ${value}, must be 0 to 255`);
  }
  const parts = { line, seed, names, chipId, api, es, random, keys: undefined, snp: undefined };
  return assemble(parts, options.faults ?? {}, snp);
}

/**
 * A platform as it was stored, after a power cycle: not initialised, without guests.
 * @param json Parsed JSON.
 * @param faults Faults are not stored.
 * @throws {PlatformError} `bad-state` for anything that toJson() does not give.
 */
export function loadPlatform(json: unknown, faults: Faults = {}): Platform {
  return assemble(decodeState(json), faults, undefined);
}

function assemble(
  stored: StoredPlatform,
  faults: Faults,
  options: SnpOptions | undefined,
): Platform {
  const { line, seed, names, chipId, api, es, random } = stored;
  const shared: SharedPlatform = { line, seed, names, chipId, api, es, random, faults };
  const chip = chipOf(shared);
  const keys = stored.keys === undefined ? undefined : restoreKeys(stored.keys);
  const { processor, storedKeys } = createSevProcessor(shared, chip, keys);
  const hierarchy = hasSnp(line) ? createHierarchy({ line, seed, names }) : undefined;
  const snp =
    hasSnp(line) && hierarchy !== undefined
      ? createSnpProcessor({
          ...shared,
          line,
          hierarchy,
          ...(options === undefined ? {} : { snp: options }),
          ...(stored.snp === undefined ? {} : { saved: stored.snp }),
        })
      : undefined;
  return {
    line,
    chipId,
    api,
    names,
    random,
    faults,
    // Made when first asked for: finding the primes of an unusual seed takes seconds.
    get authorities() {
      return sevAuthorities(line, seed, names);
    },
    hierarchy,
    sev: processor,
    snp,
    signedCek: () => sevAuthorities(line, seed, names).signCek(chip.cek.certificate),
    toJson: () => {
      const held = storedKeys();
      return encodeState({
        ...stored,
        keys: held === undefined ? undefined : storeKeys(held),
        snp: snp?.toJson(),
      });
    },
  };
}

function hasSnp(line: PlatformLine): line is SnpLine {
  return line !== "Naples" && line !== "Rome";
}

function usualChip(line: PlatformLine): Uint8Array {
  return hasSnp(line) ? imaginaryChip(line) : derive(`chip 1 of ${line}`, 64);
}
