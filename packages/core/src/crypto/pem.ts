// SPDX-License-Identifier: Apache-2.0
// PEM text (RFC 7468, with the headers of RFC 1421 that OpenSSL writes into encrypted keys) to
// labelled bytes. Text outside the blocks is allowed and ignored, text inside is read strictly.

import { LayoutError, base64Decode, quote } from "../bytes/index.ts";

/** One block between `-----BEGIN label-----` and `-----END label-----`. */
export interface PemBlock {
  /** `EC PRIVATE KEY`, `CERTIFICATE`, ... */
  readonly label: string;
  /** Header lines such as `Proc-Type: 4,ENCRYPTED`; mostly none. */
  readonly headers: readonly string[];
  readonly bytes: Uint8Array;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;

/**
 * The blocks of a PEM text, in order; none when there is no `-----BEGIN` line.
 * @throws {LayoutError} `bad-pem` for a block that is not closed by its own END line, `bad-base64`
 * for content that is not base64.
 */
export function pemDecode(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { readonly label: string; readonly line: number; readonly body: string[] } | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trimEnd();
    if (open === undefined) {
      const label = BEGIN.exec(line)?.[1];
      if (label !== undefined) open = { label, line: index + 1, body: [] };
    } else if (line === `-----END ${open.label}-----`) {
      blocks.push(readBlock(open.label, open.body));
      open = undefined;
    } else if (line.startsWith("-----")) {
      fail(open.label, `has ${quote(line.slice(0, 60))} on line ${index + 1} before its END`);
    } else {
      open.body.push(line);
    }
  }
  if (open !== undefined) fail(open.label, `begins on line ${open.line} and has no END line`);
  return blocks;
}

function readBlock(label: string, body: readonly string[]): PemBlock {
  // Headers end at the first blank line (RFC 1421 section 4.4); base64 never has a colon.
  const blank = body[0]?.includes(":") === true ? body.indexOf("") : -1;
  if (blank < 0 && body[0]?.includes(":") === true)
    fail(label, "has headers and nothing after them");
  const text = body.slice(blank + 1).join("");
  return {
    label,
    headers: body.slice(0, Math.max(0, blank)),
    bytes: base64Decode(text, `PEM block ${label}`),
  };
}

function fail(label: string, reason: string): never {
  throw new LayoutError({
    code: "bad-pem",
    structure: `PEM block ${label}`,
    reason,
    source: "RFC 7468 section 2",
  });
}
