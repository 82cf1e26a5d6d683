// SPDX-License-Identifier: Apache-2.0
// Machine code from rows of bytes that someone has assembled by hand: labels and the distances to them
// are filled in here, and the rows can be read as a listing.

/** One row: a label, an instruction or data. */
export type CodeRow =
  | { readonly label: string }
  | {
      /** The bytes, without the distance where there is one. */
      readonly bytes: Uint8Array;
      /** The instruction as an assembler would take it, or what the data is. */
      readonly text: string;
      /** Distance to a label from the end of the row, which it ends. */
      readonly distance?: { readonly to: string; readonly size: 1 | 4 };
    };

/** Machine code, and where each of its rows stands. */
export interface Assembled {
  readonly code: Uint8Array;
  /** Offset, bytes and instruction of each row, and the labels between them. */
  readonly listing: string;
}

/** An instruction out of hexadecimal digits. */
export function row(hex: string, text: string): CodeRow {
  return { bytes: Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")), text };
}

/** An instruction that ends with the distance to a label. */
export function rowTo(hex: string, to: string, size: 1 | 4, text: string): CodeRow {
  return { ...row(hex, text), distance: { to, size } };
}

/** ASCII text with a NUL behind it. */
export function textRow(text: string): CodeRow {
  return { bytes: new TextEncoder().encode(`${text}\0`), text: `db ${JSON.stringify(text)}, 0` };
}

/**
 * Fills in the distances. A label that is missing, there twice or too far away is a mistake in the
 * rows and throws a plain Error.
 */
export function assemble(rows: readonly CodeRow[]): Assembled {
  const labels = new Map<string, number>();
  let end = 0;
  for (const each of rows) {
    if (!("label" in each)) end += each.bytes.length + (each.distance?.size ?? 0);
    else if (labels.has(each.label)) throw new Error(`label ${each.label} is there twice`);
    else labels.set(each.label, end);
  }
  const code = Buffer.alloc(end);
  const lines: string[] = [];
  let at = 0;
  for (const each of rows) {
    if ("label" in each) {
      lines.push(`${each.label}:`);
      continue;
    }
    const start = at;
    code.set(each.bytes, at);
    at += each.bytes.length;
    if (each.distance !== undefined) {
      const { to, size } = each.distance;
      const target = labels.get(to);
      if (target === undefined) throw new Error(`there is no label ${to}`);
      // Throws for a distance that does not fit.
      code.writeIntLE(target - (at + size), at, size);
      at += size;
    }
    const hex = code.subarray(start, at).toString("hex");
    const shown = hex.length > 24 ? `${hex.slice(0, 22)}..` : hex;
    lines.push(`  ${start.toString(16).padStart(4, "0")}  ${shown.padEnd(24)}  ${each.text}`);
  }
  return { code, listing: lines.join("\n") };
}
