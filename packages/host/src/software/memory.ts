// SPDX-License-Identifier: Apache-2.0
// Guest physical memory of the software machine: pages that exist once something is written to them.

const PAGE = 4096;

/** Addresses beyond this are refused: nothing that the lab does is there. */
const END = 2 ** 40;

/** Bytes by guest physical address. What was never written reads as zero. */
export class Memory {
  readonly #pages = new Map<number, Uint8Array>();

  /** @throws {RangeError} for addresses beyond the machine. */
  read(address: number, length: number): Uint8Array {
    check(address, length);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const { page, offset, size } = step(address + at, length - at);
      const found = this.#pages.get(page);
      if (found !== undefined) bytes.set(found.subarray(offset, offset + size), at);
      at += size;
    }
    return bytes;
  }

  /** @throws {RangeError} as {@link Memory.read}. */
  write(address: number, bytes: Uint8Array): void {
    check(address, bytes.length);
    for (let at = 0; at < bytes.length;) {
      const { page, offset, size } = step(address + at, bytes.length - at);
      let found = this.#pages.get(page);
      if (found === undefined) {
        found = new Uint8Array(PAGE);
        this.#pages.set(page, found);
      }
      found.set(bytes.subarray(at, at + size), offset);
      at += size;
    }
  }
}

function check(address: number, length: number): void {
  if (address >= 0 && length >= 0 && address + length <= END) return;
  throw new RangeError(`no memory at 0x${address.toString(16)}`);
}

/** The page an address is in, and how many of `length` bytes are in it. */
function step(
  address: number,
  length: number,
): { readonly page: number; readonly offset: number; readonly size: number } {
  const offset = address % PAGE;
  return { page: (address - offset) / PAGE, offset, size: Math.min(PAGE - offset, length) };
}
