// SPDX-License-Identifier: Apache-2.0
// The imitated host behind QMP: a peer that answers as QEMU does, and whose messages can be dropped,
// repeated, reordered, cut, held back or garbled on their way.

import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";
import { base64Decode, base64Encode } from "@greenlight/core/bytes";
import type { LaunchHost, OfferedFiles } from "../../src/launch/host.ts";
import type { Hypervisor } from "../../src/launch/hypervisor.ts";
import { QmpClient, qemuHypervisor } from "../../src/qmp/index.ts";
import { ImitationHost } from "./imitation.ts";
import type { ImitationOptions } from "./imitation.ts";

/** What happens to a message. */
export const MESSAGE_FAULTS = [
  "drop",
  "repeat",
  "reorder",
  "truncate",
  "delay",
  "garbage",
  "error",
  "die",
] as const;

/** A fault of one message. */
export type MessageFault = (typeof MESSAGE_FAULTS)[number];

/** A host that is reached over QMP; `faults` are of the peer's messages by their number. */
export class QmpImitationHost implements LaunchHost {
  readonly kind = "imitation";
  readonly ownsGuest = false;
  readonly starts = true;
  readonly inner: ImitationHost;
  readonly #faults: ReadonlyMap<number, MessageFault>;
  readonly #timeoutMs: number;

  constructor(
    options: ImitationOptions,
    faults: ReadonlyMap<number, MessageFault>,
    timeoutMs: number,
  ) {
    this.inner = new ImitationHost(options);
    this.#faults = faults;
    this.#timeoutMs = timeoutMs;
  }

  describe() {
    return this.inner.describe();
  }

  async check() {
    return this.inner.check();
  }

  async platformExport() {
    return this.inner.platformExport();
  }

  async open(files: OfferedFiles | undefined): Promise<Hypervisor> {
    const guest = await this.inner.open(files);
    const [ours, theirs] = duplexPair();
    serve(theirs, guest, this.#faults);
    const timeoutMs = this.#timeoutMs;
    const client = await QmpClient.open(ours, { timeoutMs });
    return qemuHypervisor(client, { timeoutMs, quitMs: timeoutMs });
  }

  async channel(): Promise<Duplex> {
    return this.inner.channel();
  }

  async close(): Promise<void> {
    return this.inner.close();
  }
}

function serve(stream: Duplex, guest: Hypervisor, faults: ReadonlyMap<number, MessageFault>): void {
  let count = 0;
  let held: string | undefined;
  const write = (text: string): void => {
    if (!stream.destroyed) stream.write(text);
  };
  const send = (message: unknown): void => {
    const text = `${JSON.stringify(message)}\r\n`;
    const fault = faults.get(count++);
    if (fault === "reorder") {
      held = text;
      return;
    }
    if (fault === "truncate") {
      write(text.slice(0, text.length / 2));
      stream.end();
    } else if (fault === "garbage") write("?!{]\r\n");
    else if (fault === "die") stream.destroy();
    else if (fault === "delay") setTimeout(() => write(text), 20);
    else if (fault === "repeat") write(text + text);
    else if (fault !== "drop") write(text);
    if (held !== undefined) {
      write(held);
      held = undefined;
    }
  };
  stream.on("error", () => undefined);
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) void answered(line, guest, faults.get(count) === "error").then(send);
  });
  void guest.ended.then(() => stream.end());
  send({
    QMP: { version: { qemu: { major: 9, minor: 2, micro: 0 }, package: "" }, capabilities: [] },
  });
}

interface Request {
  readonly execute: string;
  readonly id: unknown;
  readonly arguments?: Readonly<Record<string, string>>;
}

async function answered(line: string, guest: Hypervisor, refuse: boolean): Promise<unknown> {
  const { execute, id, arguments: args = {} } = JSON.parse(line) as Request;
  const refusal = (desc: string) => ({ id, error: { class: "GenericError", desc } });
  if (refuse) return refusal("refused for the sake of it");
  try {
    return { id, return: await execution(execute, args, guest) };
  } catch (error) {
    return refusal(error instanceof Error ? error.message : String(error));
  }
}

async function execution(
  command: string,
  args: Readonly<Record<string, string>>,
  guest: Hypervisor,
): Promise<unknown> {
  switch (command) {
    case "qmp_capabilities":
      return {};
    case "query-sev": {
      const info = await guest.launchInfo();
      if (info.type !== "sev") throw new Error("only SEV is imitated");
      return {
        enabled: true,
        "api-major": info.apiMajor,
        "api-minor": info.apiMinor,
        "build-id": info.buildId,
        policy: info.policy,
        state: info.state,
        handle: 1,
      };
    }
    case "query-status":
      return { running: false, status: await guest.runState() };
    case "query-sev-launch-measure":
      return { data: base64Encode(await guest.launchMeasurement()) };
    case "sev-inject-launch-secret":
      await guest.injectSecret({
        header: base64Decode(args["packet-header"] ?? ""),
        payload: base64Decode(args["secret"] ?? ""),
      });
      return {};
    case "cont":
      await guest.resume();
      return {};
    case "quit":
      await guest.kill();
      return {};
    default:
      throw new Error(`The command ${command} has not been found`);
  }
}
