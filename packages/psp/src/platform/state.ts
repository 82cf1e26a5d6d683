// SPDX-License-Identifier: Apache-2.0
// What of a platform outlives a power cycle, as JSON. It holds private keys.

import type { NameStyle } from "../hierarchy/index.ts";
import {
  booleanField,
  byteField,
  bytesField,
  choiceField,
  objectField,
  stateObject,
  textField,
} from "./json.ts";
import type { StoredObject } from "./json.ts";
import { resumedRandom, systemRandom } from "./random.ts";
import type { RandomSource } from "./random.ts";
import { PLATFORM_LINES } from "./shared.ts";
import type { ApiVersion } from "./api-version.ts";
import type { JsonValue, PlatformLine } from "./shared.ts";

/** Name and version of the form. */
export const PLATFORM_SCHEMA = "greenlight/platform/v1";

/** A stored platform. */
export interface PlatformState {
  readonly [name: string]: JsonValue;
  readonly schema: typeof PLATFORM_SCHEMA;
}

/** What a stored platform says, with the parts that its processors read themselves. */
export interface StoredPlatform {
  readonly line: PlatformLine;
  readonly seed: string;
  readonly names: NameStyle;
  readonly chipId: Uint8Array;
  readonly api: ApiVersion;
  readonly es: boolean;
  readonly random: RandomSource;
  /** See stored-keys.ts; undefined where the platform has none. */
  readonly keys: JsonValue | undefined;
  /** See the processor of SEV-SNP; undefined on lines without it. */
  readonly snp: JsonValue | undefined;
}

/** The JSON of a platform. */
export function encodeState(platform: StoredPlatform): PlatformState {
  const { line, seed, names, chipId, api, es, random, keys, snp } = platform;
  const drbg = random.state();
  const { major, minor, build } = api;
  return {
    schema: PLATFORM_SCHEMA,
    line,
    seed,
    names,
    chipId: hex(chipId),
    api: { major, minor, build },
    es,
    ...(drbg === undefined ? {} : { drbg: { key: hex(drbg.key), value: hex(drbg.value) } }),
    ...(keys === undefined ? {} : { keys }),
    ...(snp === undefined ? {} : { snp }),
  };
}

/**
 * A platform out of JSON. Where nothing else was stored its randomness is the system's.
 * @throws {PlatformError} `bad-state`.
 */
export function decodeState(json: unknown): StoredPlatform {
  const members = ["schema", "line", "seed", "names", "chipId", "api", "es", "drbg", "keys", "snp"];
  const stored = stateObject(json, "the file", members);
  choiceField(stored, "schema", [PLATFORM_SCHEMA]);
  const api = objectField(stored, "api", ["major", "minor", "build"]);
  return {
    line: choiceField(stored, "line", PLATFORM_LINES),
    seed: textField(stored, "seed"),
    names: choiceField(stored, "names", ["simulator", "forged-amd"]),
    chipId: bytesField(stored, "chipId", 64),
    api: {
      major: byteField(api, "major"),
      minor: byteField(api, "minor"),
      build: byteField(api, "build"),
    },
    es: booleanField(stored, "es"),
    random: stored["drbg"] === undefined ? systemRandom : drbgOf(stored),
    keys: jsonMember(stored, "keys"),
    snp: jsonMember(stored, "snp"),
  };
}

function drbgOf(stored: StoredObject): RandomSource {
  const drbg = objectField(stored, "drbg", ["key", "value"]);
  return resumedRandom({ key: bytesField(drbg, "key", 32), value: bytesField(drbg, "value", 32) });
}

/** A member that its owner checks. */
function jsonMember(stored: StoredObject, name: string): JsonValue | undefined {
  const value = stored[name];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a member of parsed JSON is JSON
  return value as JsonValue | undefined;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
