// SPDX-License-Identifier: Apache-2.0
// The certificate table of extended reports (AMD 56421, GHCB, section on SNP Extended Guest Request):
// entries of GUID, offset and length, an empty entry, then the data.

import { guidEncode } from "@greenlight/core/bytes";
import type { Guid, GuidOrder } from "@greenlight/core/bytes";

/** GUIDs of what hosts put there. ASVK is stored under the one of ASK. */
export const TABLE_GUIDS = {
  ARK: "c0b406a4-a803-4952-9743-3fb6014cd0ae",
  ASK: "4ab7b379-bbac-4fe4-a02f-05aef327c782",
  VCEK: "63da758d-e664-4564-adc5-f4b93be8accd",
  VLEK: "a8074bc2-a25a-483e-aae6-39c045a0b8a1",
  CRL: "92f81bc3-5811-4d3d-97ff-d19f88dc67ea",
} as const;

/** An entry, and what its header says where that is not the truth. */
export interface TableEntry {
  /** A GUID, or one of the names of {@link TABLE_GUIDS}. */
  readonly guid: Guid;
  readonly bytes: Uint8Array;
  readonly offset?: number;
  readonly length?: number;
}

/** How the table is written, where not as usual. */
export interface TableOptions {
  /** Whether the empty entry is there; default true. */
  readonly terminator?: boolean;
  /** Default `rfc`: the order of the text. */
  readonly guidOrder?: GuidOrder;
  /** Zeros are added up to a multiple of this. */
  readonly pageSize?: number;
}

const HEADER = 24;

/** The table. */
export function certificateTable(
  entries: readonly TableEntry[],
  { terminator = true, guidOrder = "rfc", pageSize = 1 }: TableOptions = {},
): Uint8Array {
  const headerSize = HEADER * (entries.length + (terminator ? 1 : 0));
  const size = entries.reduce((sum, { bytes }) => sum + bytes.length, headerSize);
  const table = new Uint8Array(Math.ceil(size / pageSize) * pageSize);
  const view = new DataView(table.buffer);
  let end = headerSize;
  for (const [index, { guid, bytes, offset, length }] of entries.entries()) {
    const known: Readonly<Record<string, Guid>> = TABLE_GUIDS;
    table.set(guidEncode(known[guid] ?? guid, guidOrder), index * HEADER);
    view.setUint32(index * HEADER + 16, offset ?? end, true);
    view.setUint32(index * HEADER + 20, length ?? bytes.length, true);
    table.set(bytes, end);
    end += bytes.length;
  }
  return table;
}
