// SPDX-License-Identifier: Apache-2.0
// OVMF's flash layouts: a combined image is a variable store (VARS) followed by code (CODE). Hosts
// load either form, and the digest differs.

/** A way to lay out the flash. */
export interface FlashLayout {
  readonly name: string;
  /** Bytes of the combined image. */
  readonly total: number;
  /** Bytes of the variable store at its beginning. */
  readonly vars: number;
}

/** Layouts of edk2 (OvmfPkg/Include/Fdf/OvmfPkgDefines.fdf.inc, FD_SIZE_IN_KB and VARS_SIZE). */
export const FLASH_LAYOUTS: readonly FlashLayout[] = [
  { name: "4 MiB", total: 0x40_0000, vars: 0x8_4000 },
  { name: "2 MiB", total: 0x20_0000, vars: 0x2_0000 },
  { name: "1 MiB", total: 0x10_0000, vars: 0x2_0000 },
];

/** Offset of the signature in EFI_FIRMWARE_VOLUME_HEADER (PI 1.8, volume 3, section 3.2.1). */
const VOLUME_SIGNATURE_AT = 40;
const VOLUME_SIGNATURE = [0x5f, 0x46, 0x56, 0x48] as const;

/** The CODE part of a combined image, a view; undefined when the image is not a combined one. */
export function codePart(image: Uint8Array): Uint8Array | undefined {
  const layout = FLASH_LAYOUTS.find(({ total }) => total === image.length);
  return layout !== undefined && isVariableStore(image) ? image.subarray(layout.vars) : undefined;
}

/** Size of the VARS file that belongs to a CODE file; undefined when the size is not CODE's. */
export function varsSizeFor(codeSize: number): number | undefined {
  return FLASH_LAYOUTS.find(({ total, vars }) => total - vars === codeSize)?.vars;
}

/** Whether bytes begin with a firmware volume, as a variable store does. */
export function isVariableStore(bytes: Uint8Array): boolean {
  return VOLUME_SIGNATURE.every((byte, i) => bytes[VOLUME_SIGNATURE_AT + i] === byte);
}

/** The combined image of a VARS and a CODE file. */
export function joinFlash(vars: Uint8Array, code: Uint8Array): Uint8Array {
  const image = new Uint8Array(vars.length + code.length);
  image.set(vars);
  image.set(code, vars.length);
  return image;
}
