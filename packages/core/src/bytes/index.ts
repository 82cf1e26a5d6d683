// SPDX-License-Identifier: Apache-2.0
// How bytes are read and written everywhere in Greenlight.

export { annotate } from "./annotate.ts";
export type { Annotation } from "./annotate.ts";
export { bigEndian, bytes, guid, hexNumber, u8, u16, u32, u64 } from "./codec.ts";
export type { Codec, Gate } from "./codec.ts";
export { array, gated } from "./composite.ts";
export { documentLayout, documented } from "./document.ts";
export { LayoutError } from "./error.ts";
export type { LayoutErrorCode, LayoutProblem } from "./error.ts";
export { constant, mbz, signature, version } from "./fixed.ts";
export { guidDecode, guidEncode } from "./guid.ts";
export type { Guid, GuidOrder } from "./guid.ts";
export { bits, enumeration, labelled } from "./named.ts";
export type { BitFields, BitPosition } from "./named.ts";
export { Reader } from "./reader.ts";
export { at, struct } from "./struct.ts";
export type { Decoded, Field, Infer, Struct, StructOptions } from "./struct.ts";
export { base64Decode, base64Encode, hexDecode, hexEncode, quote } from "./text.ts";
