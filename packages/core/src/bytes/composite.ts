// SPDX-License-Identifier: Apache-2.0
// Codecs made of another: arrays, and fields that exist in some versions only.

import { failAt } from "./codec.ts";
import type { Codec, Gate, Site } from "./codec.ts";
import { mbz } from "./fixed.ts";

/** `count` values of one codec, one after the other. */
export function array<T>(codec: Codec<T>, count: number): Codec<readonly T[]> {
  const indices = Array.from({ length: count }, (_, i) => i);
  const siteOf = (site: Site, i: number): Site => ({ ...site, path: `${site.path}[${i}]` });
  return {
    type: `${codec.type}[${count}]`,
    size: codec.size * count,
    read: (view, offset, site) =>
      indices.map((i) => codec.read(view, offset + i * codec.size, siteOf(site, i))),
    write(view, offset, value, site) {
      if (value.length !== count) {
        failAt(site, offset, "bad-length", `has ${value.length} elements, must have ${count}`);
      }
      value.forEach((v, i) => codec.write(view, offset + i * codec.size, v, siteOf(site, i)));
    },
    parts: indices.map((i) => ({
      name: `[${i}]`,
      offset: i * codec.size,
      codec,
      doc: "",
    })),
  };
}

/** Whether a gated field exists in this version. */
export function gateOpen(gate: Gate, version: number | undefined): boolean {
  if (version === undefined || version < gate.from) return false;
  return gate.to === undefined || version <= gate.to;
}

/**
 * A field that exists only from version `from` up to and including `to` of its structure. Outside
 * that range the bytes must be zero and the value is undefined.
 */
export function gated<T>(gate: Gate, codec: Codec<T>): Codec<T | undefined> {
  const absent = mbz(codec.size);
  const range = gate.to === undefined ? `${gate.from}+` : `${gate.from}-${gate.to}`;
  return {
    type: `${codec.type} (version ${range})`,
    size: codec.size,
    gated: { gate, codec },
    read(view, offset, site) {
      if (gateOpen(gate, site.version)) return codec.read(view, offset, site);
      absent.read(view, offset, site);
      return undefined;
    },
    write(view, offset, value, site) {
      const open = gateOpen(gate, site.version);
      const present = value !== undefined || (codec.fixed === true && open);
      if (open !== present) {
        const verb = open ? "is missing in" : "does not exist in";
        failAt(site, offset, "out-of-range", `${verb} version ${site.version ?? "unknown"}`);
      }
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a fixed codec's is undefined
      if (open) codec.write(view, offset, value as T, site);
    },
    format: (value) =>
      value === undefined ? "not in this version" : (codec.format?.(value) ?? String(value)),
    ...(codec.names === undefined ? {} : { names: codec.names }),
  };
}
