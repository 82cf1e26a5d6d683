// SPDX-License-Identifier: Apache-2.0
// Errors of decoders know the structure but not the file; with several files on a command line the
// file must be named.

import { LayoutError } from "@greenlight/core/bytes";

/**
 * The result of reading one input. Errors about its content are thrown again with its name in front,
 * code and hint unchanged.
 */
export async function naming<T>(name: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof LayoutError) {
      const { code, structure, field, offset, reason, hint, source } = error;
      throw new LayoutError({
        code,
        structure: `${name}: ${structure}`,
        reason,
        ...(field === undefined ? {} : { field }),
        ...(offset === undefined ? {} : { offset }),
        ...(hint === undefined ? {} : { hint }),
        ...(source === undefined ? {} : { source }),
      });
    }
    // Only a decoder that loaded the key modules can throw this; they are not loaded for others.
    if (error instanceof Error && error.name === "KeyError") {
      const { KeyError } = await import("@greenlight/core/id-block");
      if (error instanceof KeyError) {
        throw new KeyError(error.code, `${name}: ${error.message}`, error.hint);
      }
    }
    throw error;
  }
}
