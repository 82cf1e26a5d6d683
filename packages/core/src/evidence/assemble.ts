// SPDX-License-Identifier: Apache-2.0
// A report put together again from fields, for the forms that carry no original bytes. Its signature
// tells whether the result is what was signed; reserved bytes come out as zero.

import { LayoutError } from "../bytes/index.ts";
import { ATTESTATION_REPORT, REPORT_SIZE } from "./report.ts";
import type { Report } from "./report.ts";

/** Said in {@link Evidence.notes} by every form that uses this. */
export const ASSEMBLED_NOTE =
  "the report was put together again from its fields: this form does not carry the original bytes";

/** A report under construction. No layout rule is applied: broken fields come out broken. */
export class ReportAssembly {
  /** The 1184 bytes so far. */
  readonly bytes: Uint8Array = new Uint8Array(REPORT_SIZE);
  readonly #structure: string;

  /** @param structure Name of the form, for errors. */
  constructor(structure: string) {
    this.#structure = structure;
  }

  /**
   * Sets a field to a number, little-endian.
   * @param name What the form calls it.
   * @throws {LayoutError} `out-of-range` for a number that does not fit.
   */
  number(field: keyof Report, value: number | bigint, name: string): void {
    const { offset, codec } = partOf(field);
    const wide = BigInt(value);
    if (wide < 0n || wide >> BigInt(codec.size * 8) !== 0n) {
      const reason = `is ${wide}, more than ${codec.size} bytes hold`;
      throw new LayoutError({
        code: "out-of-range",
        structure: this.#structure,
        field: name,
        reason,
      });
    }
    const digits = new DataView(new ArrayBuffer(8));
    digits.setBigUint64(0, wide, true);
    this.bytes.set(new Uint8Array(digits.buffer, 0, codec.size), offset);
  }

  /**
   * Sets a field, or more from its start on, to bytes.
   * @param size How many they must be; those of the field when absent.
   * @throws {LayoutError} `bad-length` for another number of bytes.
   */
  raw(field: keyof Report, value: Uint8Array, name: string, size?: number): void {
    const { offset, codec } = partOf(field);
    const wanted = size ?? codec.size;
    if (value.length !== wanted) {
      const reason = `has ${value.length} bytes, must have ${wanted}`;
      throw new LayoutError({
        code: "bad-length",
        structure: this.#structure,
        field: name,
        reason,
      });
    }
    this.bytes.set(value, offset);
  }
}

function partOf(field: keyof Report) {
  return ATTESTATION_REPORT.parts.find(({ name }) => name === field)!;
}
