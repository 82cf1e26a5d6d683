// SPDX-License-Identifier: Apache-2.0
// The lab's end of the report port: it does what the kernel's driver sev-guest does, with the key of the
// guest's own secrets page, and the software secure processor answers.

import { connect } from "node:net";
import type { Socket } from "node:net";
import { ChannelError, GuestMessageChannel } from "@greenlight/psp/platform";
import type { SnpProcessor } from "@greenlight/psp/platform";
import { MAX_CHANNEL_LINE } from "../../guest/channels.ts";
import { LabError } from "../error.ts";
import type { SnpLaunch } from "../launch/snp-launch.ts";
import { TextLines } from "../text-lines.ts";
import { TsmEntries, TsmFailure } from "./entries.ts";
import type { ReportSource, TsmBlobs } from "./entries.ts";
import { formatAnswer, parseOperation } from "./protocol.ts";

/** Operations that wait; a guest that asks for more at once is not listened to any longer. */
const MAX_WAITING = 64;

/** Privilege level of the guest's kernel, and number of the key it has. */
const KERNEL_VMPL = 0;

/** Makes reports for one guest. */
export class ReportMaker implements ReportSource {
  readonly #snp: Pick<SnpProcessor, "certificateTable">;
  readonly #launch: SnpLaunch;
  readonly #replayed: Uint8Array | undefined;
  #channel: GuestMessageChannel | undefined;
  #isWiped = false;

  /** @param replayed A report that the guest gets whatever it asks for (a fault of the host). */
  constructor(
    snp: Pick<SnpProcessor, "certificateTable">,
    launch: SnpLaunch,
    replayed?: Uint8Array,
  ) {
    this.#snp = snp;
    this.#launch = launch;
    this.#replayed = replayed;
  }

  async report(privlevel: number, reportData: Uint8Array): Promise<TsmBlobs> {
    if (this.#isWiped) throw new TsmFailure("ENOTTY");
    const page = this.#launch.secretsPage();
    if (page === undefined) throw new TsmFailure("ENXIO");
    this.#channel ??= GuestMessageChannel.ofSecretsPage(page, KERNEL_VMPL);
    const request = { reportData, vmpl: privlevel };
    try {
      const report = await this.#channel.report(request, (message) => {
        const answer = this.#launch.guestRequest(message);
        if (answer === undefined) throw new TsmFailure("EIO");
        return answer;
      });
      return { outblob: this.#replayed ?? report, auxblob: this.#snp.certificateTable() };
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      if (error.code === "refused") throw new TsmFailure("EINVAL");
      // The driver wipes its key when an answer is not authentic, so that no sequence number repeats.
      this.#isWiped = true;
      throw new TsmFailure("EBADMSG");
    }
  }
}

/** Connects to the port's socket and answers until the machine is gone. */
export function serveReports(path: string, source: ReportSource): Socket {
  const socket = connect(path);
  const entries = new TsmEntries(source);
  const lines = new TextLines(MAX_CHANNEL_LINE);
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  const answerInTurn = async (previous: Promise<void>, line: string): Promise<void> => {
    await previous;
    const answer = await entries.answer(parseOperation(line));
    // Until it is out: a guest that asks and never reads would fill our memory with answers.
    socket.write(`${formatAnswer(answer)}\n`, () => {
      waiting--;
    });
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const line of lines.take(chunk)) {
        if (++waiting > MAX_WAITING) throw new LabError("channel", "too many operations at once");
        last = answerInTurn(last, line);
      }
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      socket.destroy();
    }
  });
  // The socket ends with the machine, in whatever way.
  socket.on("error", () => socket.destroy());
  return socket;
}
