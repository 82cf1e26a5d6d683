// SPDX-License-Identifier: Apache-2.0
// What every output of ours must keep to.

import assert from "node:assert/strict";

/**
 * Lines fit 80 columns and have no blanks at their ends. Digests and base64 are never broken, so
 * that they can be copied; lines that hold one may be longer.
 */
export function assertTidy(text: string): void {
  for (const line of text.split("\n")) {
    assert.equal(line, line.trimEnd(), "a line ends in blanks");
    if (!/[^ ]{64,}/.test(line)) assert.ok(line.length <= 80, line);
  }
  assert.ok(text.endsWith("\n") && !text.endsWith("\n\n"), "it ends with one newline");
}
