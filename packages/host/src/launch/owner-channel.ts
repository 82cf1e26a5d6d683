// SPDX-License-Identifier: Apache-2.0
// The owner's end of the channel into a running SEV-SNP guest (guest/channels.ts has the protocol). The
// host carries it and may change, repeat or withhold everything; nothing rests on it.

import type { Duplex } from "node:stream";
import { base64Encode } from "@greenlight/core/bytes";
import { MAX_CHANNEL_LINE, OWNER_HELLO } from "../guest/channels.ts";
import { GuestLaunchError } from "./error.ts";
import { protocolError, readEvidenceLine } from "./evidence-line.ts";
import type { GuestEvidence } from "./evidence-line.ts";

/** Lines that are not for us before the guest speaks: a console may be on the port, or an older guest. */
const MAX_LINES_BEFORE_HELLO = 1000;

/** The channel, with bounded lines. */
export class OwnerChannel {
  readonly #duplex: Duplex;
  readonly #lines: AsyncGenerator<string, void, void>;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    // Errors are told by the reader; without this one they would end the process.
    duplex.on("error", () => undefined);
    this.#lines = linesOf(duplex);
  }

  /**
   * Waits for the guest, sends it the nonce and takes its evidence.
   * @throws {GuestLaunchError} `channel-closed`, `channel-protocol`.
   */
  async evidence(nonce: Uint8Array): Promise<GuestEvidence> {
    for (let count = 0; (await this.#line()) !== OWNER_HELLO; count++) {
      if (count === MAX_LINES_BEFORE_HELLO) throw protocolError("says everything but its greeting");
    }
    await this.#send(`nonce ${base64Encode(nonce)}`);
    return readEvidenceLine(await this.#line());
  }

  /** Sends the encrypted secret. */
  async secret(sealed: Uint8Array): Promise<void> {
    await this.#send(`secret ${base64Encode(sealed)}`);
  }

  /** Tells the guest that it gets nothing. */
  async refuse(): Promise<void> {
    await this.#send("refused");
  }

  /** Ends it. */
  close(): void {
    this.#duplex.destroy();
  }

  async #line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done === true) throw closed();
    return value;
  }

  async #send(line: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#duplex.write(`${line}\n`, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(closed(error));
      });
    });
  }
}

async function* linesOf(duplex: Duplex): AsyncGenerator<string, void, void> {
  let rest = "";
  try {
    for await (const chunk of duplex) {
      const bytes: unknown = chunk;
      if (!(bytes instanceof Uint8Array)) throw protocolError("does not send bytes");
      rest += Buffer.from(bytes).toString("latin1");
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield checked(line);
      if (rest.length > MAX_CHANNEL_LINE) throw protocolError("sends a line without end");
    }
  } catch (error) {
    if (error instanceof GuestLaunchError) throw error;
    throw closed(error);
  }
}

/** Terminals put a carriage return before the line break. */
function checked(line: string): string {
  if (line.length > MAX_CHANNEL_LINE) throw protocolError("sends too long a line");
  return line.replace(/\r$/, "");
}

function closed(cause?: unknown): GuestLaunchError {
  return new GuestLaunchError("channel-closed", "the owner channel was closed", {
    hint: "the guest ended, or the host cut the connection",
    cause,
  });
}
