// SPDX-License-Identifier: Apache-2.0
// How bytes are read and written everywhere in Greenlight.

export { annotate } from "./annotate.ts";
export type { Annotation } from "./annotate.ts";
export {
  array,
  bigEndian,
  bits,
  bytes,
  constant,
  enumeration,
  gated,
  guid,
  labelled,
  mbz,
  signature,
  u8,
  u16,
  u32,
  u64,
  version,
} from "./codec.ts";
export type { BitFields, BitPosition, Codec } from "./codec.ts";
export { documentLayout } from "./document.ts";
export { LayoutError } from "./error.ts";
export type { LayoutErrorCode, LayoutProblem } from "./error.ts";
export { guidDecode, guidEncode } from "./guid.ts";
export type { Guid, GuidOrder } from "./guid.ts";
export { Reader } from "./reader.ts";
export { at, struct } from "./struct.ts";
export type { Decoded, Field, Infer, Struct, StructOptions } from "./struct.ts";
export { base64Decode, base64Encode, hexDecode, hexEncode, quote } from "./text.ts";
