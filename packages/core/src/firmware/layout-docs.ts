// SPDX-License-Identifier: Apache-2.0
// What the fields of the layouts in this folder mean, for people. Measuring does without these texts, so
// they are apart from the layouts and a bundle for it leaves them out.

import { documented } from "../bytes/index.ts";
import * as builder from "./builder-layout.ts";
import * as bare from "./layout.ts";

export const FOOTER_ENTRY = documented(bare.FOOTER_ENTRY, {
  length: "bytes of the whole entry: data, this length and the GUID",
  guid: "what the data is",
});

export const AREA = documented(bare.AREA, {
  base: "guest physical address",
  size: "size in bytes",
});

export const SEV_ES_RESET_BLOCK = documented(bare.SEV_ES_RESET_BLOCK, {
  resetEip: "where application processors start: CS.base and RIP",
});

export const METADATA_OFFSET = documented(bare.METADATA_OFFSET, {
  fromEnd: "distance of the metadata header from the end of the image",
});

export const SVSM_INFO = documented(builder.SVSM_INFO, {
  launchOffset: "entry point as an offset into the SVSM image",
});

export const SEV_METADATA_HEADER = documented(bare.SEV_METADATA_HEADER, {
  length: "bytes of header and descriptors: 16 + 12 n",
  count: "number of section descriptors",
});

export const SEV_METADATA_SECTION = documented(bare.SEV_METADATA_SECTION, {
  gpa: "guest physical address",
  size: "size in bytes",
});

export const IGVM_METADATA_HEADER = documented(builder.IGVM_METADATA_HEADER, {
  length: "bytes of header and descriptors: 16 + 12 n",
  count: "number of section descriptors",
});

export const IGVM_METADATA_SECTION = documented(builder.IGVM_METADATA_SECTION, {
  base: "guest physical address, or offset into the parameter area",
  size: "size in bytes",
});
