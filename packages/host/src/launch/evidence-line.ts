// SPDX-License-Identifier: Apache-2.0
// The line with which a guest shows itself on its owner channel.

import { LayoutError, base64Decode } from "@greenlight/core/bytes";
import { GuestLaunchError } from "./error.ts";

/** What the guest shows. */
export interface GuestEvidence {
  /** Public key that secrets are encrypted to, DER SubjectPublicKeyInfo. */
  readonly key: Uint8Array;
  readonly report: Uint8Array;
  /** The host's certificate table; empty where there is none. */
  readonly table: Uint8Array;
}

/**
 * Reads the line.
 * @throws {GuestLaunchError} `channel-protocol` for anything else.
 */
export function readEvidenceLine(line: string): GuestEvidence {
  const [word, key, report, table, ...more] = line.split(" ");
  if (word !== "evidence" || key === undefined || report === undefined || table === undefined) {
    throw protocolError("does not answer with evidence");
  }
  if (more.length > 0) throw protocolError("answers with more than evidence");
  return {
    key: decoded(key),
    report: decoded(report),
    table: table === "-" ? new Uint8Array(0) : decoded(table),
  };
}

function decoded(text: string): Uint8Array {
  try {
    return base64Decode(text);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    throw protocolError("sends something that is no base64");
  }
}

/** The error for a guest that does not keep to the protocol. */
export function protocolError(what: string): GuestLaunchError {
  return new GuestLaunchError("channel-protocol", `the guest ${what} on the owner channel`, {
    hint: "is another program on the port org.greenlight.owner?",
  });
}
