// SPDX-License-Identifier: Apache-2.0
// What was probably meant by a field that does not exist.

/** The hint for an unknown name among the known ones. */
export function suggestion(name: string, known: readonly string[]): string {
  const wanted = plain(name.slice(0, 64));
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest === undefined ? `known here: ${known.join(", ")}` : `did you mean ${nearest}?`;
}

/** A name without what people write differently: case, dashes and underscores. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** How many letters must be changed, added or left out (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
