// SPDX-License-Identifier: Apache-2.0
// The first root file system of a guest: an init script, busybox, and the programs the script needs.

import { gzipSync } from "node:zlib";
import { writeCpio } from "./cpio.ts";
import type { CpioEntry } from "./cpio.ts";
import { GUEST_PROGRAMS, findProgram, programEntries } from "./programs.ts";

/** An init script, with what it calls. */
export interface InitScript {
  readonly text: string;
  /** Programs it needs beside busybox. */
  readonly programs: readonly Exclude<keyof typeof GUEST_PROGRAMS, "busybox">[];
  /** Parts of busybox it uses. */
  readonly applets: readonly string[];
}

/** What an initrd is made of. */
export interface InitrdParameters {
  readonly init: InitScript;
  /** Paths of programs on this machine; those of the system unless given. */
  readonly programs?: Readonly<Partial<Record<keyof typeof GUEST_PROGRAMS, string>>>;
  /** More files, folders and links. */
  readonly entries?: readonly CpioEntry[];
  /** Whether the archive is compressed; no unless given: unpacking costs more than it saves here. */
  readonly compress?: boolean;
}

/**
 * Builds an initrd. The same programs and script give the same bytes (compressed: with the same zlib),
 * so that its digest can be known before a launch.
 * @throws {GuestError} `missing-program`, `missing-library`, `bad-entry`.
 * @throws {LayoutError} for a program that is not a sound ELF file of x86-64.
 */
export function buildInitrd(parameters: InitrdParameters): Uint8Array {
  const { init, programs = {}, entries = [], compress = false } = parameters;
  const paths = Object.fromEntries(
    (["busybox", ...init.programs] as const).map((name) => [
      name,
      programs[name] ?? findProgram(GUEST_PROGRAMS[name]),
    ]),
  );
  const archive = writeCpio([
    ...programEntries(paths),
    ...init.applets.map((name) => ({
      kind: "symlink" as const,
      path: `bin/${name}`,
      target: "busybox",
    })),
    ...["dev", "proc", "root", "run", "sys"].map((path) => ({ kind: "folder" as const, path })),
    { kind: "character-device", path: "dev/console", major: 5, minor: 1 },
    { kind: "file", path: "init", content: new TextEncoder().encode(init.text), executable: true },
    ...entries,
  ]);
  // Node's zlib writes neither time nor name into the header.
  return compress ? gzipSync(archive, { level: 9 }) : archive;
}
