// SPDX-License-Identifier: Apache-2.0
// The other end of a QMP connection, in tests: it says what it is told to say, chunk by chunk.

import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";

/** A request as the client sent it. */
export interface PeerRequest {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly id: string;
}

/** What the peer does with a request: calls back with whatever it wants to send. */
export type PeerAnswer = (request: PeerRequest, peer: QmpPeer) => void;

/** QEMU 7.2's greeting. */
export const GREETING = JSON.stringify({
  QMP: {
    version: { qemu: { micro: 22, minor: 2, major: 7 }, package: "Debian 1:7.2+dfsg-7" },
    capabilities: ["oob"],
  },
});

/** A peer over a pair of streams. */
export class QmpPeer {
  /** The client's end. */
  readonly client: Duplex;
  readonly requests: PeerRequest[] = [];
  readonly #side: Duplex;
  readonly #answer: PeerAnswer;
  #rest = "";

  constructor(answer: PeerAnswer, greeting: string | null = GREETING) {
    const [client, side] = duplexPair();
    this.client = client;
    this.#side = side;
    this.#answer = answer;
    side.on("data", (chunk: Buffer) => this.#take(chunk));
    side.on("error", () => undefined);
    if (greeting !== null) this.line(greeting);
  }

  /** Sends a message. */
  send(message: unknown): void {
    this.line(JSON.stringify(message));
  }

  /** Sends a line as it is. */
  line(text: string): void {
    this.raw(`${text}\r\n`);
  }

  /** Sends bytes as they are. */
  raw(bytes: string | Uint8Array): void {
    if (!this.#side.destroyed) this.#side.write(bytes);
  }

  /** Answers a request as QEMU does. */
  reply(request: PeerRequest, value: unknown): void {
    this.send({ return: value, id: request.id });
  }

  refuse(request: PeerRequest, desc: string, name = "GenericError"): void {
    this.send({ id: request.id, error: { class: name, desc } });
  }

  /** Ends the connection. */
  end(): void {
    this.#side.end();
  }

  #take(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString("utf8")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const request = JSON.parse(line) as PeerRequest;
      this.requests.push(request);
      this.#answer(request, this);
    }
  }
}

/** A peer that negotiates, and answers other commands from a table of values. */
export function tablePeer(table: Readonly<Record<string, unknown>>): QmpPeer {
  return new QmpPeer((request, peer) => {
    if (request.execute === "qmp_capabilities") peer.reply(request, {});
    else if (Object.hasOwn(table, request.execute)) peer.reply(request, table[request.execute]);
    else
      peer.refuse(request, `The command ${request.execute} has not been found`, "CommandNotFound");
  });
}
