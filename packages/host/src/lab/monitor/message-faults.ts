// SPDX-License-Identifier: Apache-2.0
// Messages to a QMP client, on a way that may lose, repeat, reorder, cut or delay them.

import type { Socket } from "node:net";
import type { MessageFault } from "../faults.ts";

/** Of a delay without a length. */
const USUAL_DELAY_MS = 1000;

/** Sends messages to one client, with the faults of the answers' commands. */
export class FaultySender {
  readonly #socket: Socket;
  readonly #faults: readonly MessageFault[];
  #held: string | undefined;

  constructor(socket: Socket, faults: readonly MessageFault[]) {
    this.#socket = socket;
    this.#faults = faults;
  }

  /**
   * Sends a message.
   * @param command Whose answer it is; `greeting`; undefined for an event.
   */
  send(message: object, command?: string): void {
    const line = `${JSON.stringify(message)}\n`;
    const fault = this.#faults.find((each) => each.command === command);
    switch (fault?.kind) {
      case undefined:
        this.#write(line);
        return;
      case "drop":
        return;
      case "repeat":
        this.#write(line);
        this.#write(line);
        return;
      case "reorder":
        this.#held = line;
        return;
      case "truncate":
        this.#socket.end(line.slice(0, line.length / 2));
        return;
      case "delay":
        setTimeout(() => this.#write(line), fault.milliseconds ?? USUAL_DELAY_MS);
        return;
      case "garbage":
        this.#write("}garbage{\n");
        return;
    }
  }

  /** What is held back goes out behind the next message. */
  #write(line: string): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(line);
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#socket.write(held);
  }
}
