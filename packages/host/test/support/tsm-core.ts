// SPDX-License-Identifier: Apache-2.0
// Imitation of the kernel's TSM core: the state of one report entry and what its attributes do.
// Follows what drivers/virt/coco/guest/report.c of Linux does, in its own words.

import type { Errno } from "./system-error.ts";

/** What an entry asks its provider for. */
export interface Description {
  privlevel: number;
  inblob: Uint8Array;
  serviceProvider?: string;
  serviceGuid: string;
  serviceManifestVersion: number;
}

/** What a provider makes. */
export interface Blobs {
  readonly outblob: Uint8Array;
  readonly auxblob?: Uint8Array;
  readonly manifestblob?: Uint8Array;
}

/** A driver that makes reports. */
export interface Provider {
  readonly name: string;
  readonly privlevelFloor: number;
  /** Whether an entry shows an attribute. */
  shows(attribute: string): boolean;
  /** Makes a report. @throws {Refusal} */
  reportNew(description: Description): Promise<Blobs>;
}

/** A negative result of a kernel function. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(errno);
    this.errno = errno;
  }
}

/** Attributes with the modes the kernel gives them, and whether they are binary. */
export const ATTRIBUTES: Readonly<Record<string, { mode: "read" | "write"; binary: boolean }>> = {
  generation: { mode: "read", binary: false },
  provider: { mode: "read", binary: false },
  privlevel: { mode: "write", binary: false },
  privlevel_floor: { mode: "read", binary: false },
  service_provider: { mode: "write", binary: false },
  service_guid: { mode: "write", binary: false },
  service_manifest_version: { mode: "write", binary: false },
  inblob: { mode: "write", binary: true },
  outblob: { mode: "read", binary: true },
  auxblob: { mode: "read", binary: true },
  manifestblob: { mode: "read", binary: true },
};

const NIL_GUID = "00000000-0000-0000-0000-000000000000";

/** What all entries share: the provider, and the semaphore around everything. */
export class TsmCore {
  provider: Provider | null;
  /** Generations are counted modulo this; 2^64 in the kernel. */
  readonly modulus: bigint;
  #last: Promise<unknown> = Promise.resolve();

  constructor(provider: Provider | null, modulus: bigint) {
    this.provider = provider;
    this.modulus = modulus;
  }

  /** Holds the semaphore during `work`. Readers exclude one another too, which nobody can tell. */
  hold<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** One entry. All methods are called with the semaphore held. */
export class TsmItem {
  readonly #core: TsmCore;
  readonly #description: Description = {
    privlevel: 0,
    inblob: new Uint8Array(),
    serviceGuid: NIL_GUID,
    serviceManifestVersion: 0,
  };
  #writeGeneration = 0n;
  #readGeneration = 0n;
  #blobs: Blobs | null = null;

  constructor(core: TsmCore) {
    this.#core = core;
  }

  /** A text attribute's content. */
  show(attribute: string): string {
    if (attribute === "generation") return `${this.#writeGeneration}\n`;
    const { provider } = this.#core;
    if (provider === null) throw new Refusal("ENXIO");
    return attribute === "provider" ? `${provider.name}\n` : `${provider.privlevelFloor}\n`;
  }

  /** A text attribute written. */
  store(attribute: string, text: string): void {
    const description = this.#description;
    switch (attribute) {
      case "privlevel": {
        const level = parseUnsigned(text);
        const { provider } = this.#core;
        if (provider === null) throw new Refusal("ENXIO");
        if (level < provider.privlevelFloor || level > 3) throw new Refusal("EINVAL");
        this.#advance();
        description.privlevel = level;
        return;
      }
      case "service_provider":
        this.#advance();
        description.serviceProvider = text.replace(/\n$/, "");
        return;
      case "service_guid": {
        // Counted before it is looked at.
        this.#advance();
        description.serviceGuid = NIL_GUID;
        const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0];
        if (guid === undefined) throw new Refusal("EINVAL");
        description.serviceGuid = guid.toLowerCase();
        return;
      }
      case "service_manifest_version": {
        const version = parseUnsigned(text);
        this.#advance();
        description.serviceManifestVersion = version;
        return;
      }
      default:
        throw new Error(`no store for ${attribute}`);
    }
  }

  /** inblob written, all of it. */
  commit(bytes: Uint8Array): void {
    this.#advance();
    this.#description.inblob = Uint8Array.from(bytes);
  }

  /** One of the blobs; made first when it is out of date. */
  async blob(attribute: string): Promise<Uint8Array> {
    const { inblob } = this.#description;
    if (inblob.length === 0) throw new Refusal("EINVAL");
    if (this.#blobs === null || this.#readGeneration !== this.#writeGeneration) {
      const { provider } = this.#core;
      if (provider === null) throw new Refusal("ENXIO");
      this.#blobs = null;
      this.#blobs = await provider.reportNew({ ...this.#description });
      this.#readGeneration = this.#writeGeneration;
    }
    const { outblob, auxblob, manifestblob } = this.#blobs;
    const chosen =
      attribute === "outblob" ? outblob : attribute === "auxblob" ? auxblob : manifestblob;
    return chosen ?? new Uint8Array();
  }

  /** Counts a write; refuses to let the counters meet without a read in between. */
  #advance(): void {
    const { modulus } = this.#core;
    const next = (this.#writeGeneration + 1n) % modulus;
    if (next === this.#readGeneration) throw new Refusal("EBUSY");
    this.#writeGeneration = next;
  }
}

/** Numbers as kstrtouint(text, 0) takes them. */
function parseUnsigned(text: string): number {
  const digits = /^\+?(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)\n?$/i.exec(text)?.[1];
  if (digits === undefined) throw new Refusal("EINVAL");
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (value > 0xffff_ffffn) throw new Refusal("ERANGE");
  return Number(value);
}
