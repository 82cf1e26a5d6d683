// SPDX-License-Identifier: Apache-2.0
// What proves evidence genuine, out of the options: certificates given besides the evidence, and roots
// of simulators.

import { statSync } from "node:fs";
import { join } from "node:path";
import { LayoutError } from "@greenlight/core/bytes";
import { AMD_ROOTS, parseCertificate, pinOf } from "@greenlight/core/endorsement";
import type { Certificate, TrustRoot, VcekFacts } from "@greenlight/core/endorsement";
import { decodeReport, decodeSignerInfo, encodeTcb } from "@greenlight/core/evidence";
import type { Evidence, Report, SuppliedCertificate } from "@greenlight/core/evidence";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded, readFolder } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { readMaterial } from "../../kds/material.ts";
import type { Material } from "../../kds/material.ts";

/** A chain in PEM, or a revocation list with thousands of entries. */
const MAX_CERTIFICATE_FILE = 1024 * 1024;

/** Names of files in a folder that may hold certificates or lists. */
const CERTIFICATE_FILE = /\.(der|pem|crl|crt|cer)$/i;

/** A certificate or list out of a file that was named. */
interface Given {
  readonly material: Material;
  readonly supplied: SuppliedCertificate;
}

/** Certificates and lists that were given besides the evidence. */
export class Shelf {
  readonly #given: readonly Given[];

  private constructor(given: readonly Given[]) {
    this.#given = given;
  }

  /**
   * Reads files, and the certificates and lists lying in folders.
   * @throws {UsageError} for a file that cannot be read. @throws {LayoutError} for a named file that holds
   * neither certificates nor lists; in a folder such a file is passed over.
   */
  static async open(paths: readonly string[]): Promise<Shelf> {
    const given: Given[] = [];
    for (const path of paths) {
      if (isFolder(path)) {
        const files = readFolder(path).map(({ name }) => join(path, name));
        for (const file of files.filter((each) => CERTIFICATE_FILE.test(each) && !isFolder(each))) {
          given.push(...givenOf(file, true));
        }
      } else {
        given.push(...(await naming(path, () => givenOf(path, false))));
      }
    }
    return new Shelf(given);
  }

  /**
   * What of it is for this evidence: all authorities and lists, and a VCEK or VLEK where none came with
   * it. Of several the one that fits; a single one is given to every report, so that a wrong one is told.
   */
  for(evidence: Evidence): readonly SuppliedCertificate[] {
    if (this.#given.length === 0) return [];
    const keys = this.#given.filter(({ material }) => isKey(material));
    const others = this.#given.filter(({ material }) => !isKey(material));
    const hasOne = evidence.certificates.some(({ role }) => role === "VCEK" || role === "VLEK");
    const wanted = hasOne ? [] : keys.length > 1 ? keysFor(evidence, keys) : keys;
    return [...wanted, ...others].map(({ supplied }) => supplied);
  }
}

/** The roots that are trusted: AMD's, and those of simulators that were named. */
export async function rootsOf(simulatorRoots: readonly string[]): Promise<readonly TrustRoot[]> {
  return [...AMD_ROOTS, ...(await Promise.all(simulatorRoots.map(simulatorRoot)))];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function givenOf(path: string, isFound: boolean): readonly Given[] {
  const bytes = readBounded(path, MAX_CERTIFICATE_FILE);
  try {
    return readMaterial(bytes).map((material) => ({
      material,
      supplied: { role: roleOf(material), der: material.der, from: path },
    }));
  } catch (error) {
    if (isFound && error instanceof LayoutError) return [];
    throw error;
  }
}

function roleOf(material: Material) {
  if (material.kind !== "intermediate") return material.kind;
  return material.endorser === "vlek" ? "ASVK" : "ASK";
}

function isKey({ kind }: Material): boolean {
  return kind === "VCEK" || kind === "VLEK";
}

/** Of several VCEKs and VLEKs, those that can be the one that signed this report. */
function keysFor(evidence: Evidence, keys: readonly Given[]): readonly Given[] {
  let report: Report;
  try {
    report = decodeReport(evidence.report);
  } catch (error) {
    // A report that cannot be read needs no key; what is wrong with it is told elsewhere.
    if (error instanceof LayoutError) return [];
    throw error;
  }
  const { signingKey } = decodeSignerInfo(report.signerInfo);
  return keys.filter(({ material }) => {
    if (material.kind !== signingKey) return false;
    return material.kind !== "VCEK" || isOf(report, material.facts);
  });
}

/** Whether a VCEK is of the chip and TCB of a report. */
function isOf({ chipId, reportedTcb }: Report, { line, hwId, tcb }: VcekFacts): boolean {
  const isSameChip = chipId.every((byte, i) => byte === (hwId[i] ?? 0));
  const isMasked = chipId.every((byte) => byte === 0);
  return (
    (isSameChip || isMasked) && encodeTcb(tcb, line).every((byte, i) => byte === reportedTcb[i])
  );
}

/**
 * A root of trust out of a file with the ARK of a simulator, and its ASK and ASVK where they do not come
 * with the evidence.
 * @throws {UsageError} `bad-value` for anything else, and for a root of AMD's, which needs no option.
 */
async function simulatorRoot(path: string): Promise<TrustRoot> {
  const option = "--simulator-root";
  const refuse = (reason: string, hint: string): never => {
    throw new UsageError("bad-value", `${option} ${JSON.stringify(path)}: ${reason}`, hint);
  };
  const materials = await naming(path, () => readMaterial(readBounded(path, MAX_CERTIFICATE_FILE)));
  const ark = materials.find(({ kind }) => kind === "ARK");
  if (ark?.kind !== "ARK") return refuse("has no ARK", "give the PEM of ARK, ASK and ASVK");
  if (pinOf(ark.der) !== undefined) return refuse("is AMD's own root", "leave the option out");
  const { line } = ark;
  if (line === undefined) {
    return refuse("names no product line", "its common name must be ARK-LINE or begin with it");
  }
  const signing = (endorser: "vcek" | "vlek"): Certificate | undefined => {
    const found = materials.find(
      (material) => material.kind === "intermediate" && material.endorser === endorser,
    );
    return found === undefined ? undefined : parseCertificate(found.der);
  };
  const ask = signing("vcek");
  const asvk = signing("vlek");
  return {
    line,
    origin: "simulator",
    ark: parseCertificate(ark.der),
    ...(ask === undefined ? {} : { ask }),
    ...(asvk === undefined ? {} : { asvk }),
  };
}

/** The folders among paths: they may hold what is missing in the layout of an offline store. */
export function foldersOf(paths: readonly string[]): readonly string[] {
  return paths.filter(isFolder);
}
