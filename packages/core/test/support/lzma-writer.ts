// SPDX-License-Identifier: Apache-2.0
// LZMA that only uses literals, for tests that need packed bytes of their own making. Other tools'
// streams bring the matches.

/** Packs bytes as "LZMA alone". @param properties lc, lp and pb as the format's first byte. */
export function packLzma(data: Uint8Array, properties = 0x5d): Uint8Array {
  const lc = properties % 9;
  const lp = Math.floor(properties / 9) % 5;
  const pb = Math.floor(properties / 45);
  const coder = new RangeEncoder();
  const isMatch = models(12 << 4);
  const literals = models(0x300 << (lc + lp));
  for (const [at, byte] of data.entries()) {
    coder.bit(isMatch, at & ((1 << pb) - 1), 0);
    const before = at === 0 ? 0 : data[at - 1]!;
    const base = 0x300 * (((at & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
    let node = 1;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = ((byte >> shift) & 1) as 0 | 1;
      coder.bit(literals, base + node, bit);
      node = (node << 1) | bit;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint8(0, properties);
  view.setUint32(1, 1 << 16, true);
  view.setBigUint64(5, BigInt(data.length), true);
  return new Uint8Array([...header, ...coder.finish()]);
}

function models(count: number): Uint16Array {
  return new Uint16Array(count).fill(1024);
}

class RangeEncoder {
  readonly #bytes: number[] = [];
  #low = 0;
  #range = 0xffff_ffff;
  #cache = 0;
  #pending = 1;

  bit(probabilities: Uint16Array, index: number, bit: 0 | 1): void {
    const model = probabilities[index]!;
    const bound = (this.#range >>> 11) * model;
    if (bit === 0) {
      this.#range = bound;
      probabilities[index] = model + ((2048 - model) >> 5);
    } else {
      this.#low += bound;
      this.#range -= bound;
      probabilities[index] = model - (model >> 5);
    }
    while (this.#range < 2 ** 24) {
      this.#range *= 256;
      this.#shift();
    }
  }

  finish(): readonly number[] {
    for (let i = 0; i < 5; i++) this.#shift();
    return this.#bytes;
  }

  #shift(): void {
    const carry = this.#low >= 2 ** 32 ? 1 : 0;
    if (this.#low < 0xff00_0000 || carry === 1) {
      for (let first = true; this.#pending > 0; this.#pending--, first = false) {
        this.#bytes.push(((first ? this.#cache : 0xff) + carry) & 0xff);
      }
      this.#cache = Math.floor(this.#low / 2 ** 24) & 0xff;
    }
    this.#pending += 1;
    this.#low = (this.#low % 2 ** 24) * 256;
  }
}
