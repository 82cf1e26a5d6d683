// SPDX-License-Identifier: Apache-2.0
// A map that forgets what was not asked for longest, so that no stream of certificates fills the memory.

/** A cache of at most so many entries. */
export class BoundedCache<V> {
  readonly #entries = new Map<string, V>();
  readonly #most: number;

  /** @throws {RangeError} unless `most` is a whole number from 1 on. */
  constructor(most: number) {
    if (!Number.isInteger(most) || most < 1)
      throw new RangeError("a cache needs at least one entry");
    this.#most = most;
  }

  /** The entry, which counts as used by that. */
  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    // A Map iterates in the order of insertion: what was used last stands last.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
