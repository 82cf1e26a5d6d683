// SPDX-License-Identifier: Apache-2.0
// As much of FUSE's protocol (linux/fuse.h, version 7.31) as a folder of folders of attributes needs.

/** Operations that are answered. */
export const OPCODES = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  MKDIR: 9,
  RMDIR: 11,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
} as const;

const IN_HEADER = 40;

/** A request of the kernel. */
export interface Request {
  readonly opcode: number;
  readonly unique: bigint;
  readonly node: bigint;
  /** What follows the header. */
  readonly body: Buffer;
}

/** A request out of what one read of /dev/fuse gave. */
export function parseRequest(bytes: Buffer): Request {
  return {
    opcode: bytes.readUInt32LE(4),
    unique: bytes.readBigUInt64LE(8),
    node: bytes.readBigUInt64LE(16),
    body: bytes.subarray(IN_HEADER, bytes.readUInt32LE(0)),
  };
}

/** An answer with content, or with the number of an error. */
export function answer(unique: bigint, content: Uint8Array | number): Buffer {
  const [errno, body] = typeof content === "number" ? [content, new Uint8Array()] : [0, content];
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeInt32LE(-errno, 4);
  header.writeBigUInt64LE(unique, 8);
  return Buffer.concat([header, body]);
}

/** Name at the start of a body, ended by a zero. */
export function nameIn(body: Buffer, offset = 0): string {
  return body.toString("utf8", offset, body.indexOf(0, offset));
}

/** fuse_init_out: version 7.31, no extras, writes of at most a page. */
export function initOut(): Buffer {
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt16LE(16, 16);
  out.writeUInt16LE(12, 18);
  out.writeUInt32LE(4096, 20);
  out.writeUInt32LE(1, 24);
  return out;
}

/** What stat() shows. */
export interface Attributes {
  readonly node: bigint;
  /** Type and permissions. */
  readonly mode: number;
  readonly size: number;
}

function attr({ node, mode, size }: Attributes): Buffer {
  const out = Buffer.alloc(88);
  out.writeBigUInt64LE(node, 0);
  out.writeBigUInt64LE(BigInt(size), 8);
  out.writeUInt32LE(mode, 60);
  out.writeUInt32LE(1, 64);
  out.writeUInt32LE(4096, 80);
  return out;
}

/** fuse_entry_out, not to be remembered by the kernel. */
export function entryOut(attributes: Attributes): Buffer {
  const head = Buffer.alloc(40);
  head.writeBigUInt64LE(attributes.node, 0);
  return Buffer.concat([head, attr(attributes)]);
}

/** fuse_attr_out, not to be remembered. */
export function attrOut(attributes: Attributes): Buffer {
  return Buffer.concat([Buffer.alloc(16), attr(attributes)]);
}

/** fuse_open_out; FOPEN_DIRECT_IO, so that every read and write comes through as it is. */
export function openOut(handle: bigint): Buffer {
  const out = Buffer.alloc(16);
  out.writeBigUInt64LE(handle, 0);
  out.writeUInt32LE(1, 8);
  return out;
}

/** fuse_write_out. */
export function writeOut(size: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUInt32LE(size, 0);
  return out;
}

/** Directory entries from an offset on. */
export function direntsOut(names: readonly string[], offset: number): Buffer {
  const entries = names.slice(offset).map((name, i) => {
    const bytes = Buffer.from(name);
    const entry = Buffer.alloc(24 + Math.ceil(bytes.length / 8) * 8);
    entry.writeBigUInt64LE(1n, 0);
    entry.writeBigUInt64LE(BigInt(offset + i + 1), 8);
    entry.writeUInt32LE(bytes.length, 16);
    entry.set(bytes, 24);
    return entry;
  });
  return Buffer.concat(entries);
}
