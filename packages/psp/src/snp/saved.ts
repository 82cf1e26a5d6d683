// SPDX-License-Identifier: Apache-2.0
// What outlives a power cycle, as JSON: TCB versions and how the hardware is set up.

import { PLATFORM_INFO_NAMES, PRODUCT_LINES } from "@greenlight/core/evidence";
import type { ProductLine, TcbVersion } from "@greenlight/core/evidence";
import { PlatformError } from "../platform/error.ts";
import {
  booleanField,
  byteField,
  choiceField,
  objectField,
  stateObject,
} from "../platform/json.ts";
import type { StoredObject } from "../platform/json.ts";
import type { JsonValue } from "../platform/shared.ts";
import type { SnpMachine } from "./machine.ts";
import type { SnpFacts, SnpOptions } from "./options.ts";

/** The state to store. */
export function writeSaved({ setup, committedTcb, committedVersion }: SnpMachine): JsonValue {
  const { reportVersion, currentTcb, facts, mitigations } = setup;
  return {
    reportVersion: String(reportVersion),
    currentTcb: { ...currentTcb },
    committedTcb: { ...committedTcb },
    committedVersion: { ...committedVersion },
    facts: { ...facts },
    mitigations: mitigations.toString(16),
  };
}

const MEMBERS = [
  "reportVersion",
  "currentTcb",
  "committedTcb",
  "committedVersion",
  "facts",
  "mitigations",
] as const;

const VERSIONS = { "2": 2, "3": 3, "4": 4, "5": 5 } as const;

/**
 * Options out of a stored state.
 * @throws {PlatformError} `bad-state`.
 */
export function readSaved(saved: JsonValue, line: ProductLine): SnpOptions {
  const state = stateObject(saved, "snp", MEMBERS);
  const version = objectField(state, "committedVersion", ["major", "minor", "build"]);
  return {
    reportVersion: VERSIONS[choiceField(state, "reportVersion", ["2", "3", "4", "5"])],
    currentTcb: readTcb(state, "currentTcb", line),
    committedTcb: readTcb(state, "committedTcb", line),
    committedVersion: {
      major: byteField(version, "major"),
      minor: byteField(version, "minor"),
      build: byteField(version, "build"),
    },
    facts: readFacts(state),
    mitigations: readMitigations(state["mitigations"]),
  };
}

function readTcb(state: StoredObject, name: string, line: ProductLine): TcbVersion {
  const hasFmc = PRODUCT_LINES[line].tcbLayout === "turin";
  const parts = [...(hasFmc ? ["fmc"] : []), "bootloader", "tee", "snp", "microcode"];
  const tcb = objectField(state, name, parts);
  return {
    ...(hasFmc ? { fmc: byteField(tcb, "fmc") } : {}),
    bootloader: byteField(tcb, "bootloader"),
    tee: byteField(tcb, "tee"),
    snp: byteField(tcb, "snp"),
    microcode: byteField(tcb, "microcode"),
  };
}

function readFacts(state: StoredObject): SnpFacts {
  const facts = objectField(state, "facts", [
    ...PLATFORM_INFO_NAMES,
    "sockets",
    "cxl",
    "aes256Xts",
  ]);
  return {
    smt: booleanField(facts, "smt"),
    tsme: booleanField(facts, "tsme"),
    ecc: booleanField(facts, "ecc"),
    raplDis: booleanField(facts, "raplDis"),
    ciphertextHidingDram: booleanField(facts, "ciphertextHidingDram"),
    aliasCheckComplete: booleanField(facts, "aliasCheckComplete"),
    iommuWriteSafe: booleanField(facts, "iommuWriteSafe"),
    tio: booleanField(facts, "tio"),
    sockets: byteField(facts, "sockets"),
    cxl: booleanField(facts, "cxl"),
    aes256Xts: booleanField(facts, "aes256Xts"),
  };
}

function readMitigations(value: unknown): bigint {
  if (typeof value === "string" && /^[0-9a-f]{1,16}$/.test(value)) return BigInt(`0x${value}`);
  throw new PlatformError("bad-state", "the stored platform has mitigations that are no number");
}
