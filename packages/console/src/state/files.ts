// SPDX-License-Identifier: Apache-2.0
// The files given to the page: reading, hashing and recognising them, one after the other.

import { batch, computed, signal } from "@preact/signals";
import { hexEncode } from "@greenlight/core/bytes";
import type { GivenFile } from "../model/content.ts";
import { hashFile } from "../model/hash-file.ts";
import { isStopped } from "../model/pause.ts";
import { LARGEST, recognise } from "../model/recognise.ts";

/** A file that is being read. */
export interface Reading {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  /** From 0 to 1. */
  readonly done: number;
  readonly stop: () => void;
}

/** Files that were read, in the order they were given in. */
export const files = signal<readonly GivenFile[]>([]);
/** Files that are being read. */
export const reading = signal<readonly Reading[]>([]);

let count = 0;
let queue: Promise<void> = Promise.resolve();

/** Larger files are firmware or no evidence at all. */
const SMALL = 0x20_0000;

/** Whether a file is being read that may belong to the evidence: a verdict without it would flicker. */
export const isReadingSmall = computed(() => reading.value.some(({ size }) => size <= SMALL));

/** A named piece of data: a file, or pasted text. */
export interface Given {
  readonly name: string;
  readonly data: Blob;
}

/** Takes files; they are read one after the other. */
export async function give(given: readonly Given[]): Promise<void> {
  for (const { name, data } of given) {
    const id = `file-${++count}`;
    const stopper = new AbortController();
    const entry = { id, name, size: data.size, done: 0, stop: () => stopper.abort() };
    reading.value = [...reading.value, entry];
    queue = queue.then(async () => read(entry, data, stopper.signal));
  }
  return queue;
}

/** Forgets a file. */
export function forget(id: string): void {
  files.value = files.value.filter((file) => file.id !== id);
}

/** Forgets all files and stops reading. */
export function forgetAll(): void {
  for (const { stop } of reading.value) stop();
  files.value = [];
}

async function read(entry: Reading, data: Blob, signal_: AbortSignal): Promise<void> {
  const { id, name, size } = entry;
  try {
    const digest = await hashFile(data, signal_, (done) => show(id, done));
    // Of what is too large, the beginning says what it looks like.
    const kept = size > LARGEST ? data.slice(0, 0x1000) : data;
    const bytes = new Uint8Array(await kept.arrayBuffer());
    const content = recognise(bytes, size);
    finish(id, { id, name, size, sha256: hexEncode(digest), bytes, content });
  } catch (error) {
    if (isStopped(error)) finish(id);
    else finish(id, unreadable(entry, error));
  }
}

/** A file that the browser cannot read: removed meanwhile, a folder, not permitted. */
function unreadable({ id, name, size }: Reading, error: unknown): GivenFile {
  const reason = `the browser cannot read it (${error instanceof Error ? error.message : String(error)})`;
  const content = { kind: "unreadable", reason } as const;
  return { id, name, size, sha256: "", bytes: new Uint8Array(0), content };
}

function show(id: string, done: number): void {
  reading.value = reading.value.map((each) => (each.id === id ? { ...each, done } : each));
}

function finish(id: string, file?: GivenFile): void {
  batch(() => {
    reading.value = reading.value.filter((each) => each.id !== id);
    if (file !== undefined) files.value = [...files.value, file];
  });
}
