// SPDX-License-Identifier: Apache-2.0
// The SEV-SNP launch digest as a chain: each page updates it through one PAGE_INFO structure.
// Source: AMD SEV-SNP firmware ABI (56860), SNP_LAUNCH_UPDATE, section "PAGE_INFO".

import { allocate, sameRange, sha384Into } from "#crypto";
import { at, bytes, constant, labelled, mbz, struct, u16, u64, u8 } from "../bytes/index.ts";
import { LaunchError } from "./error.ts";

/** PAGE_TYPE values (56860, SNP_LAUNCH_UPDATE, table "Encodings for the PAGE_TYPE field"). */
export const PAGE_TYPES = {
  NORMAL: 1,
  VMSA: 2,
  ZERO: 3,
  UNMEASURED: 4,
  SECRETS: 5,
  CPUID: 6,
} as const;

/** Name of a page type. */
export type PageType = keyof typeof PAGE_TYPES;

/** What is hashed for each 4 KiB page. */
export const PAGE_INFO = struct(
  "PAGE_INFO",
  { size: 0x70, source: "AMD 56860, SNP_LAUNCH_UPDATE, table PAGE_INFO" },
  {
    digestCur: at(0x00, bytes(48)),
    contents: at(0x30, bytes(48)),
    length: at(0x60, constant(u16, 0x70)),
    pageType: at(0x62, labelled(u8, PAGE_TYPES)),
    imiPage: at(0x63, u8),
    reserved: at(0x64, mbz(1)),
    vmpl1Perms: at(0x65, u8),
    vmpl2Perms: at(0x66, u8),
    vmpl3Perms: at(0x67, u8),
    gpa: at(0x68, u64),
  },
);

const DIGEST_SIZE = 48;
const PAGE = 4096;
const CONTENTS = PAGE_INFO.offsetOf("contents");
const TYPE = PAGE_INFO.offsetOf("pageType");
const GPA = PAGE_INFO.offsetOf("gpa");

/** A PAGE_INFO before the first page: all zero but for its length. */
const FRESH = PAGE_INFO.encode({
  digestCur: new Uint8Array(DIGEST_SIZE),
  contents: new Uint8Array(DIGEST_SIZE),
  pageType: 0,
  imiPage: 0,
  vmpl1Perms: 0,
  vmpl2Perms: 0,
  vmpl3Perms: 0,
  gpa: 0n,
});

/** One update of the chain, as a trace shows it. Arrays are copies. */
export interface PageUpdate {
  readonly pageType: PageType;
  readonly gpa: number;
  readonly before: Uint8Array;
  readonly contents: Uint8Array;
  readonly after: Uint8Array;
}

/** Called after each page when a trace is wanted. */
export type PageTrace = (update: PageUpdate) => void;

/**
 * GCTX.LD, the launch digest in the making. Addresses are numbers: guest physical addresses have at
 * most 52 bits.
 */
export class LaunchDigest {
  // One PAGE_INFO lives on; only the digest, contents, type and address change from page to page.
  readonly #info: Uint8Array;
  readonly #view: DataView;
  readonly #trace: PageTrace | undefined;
  #hashed: Uint8Array | null = null;

  /**
   * @param seed 48 bytes to start from instead of zeros: a digest taken earlier ("OVMF hash").
   * @throws {LaunchError} `bad-digest` for a seed of another length.
   */
  constructor(seed?: Uint8Array, trace?: PageTrace) {
    this.#info = allocate(PAGE_INFO.size);
    this.#info.set(FRESH);
    this.#view = new DataView(this.#info.buffer, this.#info.byteOffset, this.#info.byteLength);
    this.#trace = trace;
    if (seed === undefined) return;
    if (seed.length !== DIGEST_SIZE) {
      throw new LaunchError("bad-digest", `a launch digest has 48 bytes, this one ${seed.length}`);
    }
    this.#info.set(seed);
  }

  /** The digest so far, a copy. */
  value(): Uint8Array {
    return Uint8Array.from(this.#info.subarray(0, DIGEST_SIZE));
  }

  /** A chain of its own that goes on from here, without trace. */
  fork(): LaunchDigest {
    return new LaunchDigest(this.#info.subarray(0, DIGEST_SIZE));
  }

  /**
   * Pages with contents, ascending from `gpa`; whole pages, anything else is a bug of the caller. An
   * array of one page that is given twice in a row is hashed once: it must not have changed.
   */
  extendPages(pageType: "NORMAL" | "VMSA", gpa: number, data: Uint8Array): void {
    if (data.length % PAGE !== 0) throw new Error(`${data.length} bytes are not whole pages`);
    // Most pages of a firmware repeat the page before (padding). Comparing is 30 times cheaper than
    // hashing, and the hash of equal bytes is equal.
    let repeatedUntil = this.#hashed === data ? PAGE : 0;
    for (let offset = 0; offset < data.length; offset += PAGE) {
      if (offset > 0 && offset >= repeatedUntil) repeatedUntil = endOfRepeats(data, offset);
      if (offset >= repeatedUntil) {
        sha384Into(data.subarray(offset, offset + PAGE), this.#info, CONTENTS);
      }
      this.#extend(pageType, gpa + offset);
    }
    this.#hashed = data.length === PAGE ? data : null;
  }

  /** Pages without measured contents, ascending from `gpa`. */
  extendRange(pageType: Exclude<PageType, "NORMAL" | "VMSA">, gpa: number, size: number): void {
    if (size % PAGE !== 0) throw new Error(`${size} bytes are not whole pages`);
    this.#info.fill(0, CONTENTS, CONTENTS + DIGEST_SIZE);
    this.#hashed = null;
    for (let offset = 0; offset < size; offset += PAGE) this.#extend(pageType, gpa + offset);
  }

  #extend(pageType: PageType, gpa: number): void {
    const info = this.#info;
    info[TYPE] = PAGE_TYPES[pageType];
    this.#view.setUint32(GPA, gpa % 0x1_0000_0000, true);
    this.#view.setUint32(GPA + 4, Math.floor(gpa / 0x1_0000_0000), true);
    const trace = this.#trace;
    if (trace === undefined) {
      sha384Into(info, info, 0);
      return;
    }
    const before = this.value();
    const contents = Uint8Array.from(info.subarray(CONTENTS, CONTENTS + DIGEST_SIZE));
    sha384Into(info, info, 0);
    trace({ pageType, gpa, before, contents, after: this.value() });
  }
}

/** Pages compared in one call: padding comes in long runs, and a call costs more than a page. */
const RUNS = [64, 8, 1] as const;

/** End of the pages from `offset` on that all repeat the page before; `offset` when there is none. */
function endOfRepeats(data: Uint8Array, offset: number): number {
  // A look at one byte spares most comparisons.
  if (data[offset] !== data[offset - PAGE]) return offset;
  for (const run of RUNS) {
    const end = offset + run * PAGE;
    if (end <= data.length && sameRange(data, offset - PAGE, offset, run * PAGE)) return end;
  }
  return offset;
}
