// SPDX-License-Identifier: Apache-2.0
// Memory that command buffers point into, and how handlers of commands read and write it. Guest memory
// is what the guest sees of it: the memory controller's encryption is not imitated.

import type { Struct } from "@greenlight/core/bytes";
import { fail } from "../../platform/status.ts";
import type { Failure, Result } from "../../platform/status.ts";
import type { SevProcessor } from "../processor.ts";

/** Memory by system physical address. */
export interface MailboxMemory {
  /** The bytes, which are only looked at; undefined where there is no memory. */
  read(paddr: bigint, length: number): Uint8Array | undefined;
  /** Writes; false where there is no memory. */
  write(paddr: bigint, bytes: Uint8Array): boolean;
}

/** A command as bytes: reads what the buffer says, runs, writes what came out. */
export type Handler = (sev: SevProcessor, buffer: Uint8Array, memory: Regions) => Result;

/** Longest region that a command is given: no firmware image is longer. */
const LONGEST_REGION = 64 * 1024 * 1024;

const ALIGNMENT = 16n;

/** Thrown by {@link Regions}, caught where commands are executed. */
export class RegionFault extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** Regions of memory, refused where they do not exist. */
export class Regions {
  readonly #memory: MailboxMemory;

  constructor(memory: MailboxMemory) {
    this.#memory = memory;
  }

  /** @throws {RegionFault} INVALID_LENGTH when it is too long, INVALID_ADDRESS when it is not there. */
  read(paddr: bigint, length: number): Uint8Array {
    if (length > LONGEST_REGION) {
      throw new RegionFault(fail("INVALID_LENGTH", `a region has ${length} bytes`));
    }
    if (length === 0) return new Uint8Array(0);
    const bytes = this.#memory.read(paddr, length);
    if (bytes !== undefined && bytes.length === length) return bytes;
    throw new RegionFault(fail("INVALID_ADDRESS", `no ${length} bytes at 0x${paddr.toString(16)}`));
  }

  /** The same of guest memory, of which blocks of 16 bytes are encrypted. */
  readGuest(paddr: bigint, length: number): Uint8Array {
    if (paddr % ALIGNMENT === 0n) return this.read(paddr, length);
    throw new RegionFault(
      fail("INVALID_ADDRESS", `0x${paddr.toString(16)} is no address of a block`),
    );
  }

  /** @throws {RegionFault} INVALID_ADDRESS. Handlers look for the region before they run a command. */
  write(paddr: bigint, bytes: Uint8Array): void {
    if (this.#memory.write(paddr, bytes)) return;
    throw new RegionFault(
      fail("INVALID_ADDRESS", `nothing can be written to 0x${paddr.toString(16)}`),
    );
  }
}

/** The handler of a command whose buffer has this layout; `put` writes fields of the buffer. */
export function handler<T extends object>(
  layout: Struct<T>,
  run: (call: {
    readonly sev: SevProcessor;
    readonly fields: T;
    readonly put: (changes: Partial<T>) => void;
    readonly memory: Regions;
  }) => Result,
): Handler {
  return (sev, buffer, memory) => {
    if (buffer.length < layout.size) {
      return fail("INVALID_LENGTH", `the buffer has ${buffer.length} bytes of ${layout.size}`);
    }
    const fields = layout.decodeAt(buffer, 0);
    const put = (changes: Partial<T>): void => {
      buffer.set(layout.encode({ ...fields, ...changes }));
    };
    return run({ sev, fields, put, memory });
  };
}
