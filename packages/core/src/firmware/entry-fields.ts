// SPDX-License-Identifier: Apache-2.0
// The data of footer table entries, field by field, for views of an image.

import { annotate } from "../bytes/index.ts";
import type { Annotation, Struct } from "../bytes/index.ts";
import type { FooterEntry } from "./footer.ts";
import { footerGuidName } from "./guids.ts";
import type { FooterGuidName } from "./guids.ts";
import { AREA, METADATA_OFFSET, SEV_ES_RESET_BLOCK, SVSM_INFO } from "./layout-docs.ts";

/** Structure of the data of each known footer entry. */
const ENTRY_DATA: Readonly<Partial<Record<FooterGuidName, Struct<unknown>>>> = {
  SEV_ES_RESET_BLOCK,
  SEV_LAUNCH_SECRET: AREA,
  SEV_HASH_TABLE: AREA,
  SEV_METADATA: METADATA_OFFSET,
  TDX_METADATA: METADATA_OFFSET,
  IGVM_METADATA: METADATA_OFFSET,
  SVSM_INFO,
};

/**
 * Fields of an entry's data, none when the entry is unknown or too short.
 * @param image The bytes of the image the entry was read from.
 */
export function footerEntryFields(entry: FooterEntry, image: Uint8Array): readonly Annotation[] {
  const name = footerGuidName(entry.guid);
  const layout = name === undefined ? undefined : ENTRY_DATA[name];
  if (layout === undefined || entry.data.length < layout.size) return [];
  return annotate(layout, image, entry.offset);
}
