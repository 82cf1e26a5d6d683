// SPDX-License-Identifier: Apache-2.0
// The ways in which the command line a host measured tends to differ from the one its owner wrote
// down. Each is a named transformation, a row of a table. Lines have one character for each byte.

/** What a transformation may need to know besides the line. */
export interface CommandLineContext {
  /** File names of the initrds, without folders. */
  readonly initrdNames: readonly string[];
}

/** A row: from the line that was expected to lines that may have been measured. */
export interface CommandLineVariant {
  /** Permanent id. */
  readonly id: string;
  /** Completes "the command line ...". */
  readonly describe: string;
  /** 1 for what happens every day, 2 for the rest. */
  readonly cost: 1 | 2;
  /** What follows the line instead of one NUL. */
  readonly terminator?: string;
  apply(line: string, context: CommandLineContext): readonly string[];
}

/** Most `console=` arguments whose orders are all tried: 24 orders. */
const MAX_CONSOLES = 4;

/** All transformations. */
export const COMMAND_LINE_VARIANTS: readonly CommandLineVariant[] = [
  {
    id: "trailing-newline",
    describe: "with a newline at the end",
    cost: 1,
    apply: (line) => [`${line}\n`],
  },
  {
    id: "trailing-blank",
    describe: "with a blank at the end",
    cost: 1,
    apply: (line) => [`${line} `],
  },
  {
    id: "leading-blank",
    describe: "with a blank at the beginning",
    cost: 1,
    apply: (line) => [` ${line}`],
  },
  {
    id: "trimmed",
    describe: "without the white space around it (virtee/sev and snpguest trim it)",
    cost: 1,
    apply: (line) => [
      line.replace(/[\t\n\v\f\r ]+$/, ""),
      line.replace(/^[\t\n\v\f\r ]+/, "").replace(/[\t\n\v\f\r ]+$/, ""),
      line.replace(/\r?\n$/, ""),
    ],
  },
  {
    id: "empty",
    describe: "left empty",
    cost: 1,
    apply: () => [""],
  },
  {
    id: "initrd-added",
    describe: "with an initrd= argument at the end",
    cost: 1,
    apply: (line, { initrdNames }) =>
      ["initrd", ...initrdNames].map((name) => `${line}${line === "" ? "" : " "}initrd=${name}`),
  },
  {
    id: "initrd-removed",
    describe: "without the initrd= argument that OVMF adds after measuring",
    cost: 1,
    apply: (line) => [
      line.replaceAll(/(^| )initrd=\S*/g, ""),
      line.replaceAll(/(^| )initrd=\S*(?= |$)/g, "").replace(/^ /, ""),
    ],
  },
  {
    id: "boot-image-removed",
    describe: "without the BOOT_IMAGE= argument that a boot loader adds",
    cost: 1,
    apply: (line) => [line.replace(/(^| )BOOT_IMAGE=\S* ?/, "$1")],
  },
  {
    id: "console-order",
    describe: "with the console= arguments in another order",
    cost: 1,
    apply: reorderConsoles,
  },
  {
    id: "double-quoted",
    describe: "in double quotes",
    cost: 1,
    apply: (line) => [`"${line}"`],
  },
  {
    id: "single-quoted",
    describe: "in single quotes",
    cost: 1,
    apply: (line) => [`'${line}'`],
  },
  {
    id: "unquoted",
    describe: "without quotes",
    cost: 1,
    apply: (line) => [line.replace(/^(["'])([^]*)\1$/, "$2"), line.replaceAll(/["']/g, "")],
  },
  {
    id: "collapsed-blanks",
    describe: "with runs of blanks made one",
    cost: 1,
    apply: (line) => [line.replaceAll(/ {2,}/g, " "), line.replaceAll(/[\t\n\r ]+/g, " ")],
  },
  {
    id: "no-terminator",
    describe: "without the NUL that QEMU adds",
    cost: 1,
    terminator: "",
    apply: (line) => [line],
  },
  {
    id: "two-terminators",
    describe: "with a second NUL",
    cost: 1,
    terminator: "\0\0",
    apply: (line) => [line],
  },
  {
    id: "trailing-crlf",
    describe: "with a carriage return and newline at the end",
    cost: 2,
    apply: (line) => [`${line}\r\n`, `${line}\r`],
  },
  {
    id: "written-newline",
    describe: "with a backslash and an n at the end",
    cost: 2,
    apply: (line) => [`${line}\\n`],
  },
  {
    id: "backslashes",
    describe: "with backslashes before quotes added or removed",
    cost: 2,
    apply: (line) => [line.replaceAll(/(["'])/g, "\\$1"), line.replaceAll(/\\(["'\\])/g, "$1")],
  },
  {
    id: "xml-escaped",
    describe: "with &, <, > and quotes as in libvirt's XML, or back",
    cost: 2,
    apply: (line) => [xmlEscape(line), xmlUnescape(line)],
  },
  {
    id: "other-spacing",
    describe: "with the blanks between arguments doubled",
    cost: 2,
    apply: (line) => [line.replaceAll(/ +/g, "  ")],
  },
];

function reorderConsoles(line: string): readonly string[] {
  const words = line.split(" ");
  const places = words.flatMap((word, i) => (word.startsWith("console=") ? [i] : []));
  const consoles = places.map((i) => words[i]!);
  const others = words.filter((_, i) => !places.includes(i));
  if (places.length === 0) return [];
  const orders = places.length <= MAX_CONSOLES ? permutations(consoles) : [consoles.toReversed()];
  const inPlace = orders.map((order) => {
    const changed = [...words];
    for (const [k, place] of places.entries()) changed[place] = order[k]!;
    return changed;
  });
  const moved = orders.flatMap((order) => [
    [...order, ...others],
    [...others, ...order],
  ]);
  return [...inPlace, ...moved].map((list) => list.join(" "));
}

function permutations(list: readonly string[]): readonly (readonly string[])[] {
  if (list.length <= 1) return [list];
  return list.flatMap((first, i) =>
    permutations(list.filter((_, k) => k !== i)).map((rest) => [first, ...rest]),
  );
}

const XML: readonly (readonly [character: string, entity: string])[] = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&apos;"],
];

function xmlEscape(line: string): string {
  return XML.reduce((text, [character, entity]) => text.replaceAll(character, entity), line);
}

function xmlUnescape(line: string): string {
  return XML.reduceRight((text, [character, entity]) => text.replaceAll(entity, character), line);
}
