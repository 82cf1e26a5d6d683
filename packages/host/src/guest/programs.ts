// SPDX-License-Identifier: Apache-2.0
// Programs of this machine with the shared libraries they need, as entries of an initrd.

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isElf, readElfNeeds } from "./elf.ts";
import type { CpioEntry } from "./cpio.ts";
import { GuestError } from "./error.ts";

/** Where the dynamic linkers of distributions look without being told: Debian's, then Fedora's. */
const LIBRARY_FOLDERS = [
  "/lib/x86_64-linux-gnu",
  "/usr/lib/x86_64-linux-gnu",
  "/lib64",
  "/usr/lib64",
  "/lib",
  "/usr/lib",
] as const;

/** Loaded at run time, by name: glibc opens it to end threads, which argon2 starts. */
const LIBRARIES_BY_NAME: Readonly<Record<string, readonly string[]>> = {
  "libargon2.so.1": ["libgcc_s.so.1"],
  "libcrypto.so.3": ["libgcc_s.so.1"],
};

const PROGRAM_FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"] as const;

/** A program the guest needs: what it is called, and what to install where it is missing. */
export interface ProgramName {
  readonly name: string;
  /** Debian package that has it. */
  readonly package: string;
}

/** Programs the init scripts use. */
export const GUEST_PROGRAMS = {
  busybox: { name: "busybox", package: "busybox-static" },
  cryptsetup: { name: "cryptsetup", package: "cryptsetup-bin" },
  openssl: { name: "openssl", package: "openssl" },
} as const satisfies Readonly<Record<string, ProgramName>>;

/**
 * The path of a program of this machine.
 * @throws {GuestError} `missing-program`.
 */
export function findProgram(program: ProgramName): string {
  const path = PROGRAM_FOLDERS.map((folder) => join(folder, program.name)).find((each) =>
    existsSync(each),
  );
  if (path !== undefined) return path;
  throw new GuestError(
    "missing-program",
    `${program.name} is not installed`,
    `install the Debian package ${program.package} or what is its like`,
  );
}

/**
 * Programs with their interpreters and libraries, each library once, below the paths where the
 * dynamic linker looks for them.
 * @param programs Path on this machine by name in the guest, where it goes to `bin/`.
 * @throws {GuestError} `missing-program`, `missing-library`.
 * @throws {LayoutError} for a program or library that is not a sound ELF file of x86-64.
 */
export function programEntries(programs: Readonly<Record<string, string>>): readonly CpioEntry[] {
  const files = new Map<string, Uint8Array>();
  const queue: Uint8Array[] = [];
  const add = (target: string, source: string): void => {
    if (files.has(target)) return;
    const content = readFileSync(source);
    files.set(target, content);
    queue.push(content);
  };
  for (const [name, path] of Object.entries(programs)) {
    if (!existsSync(path)) throw new GuestError("missing-program", `there is no ${path}`);
    add(`bin/${name}`, path);
  }
  for (let content = queue.shift(); content !== undefined; content = queue.shift()) {
    // A script needs no libraries.
    if (!isElf(content)) continue;
    const { interpreter, libraries } = readElfNeeds(content);
    if (interpreter !== undefined) add(interpreter.replace(/^\/+/, ""), interpreter);
    for (const library of libraries) {
      for (const name of [library, ...(LIBRARIES_BY_NAME[library] ?? [])]) {
        // The dynamic linker itself may be named as a library; it stands where programs expect it.
        if ([...files.keys()].some((each) => basename(each) === name)) continue;
        const path = findLibrary(name);
        add(path.slice(1), path);
      }
    }
  }
  return [...files].map(([path, content]) => ({
    kind: "file",
    path,
    content,
    executable: true,
  }));
}

function findLibrary(name: string): string {
  const path = LIBRARY_FOLDERS.map((folder) => join(folder, basename(name))).find((each) =>
    existsSync(each),
  );
  if (path !== undefined) return path;
  throw new GuestError(
    "missing-library",
    `${name} is in none of ${LIBRARY_FOLDERS.join(", ")}`,
    "is the program of this machine's architecture?",
  );
}
