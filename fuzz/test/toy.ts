// SPDX-License-Identifier: Apache-2.0
// A toy format with planted defects, against which the fuzzer itself is tested.

import type { Target, TargetIndex } from "../engine/target.ts";

class ToyError extends Error {}

const covers = /\/fuzz\/test\/toy\.ts$/;
const expected = (error: unknown): boolean => error instanceof ToyError;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const view = (data: Uint8Array): DataView =>
  new DataView(data.buffer, data.byteOffset, data.byteLength);

/** Refuses everything that does not begin with the magic, in one comparison of 32 bits. */
function afterMagic(data: Uint8Array, magic: string): Uint8Array {
  const wanted = view(bytes(magic)).getUint32(0);
  if (data.length < 4 || view(data).getUint32(0) !== wanted) throw new ToyError("no magic");
  return data.subarray(4);
}

const remembered: number[][] = [];

const planted: readonly Target[] = [
  {
    name: "out-of-range",
    seeds: () => [],
    dictionary: [bytes("TOY1")],
    covers,
    expected,
    run(data) {
      const body = afterMagic(data, "TOY1");
      if (body.length < 2 || view(body).getUint16(0, true) !== body.length) {
        throw new ToyError("length");
      }
      view(body).getUint32(body.length - 2); // planted: reads two bytes past the end
    },
  },
  {
    name: "step-by-step", // no dictionary: only the blocks reached lead to the defect
    seeds: () => [],
    covers,
    expected,
    run(data) {
      if (data[0] !== 0xd1) throw new ToyError("first");
      if (data[1] !== 0x3c) throw new ToyError("second");
      if (data[2] !== 0x95) throw new ToyError("third");
      if (data[3] !== 0x6e) throw new ToyError("fourth");
      (data as unknown as { missing: { length: number } }).missing.length.toString();
    },
  },
  {
    name: "endless",
    seeds: () => [],
    dictionary: [bytes("TOY2")],
    covers,
    expected,
    run(data) {
      const body = afterMagic(data, "TOY2");
      // Planted: an entry of size zero is never left behind.
      for (let at = 0; at < body.length; at += body[at] ?? 1);
    },
  },
  {
    name: "greedy",
    seeds: () => [],
    dictionary: [bytes("TOY3")],
    covers,
    expected,
    run(data) {
      const body = afterMagic(data, "TOY3");
      if (body.length < 4) throw new ToyError("short");
      const table = new Uint8Array(view(body).getUint32(0) & 0x1fff_ffff); // planted: unchecked
      if (table.length > body.length) throw new ToyError("count");
    },
  },
  {
    name: "hoarder", // planted: memory without bound, never returning
    seeds: () => [bytes("TOY4")],
    covers,
    expected,
    run(data) {
      const hoard: object[] = [];
      while (data.length >= 8 && data[0] === 0x54) hoard.push({ data: [hoard.length] });
    },
  },
  {
    name: "leaky", // planted: remembers every input
    seeds: () => [],
    covers,
    expected,
    run(data) {
      remembered.push(Array.from({ length: 100 }, () => data.length));
    },
  },
  {
    name: "nested",
    seeds: () => [bytes("[[],[]]")],
    text: true,
    maxLength: 1 << 14,
    covers,
    expected,
    run(data) {
      const parse = (start: number): number => {
        if (data[start] !== 0x5b) throw new ToyError("no list");
        let at = start + 1;
        for (; data[at] !== 0x5d; at++) at = parse(at); // planted: depth without bound
        return at;
      };
      parse(0);
    },
  },
  {
    name: "sound",
    seeds: () => [bytes("TOY5\x01\x02\x03\x04")],
    dictionary: [bytes("TOY5")],
    covers,
    expected,
    run(data) {
      let sum = 0;
      for (const [i, byte] of afterMagic(data, "TOY5").entries()) {
        if (byte === 0 || i > 200) throw new ToyError("zero");
        if (byte === 0x91 && i > 6) sum ^= byte;
        else if (byte > 0xf0) sum -= byte;
        else sum += byte;
      }
      if (sum === 1234) throw new ToyError("sum");
      if (sum > 9000) throw new ToyError("large");
    },
  },
];

export const subjects: TargetIndex["subjects"] = { toy: async () => ({ targets: planted }) };
