// SPDX-License-Identifier: Apache-2.0
// Fields whose content the specification fixes: must-be-zero bytes, constants, signatures, versions.

import { bytes, failAt, hexNumber } from "./codec.ts";
import type { Codec } from "./codec.ts";
import type { LayoutErrorCode } from "./error.ts";
import { quote } from "./text.ts";

/** `length` bytes that must be zero; not part of the decoded value. */
export function mbz(length: number): Codec<void> {
  const raw = bytes(length);
  return {
    type: `mbz[${length}]`,
    size: length,
    fixed: true,
    read(view, offset, site) {
      // A plain loop: reports have hundreds of these bytes, and are decoded by the thousand.
      for (let at = offset; at < offset + length; at++) {
        const found = view.getUint8(at);
        if (found !== 0) {
          failAt(site, at, "must-be-zero", `is ${hexNumber(found)}, must be zero`);
        }
      }
    },
    write: (view, offset, _value, site) => raw.write(view, offset, new Uint8Array(length), site),
    format: () => "must be zero",
  };
}

/** A field that always has this one value (a signature, a length); not part of the decoded value. */
export function constant<T extends number | bigint | string>(
  codec: Codec<T>,
  value: T,
  code: LayoutErrorCode = "constant-mismatch",
): Codec<void> {
  const show = (v: T): string => codec.format?.(v) ?? String(v);
  return {
    type: `${codec.type} = ${show(value)}`,
    size: codec.size,
    fixed: true,
    read(view, offset, site) {
      const found = codec.read(view, offset, site);
      if (found !== value) {
        failAt(site, offset, code, `is ${show(found)}, must be ${show(value)}`);
      }
    },
    write: (view, offset, _value, site) => codec.write(view, offset, value, site),
    format: () => show(value),
  };
}

/** ASCII text of exactly this many characters that must be there, such as `ASEV`. */
export function signature(text: string): Codec<void> {
  const codec: Codec<string> = {
    type: `char[${text.length}]`,
    size: text.length,
    read: (view, offset) =>
      String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + offset, text.length)),
    write: (view, offset, value) => {
      for (let i = 0; i < text.length; i++) view.setUint8(offset + i, value.charCodeAt(i));
    },
    format: quote,
  };
  return constant(codec, text);
}

/** Version number out of those supported; others are refused as `unsupported-version`. */
export function version<const V extends number>(
  codec: Codec<number>,
  supported: readonly V[],
): Codec<V> {
  return {
    type: `${codec.type} in {${supported.join(", ")}}`,
    size: codec.size,
    read(view, offset, site) {
      const found = codec.read(view, offset, site);
      const known = supported.find((v) => v === found);
      return (
        known ??
        failAt(
          site,
          offset,
          "unsupported-version",
          `is ${found}, supported: ${supported.join(", ")}`,
          "a newer Greenlight may know this version; it is not guessed at",
        )
      );
    },
    write(view, offset, value, site) {
      if (!supported.includes(value)) {
        const known = supported.join(", ");
        failAt(site, offset, "unsupported-version", `is ${value}, supported: ${known}`);
      }
      codec.write(view, offset, value, site);
    },
    format: String,
  };
}
