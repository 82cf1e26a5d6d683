// SPDX-License-Identifier: Apache-2.0
// The operating system's error codes, out of whatever was thrown, and in words.

/** The code of a system error (`ENOENT`), or undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

type Words = Readonly<Record<string, readonly [reason: string, hint: string]>>;

const ALWAYS: Words = {
  ENOTDIR: ["a part of the path is not a directory", "check the path"],
  ELOOP: ["too many symbolic links", "check the path"],
  ENAMETOOLONG: ["the name is too long", "check the path"],
};

const WRITING: Words = {
  ...ALWAYS,
  ENOENT: ["there is no such folder", "make the folder first"],
  EACCES: ["permission denied", "may this user write there?"],
  EPERM: ["permission denied", "may this user write there?"],
  EISDIR: ["it is a directory", "name a file"],
  EEXIST: ["something of that name is there already", "name another"],
  ENOSPC: ["no space is left", "make room, or write elsewhere"],
  EROFS: ["it is on a read-only file system", "write elsewhere"],
};

const WORDS = {
  read: {
    ...ALWAYS,
    ENOENT: ["there is no such file", "check the path"],
    EACCES: ["permission denied", "may this user read it?"],
    EISDIR: ["it is a directory", "give a file"],
  },
  write: WRITING,
} as const satisfies Readonly<Record<string, Words>>;

/** What a code means to somebody who named the path, and what to do about it. */
export function systemErrorWords(
  code: string,
  action: keyof typeof WORDS,
): readonly [reason: string, hint: string] {
  const words: Words = WORDS[action];
  return words[code] ?? [code, "check the path"];
}
