// SPDX-License-Identifier: Apache-2.0
// Names of files in outputs: as they are, unless they hold what a terminal would act on.

// Controls, line separators and changes of direction: a file in a folder may be named by anybody.
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The name, with such characters written as `\u001b`. */
export function shownName(name: string): string {
  return name.replaceAll(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
