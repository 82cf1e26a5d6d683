// SPDX-License-Identifier: Apache-2.0
// TCB_VERSION: the security version numbers of the firmware parts, eight bytes whose meaning depends on
// the product line. They are compared part by part; as one integer they have no order.

import { LayoutError } from "../bytes/index.ts";
import { PRODUCT_LINES } from "./product.ts";
import type { ProductLine, TcbLayoutName } from "./product.ts";

/** Where TCB_VERSION is defined. */
export const TCB_SOURCE = "AMD 56860 (SEV-SNP Firmware ABI), section 2.2, TCB_VERSION";

/** Parts of a TCB version in the order they are shown in. */
export const TCB_PARTS = ["fmc", "bootloader", "tee", "snp", "microcode"] as const;

/** A part of the TCB: firmware boot code, boot loader, TEE (PSP OS), SNP firmware, microcode. */
export type TcbPart = (typeof TCB_PARTS)[number];

/** Security version numbers, 0 to 255 each. */
export interface TcbVersion {
  /** Only on lines of the Turin layout. */
  readonly fmc?: number;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

/** Offset of each part in the eight bytes; the others are reserved. */
export const TCB_LAYOUTS: Readonly<
  Record<TcbLayoutName, Readonly<Partial<Record<TcbPart, number>>>>
> = {
  milan: { bootloader: 0, tee: 1, snp: 6, microcode: 7 },
  turin: { fmc: 0, bootloader: 1, tee: 2, snp: 3, microcode: 7 },
};

/** A TCB version read by the layout of its line. */
export interface DecodedTcb {
  readonly tcb: TcbVersion;
  /** Offsets of reserved bytes that are not zero. */
  readonly reserved: readonly number[];
}

/**
 * Reads the eight bytes of a TCB_VERSION.
 * @throws {LayoutError} `bad-length` when they are not eight.
 */
export function decodeTcb(bytes: Uint8Array, line: ProductLine): DecodedTcb {
  if (bytes.length !== 8) {
    throw new LayoutError({
      code: "bad-length",
      structure: "TCB_VERSION",
      reason: `has ${bytes.length} bytes, must have 8`,
      source: TCB_SOURCE,
    });
  }
  const reserved: number[] = [];
  if (PRODUCT_LINES[line].tcbLayout === "milan") {
    for (let i = 2; i < 6; i++) if (bytes[i] !== 0) reserved.push(i);
    return {
      tcb: { bootloader: bytes[0]!, tee: bytes[1]!, snp: bytes[6]!, microcode: bytes[7]! },
      reserved,
    };
  }
  for (let i = 4; i < 7; i++) if (bytes[i] !== 0) reserved.push(i);
  return {
    tcb: {
      fmc: bytes[0]!,
      bootloader: bytes[1]!,
      tee: bytes[2]!,
      snp: bytes[3]!,
      microcode: bytes[7]!,
    },
    reserved,
  };
}

/**
 * Writes a TCB version as its eight bytes.
 * @throws {LayoutError} `out-of-range` for a part that does not fit a byte, is missing on this line,
 * or does not exist on it.
 */
export function encodeTcb(tcb: TcbVersion, line: ProductLine): Uint8Array {
  const bytes = new Uint8Array(8);
  const layout = TCB_LAYOUTS[PRODUCT_LINES[line].tcbLayout];
  for (const part of TCB_PARTS) {
    const offset = layout[part];
    const value = tcb[part];
    if (offset === undefined && value === undefined) continue;
    if (offset === undefined || value === undefined || !isByte(value)) {
      throw new LayoutError({
        code: "out-of-range",
        structure: "TCB_VERSION",
        field: part,
        reason:
          offset === undefined ? `does not exist on ${line}` : `${value} is not a number 0 to 255`,
        source: TCB_SOURCE,
      });
    }
    bytes[offset] = value;
  }
  return bytes;
}

/**
 * Parts in which `actual` is lower than `minimum`. A part that `minimum` does not name is not compared;
 * one that it names and `actual` does not have counts as lower.
 */
export function tcbPartsBelow(
  actual: TcbVersion,
  minimum: Readonly<Partial<TcbVersion>>,
): readonly TcbPart[] {
  const below: TcbPart[] = [];
  for (const part of TCB_PARTS) {
    const floor = minimum[part];
    if (floor !== undefined && (actual[part] ?? -1) < floor) below.push(part);
  }
  return below;
}

/** Parts in which two TCB versions differ. */
export function tcbPartsDiffering(a: TcbVersion, b: TcbVersion): readonly TcbPart[] {
  return TCB_PARTS.filter((part) => a[part] !== b[part]);
}

/** A TCB version on one line: `bootloader 10, tee 0, snp 23, microcode 84`. */
export function formatTcb(tcb: Readonly<Partial<TcbVersion>>): string {
  let text = "";
  for (const part of TCB_PARTS) {
    const value = tcb[part];
    if (value !== undefined) text += `${text === "" ? "" : ", "}${part} ${value}`;
  }
  return text;
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}
