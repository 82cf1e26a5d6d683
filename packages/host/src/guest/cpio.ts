// SPDX-License-Identifier: Apache-2.0
// Archives in the "newc" form of cpio, which Linux unpacks as its first root file system. The same
// entries give the same bytes: no times, owners or inode numbers of this machine get in.

import { GuestError } from "./error.ts";

/** What may stand in an initrd. Paths are relative, with `/` between their parts: `bin/sh`. */
export type CpioEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly content: Uint8Array;
      readonly executable?: boolean;
    }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | {
      readonly kind: "character-device";
      readonly path: string;
      readonly major: number;
      readonly minor: number;
    };

/** Types and permissions, as stat(2) has them. */
const MODES = {
  file: 0o100_644,
  executable: 0o100_755,
  folder: 0o040_755,
  symlink: 0o120_777,
  "character-device": 0o020_600,
} as const;

/** The entry that ends an archive. */
const TRAILER = "TRAILER!!!";

/** Size fields have eight hexadecimal digits. */
const LARGEST = 0xffff_ffff;

/**
 * An archive of the entries in order of path, with the folders they lie in; owner and times are zero.
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 * @throws {GuestError} `bad-entry` for a path that is empty, absolute, holds `.`, `..` or NUL, or
 * stands there twice, and for content that is too large for the form.
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of entries) {
    checkPath(entry.path);
    if (byPath.has(entry.path)) throw badEntry(entry.path, "stands there twice");
    byPath.set(entry.path, entry);
  }
  for (const { path } of entries) addParents(byPath, path);
  const ordered = [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const pieces = ordered.flatMap((entry, index) => record(entry, index + 1));
  pieces.push(...member(TRAILER, { inode: 0, mode: 0, links: 1 }, new Uint8Array()));
  return Buffer.concat(pieces);
}

function addParents(byPath: Map<string, CpioEntry>, path: string): void {
  const parts = path.split("/");
  for (let length = 1; length < parts.length; length++) {
    const parent = parts.slice(0, length).join("/");
    const known = byPath.get(parent);
    if (known === undefined) byPath.set(parent, { kind: "folder", path: parent });
    else if (known.kind !== "folder") throw badEntry(path, `lies in ${parent}, which is no folder`);
  }
}

function record(entry: CpioEntry, inode: number): readonly Uint8Array[] {
  switch (entry.kind) {
    case "file": {
      const mode = entry.executable === true ? MODES.executable : MODES.file;
      return member(entry.path, { inode, mode, links: 1 }, entry.content);
    }
    case "folder":
      return member(entry.path, { inode, mode: MODES.folder, links: 2 }, new Uint8Array());
    case "symlink": {
      const target = new TextEncoder().encode(entry.target);
      return member(entry.path, { inode, mode: MODES.symlink, links: 1 }, target);
    }
    case "character-device": {
      const { path, major, minor } = entry;
      const mode = MODES["character-device"];
      return member(path, { inode, mode, links: 1, major, minor }, new Uint8Array());
    }
  }
}

interface Status {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly major?: number;
  readonly minor?: number;
}

function member(path: string, status: Status, content: Uint8Array): readonly Uint8Array[] {
  if (content.length > LARGEST) throw badEntry(path, "is too large");
  const { inode, mode, links, major = 0, minor = 0 } = status;
  const name = new TextEncoder().encode(`${path}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize,
  // check (always zero in this form).
  const fields = [
    inode,
    mode,
    0,
    0,
    links,
    0,
    content.length,
    0,
    0,
    major,
    minor,
    name.length,
    0,
  ].map((value) => value.toString(16).padStart(8, "0"));
  const header = new TextEncoder().encode(`070701${fields.join("")}`);
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}

/** What is missing to a multiple of four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}

function checkPath(path: string): void {
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw badEntry(path, "is not a relative path in plain form");
  }
  if (path.includes("\0") || path === TRAILER) throw badEntry(path, "cannot be a name here");
}

function badEntry(path: string, reason: string): GuestError {
  return new GuestError("bad-entry", `${JSON.stringify(path.slice(0, 120))} ${reason}`);
}
