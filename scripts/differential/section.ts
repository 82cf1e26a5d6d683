// SPDX-License-Identifier: Apache-2.0
// The section of docs/where-tools-disagree.md that the comparison writes.

const TITLE = "## SEV-SNP evidence: Greenlight and go-sev-guest";
const NEXT = /\n## /;

/** The document with the section's content replaced, or the section added at its end. */
export function replaceSection(document: string, content: string): string {
  const section = `${TITLE}\n\n${content}\n`;
  const start = document.indexOf(TITLE);
  if (start < 0) return `${document.trimEnd()}\n\n${section}`;
  const rest = document.slice(start + TITLE.length);
  const next = NEXT.exec(rest);
  return document.slice(0, start) + section + (next === null ? "" : rest.slice(next.index));
}
