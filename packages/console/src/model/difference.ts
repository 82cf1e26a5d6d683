// SPDX-License-Identifier: Apache-2.0
// Where two texts differ, for marking the differing part.

/** A run of text that is the same in both, or not. */
export interface Run {
  readonly text: string;
  readonly differs: boolean;
}

/** Runs of `text`, with the parts marked in which it differs from `other`. */
export function differenceRuns(text: string, other: string): readonly Run[] {
  if (text === other) return text === "" ? [] : [{ text, differs: false }];
  const [digits, label] = splitLabel(text);
  const [otherDigits, otherLabel] = splitLabel(other);
  if (label !== otherLabel && digits.length === otherDigits.length) {
    return [...differenceRuns(digits, otherDigits), { text: label, differs: false }].filter(
      (run) => run.text !== "",
    );
  }
  if (text.includes(SEPARATOR) && other.includes(SEPARATOR)) return byParts(text, other);
  return text.length === other.length ? byPosition(text, other) : byEnds(text, other);
}

/** Between the parts of a list, such as the parts of a TCB version. */
const SEPARATOR = ", ";

/**
 * Of lists, the parts that the other has not. A part with a name that the other does not mention, such as
 * a part of a TCB version without a floor, is not compared.
 */
function byParts(text: string, other: string): readonly Run[] {
  const others = other.split(SEPARATOR);
  const known = new Set(others);
  const names = new Set(others.map(nameOf));
  return text
    .split(SEPARATOR)
    .flatMap((part, i) => [
      ...(i === 0 ? [] : [{ text: SEPARATOR, differs: false }]),
      { text: part, differs: !known.has(part) && (!part.includes(" ") || names.has(nameOf(part))) },
    ]);
}

function nameOf(part: string): string {
  return part.split(" ")[0] ?? "";
}

/** A digest and the label behind it, which is no part of what is compared. */
function splitLabel(text: string): readonly [digits: string, label: string] {
  const digits = /^[0-9a-f]{16,}(?= \()/.exec(text)?.[0] ?? text;
  return [digits, text.slice(digits.length)];
}

/** Texts of one length (digests, mostly) are compared character by character. */
function byPosition(text: string, other: string): readonly Run[] {
  const runs: Run[] = [];
  let start = 0;
  for (let i = 1; i <= text.length; i++) {
    const differed = text[start] !== other[start];
    if (i < text.length && (text[i] !== other[i]) === differed) continue;
    runs.push({ text: text.slice(start, i), differs: differed });
    start = i;
  }
  return runs;
}

/** Texts of different length differ between their common beginning and their common end. */
function byEnds(text: string, other: string): readonly Run[] {
  const shorter = Math.min(text.length, other.length);
  let head = 0;
  while (head < shorter && text[head] === other[head]) head++;
  let tail = 0;
  while (tail < shorter - head && text.at(-1 - tail) === other.at(-1 - tail)) tail++;
  return [
    { text: text.slice(0, head), differs: false },
    { text: text.slice(head, text.length - tail), differs: true },
    { text: text.slice(text.length - tail), differs: false },
  ].filter((run) => run.text !== "");
}
