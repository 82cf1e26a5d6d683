// SPDX-License-Identifier: Apache-2.0
// SHA-384 of the VMSA pages of a space, each taken once.

import { allocate, sha384Into } from "#crypto";
import type { VmsaPages } from "./vmsa-pages.ts";

const DIGEST = 48;

/** Hashes of a page pair: the boot processor's, then that of all others. */
const PAIR = 2 * DIGEST;

/** Pairs kept, 6 MiB. An exhaustive search has more, and hashes some again. */
const MAX_PAIRS = 65_536;

/** Hashes of the pages of a space. */
export class VmsaHashes {
  readonly #pages: VmsaPages;
  /** Places in the buffer by page number, for each entry point. */
  readonly #places = new Map<number, Map<number, number>>();
  #buffer = allocate(64 * PAIR);
  #used = 0;

  constructor(pages: VmsaPages) {
    this.#pages = pages;
  }

  /**
   * Where the hashes for a combination are, whose application processors start at `entryPoint`.
   * The place is good until the next call.
   */
  place(vmsa: number, entryPoint: number): number {
    let places = this.#places.get(entryPoint);
    if (places === undefined) {
      places = new Map();
      this.#places.set(entryPoint, places);
    }
    const page = Math.floor(vmsa / this.#pages.gpas);
    const known = places.get(page);
    if (known !== undefined) return known;
    const place = this.#room();
    const { boot, application } = this.#pages.build(vmsa, entryPoint);
    sha384Into(boot, this.#buffer, place);
    sha384Into(application, this.#buffer, place + DIGEST);
    places.set(page, place);
    return place;
  }

  /** SHA-384 of the boot processor's page at a place. */
  boot(place: number): Uint8Array {
    return this.#buffer.subarray(place, place + DIGEST);
  }

  /** SHA-384 of every other processor's page at a place. */
  application(place: number): Uint8Array {
    return this.#buffer.subarray(place + DIGEST, place + PAIR);
  }

  #room(): number {
    if (this.#used === MAX_PAIRS * PAIR) {
      for (const places of this.#places.values()) places.clear();
      this.#used = 0;
    }
    if (this.#used === this.#buffer.length) {
      const grown = allocate(this.#buffer.length * 2);
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
    const place = this.#used;
    this.#used += PAIR;
    return place;
  }
}
