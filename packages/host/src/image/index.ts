// SPDX-License-Identifier: Apache-2.0
// Encrypted disk images: made with the system's tools without being root, and checked.

export { checkImage } from "./check.ts";
export type { CheckImageParameters, CheckedImage } from "./check.ts";
export { ImageError } from "./error.ts";
export type { ImageErrorCode } from "./error.ts";
export type { DiskLayout } from "./layout.ts";
export { FAST_LUKS } from "./luks-settings.ts";
export type { LuksSettings } from "./luks-settings.ts";
export { DEFAULT_ESP_SIZE, makeImage } from "./make.ts";
export type { ImageParameters, ImageStep, MadeImage } from "./make.ts";
