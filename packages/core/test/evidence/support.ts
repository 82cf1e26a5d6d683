// SPDX-License-Identifier: Apache-2.0
// What tests of evidence share: reports made of random fields, refusals by code, and the vectors' index.

import * as fc from "fast-check";
import { LayoutError } from "../../src/bytes/index.ts";
import { ATTESTATION_REPORT, REPORT_SIZE } from "../../src/evidence/index.ts";
import { missingVectors, readVectorJson } from "../support/vectors.ts";

/** Code of the LayoutError that some reading throws; `accepted` when it throws none. */
export function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof LayoutError) return error.code;
    throw error;
  }
  return "accepted";
}

/** Whether a reading gives a value or a LayoutError; anything else is thrown on. */
export function isOrderly(read: () => unknown): boolean {
  return refusal(read) !== "";
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A report of random content in which everything that must be zero is zero. */
export const reports: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(2, 3, 4, 5),
    fc.uint8Array({ minLength: REPORT_SIZE, maxLength: REPORT_SIZE }),
  )
  .map(([version, bytes]) => {
    new DataView(bytes.buffer).setUint32(0, version, true);
    for (const { offset, codec } of ATTESTATION_REPORT.parts) {
      const from = codec.gated?.gate.from ?? 0;
      if (codec.fixed === true || version < from) bytes.fill(0, offset, offset + codec.size);
    }
    return bytes;
  });

/** A DER certificate as far as its first bytes go. */
export function fakeCertificate(content: number, length = 40): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i === 0 ? 0x30 : (content + i) & 0xff));
}

/** An entry of the vectors' index. */
export interface VectorEntry {
  readonly file: string;
  readonly kind: string;
  readonly [member: string]: unknown;
}

export const SNP_INDEX = "snp/index.json";

/** The vectors of some kinds; none where the vectors are absent. */
export function vectorsOf(...kinds: readonly string[]): readonly VectorEntry[] {
  if (missingVectors(SNP_INDEX) !== false) return [];
  const { vectors } = readVectorJson(SNP_INDEX) as { readonly vectors: readonly VectorEntry[] };
  return vectors.filter(({ kind }) => kinds.includes(kind));
}
