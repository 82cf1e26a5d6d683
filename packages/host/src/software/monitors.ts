// SPDX-License-Identifier: Apache-2.0
// The sockets of the software machine: QMP and qtest, with the commands that the lab uses.

import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createInterface } from "node:readline";
import type { SoftwareMachine } from "./machine.ts";

/** Version the stand-in says it is: the first that publishes the kernel's file unchanged. */
export const SOFTWARE_VERSION = { major: 10, minor: 0, micro: 0 } as const;

/** So long a boot takes: nothing boots in no time, and clients look at the machine meanwhile. */
const BOOT_MS = 300;

const PACKAGE = "Greenlight's software machine: no processor is emulated";

/** What a QMP command gives. */
type Answer =
  | { readonly return: unknown }
  | { readonly error: { readonly class: string; readonly desc: string } };

/** Serves QMP at a path. `ended` is called when the machine is over and all was said. */
export function serveQmp(path: string, machine: SoftwareMachine, ended: () => void): Server {
  return serve(path, (socket) => {
    const say = (message: object): void => {
      if (!socket.writableEnded) socket.write(`${JSON.stringify(message)}\r\n`);
    };
    const event = (name: string, data?: object): void => {
      const now = Date.now();
      const timestamp = { seconds: Math.floor(now / 1000), microseconds: (now % 1000) * 1000 };
      say({ event: name, ...(data === undefined ? {} : { data }), timestamp });
    };
    say({ QMP: { version: { qemu: SOFTWARE_VERSION, package: PACKAGE }, capabilities: [] } });
    eachLine(socket, (line) => {
      const { execute, id, arguments: given } = parse(line);
      const answer = answerTo(execute, given, machine);
      say({ ...answer, ...(id === undefined ? {} : { id }) });
      if (execute === "quit") {
        event("SHUTDOWN", { guest: false, reason: "host-qmp-quit" });
        socket.end(ended);
      }
      if (execute !== "cont" || machine.state === "shutdown") return;
      event("RESUME");
      machine.run();
      setTimeout(() => {
        if (machine.boot()?.outcome !== "power-off") return;
        event("SHUTDOWN", { guest: true, reason: "guest-shutdown" });
        socket.end(ended);
      }, BOOT_MS);
    });
  });
}

/** Serves qtest at a path. */
export function serveQtest(path: string, { memory }: SoftwareMachine): Server {
  return serve(path, (socket) => {
    eachLine(socket, (line) => {
      const [command, address, length, data] = line.split(" ");
      const [at, size] = [Number(address), Number(length)];
      if (command === "write" && data?.startsWith("0x") === true) {
        memory.write(at, Buffer.from(data.slice(2), "hex"));
        socket.write("OK\n");
      } else if (command === "read") {
        socket.write(`OK 0x${Buffer.from(memory.read(at, size)).toString("hex")}\n`);
      } else {
        socket.write(`FAIL Unknown command '${command ?? ""}'\n`);
      }
    });
  });
}

function answerTo(
  execute: string,
  given: Readonly<Record<string, unknown>>,
  machine: SoftwareMachine,
): Answer {
  switch (execute) {
    case "qmp_capabilities":
    case "quit":
    case "cont":
      return { return: {} };
    case "stop":
      machine.pause();
      return { return: {} };
    case "query-status":
      return { return: { running: machine.state === "running", status: machine.state } };
    case "query-version":
      return { return: { qemu: SOFTWARE_VERSION, package: PACKAGE } };
    case "query-qmp-schema":
      return { return: [] };
    case "pmemsave":
      machine.save(Number(given["val"]), Number(given["size"]), String(given["filename"]));
      return { return: {} };
    case "human-monitor-command": {
      const text = machine.human(String(given["command-line"]));
      return { return: text ?? "unknown command\r\n" };
    }
    default: {
      const desc = `The command ${execute} has not been found`;
      return { error: { class: "CommandNotFound", desc } };
    }
  }
}

interface Request {
  readonly execute: string;
  readonly id: unknown;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Only the lab talks here, and what it says has this shape. */
function parse(line: string): Request {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stand-in for tests; see above
  const request = JSON.parse(line) as Partial<Request>;
  const { execute = "", id, arguments: given = {} } = request;
  return { execute, id, arguments: given };
}

function eachLine(socket: Socket, take: (line: string) => void): void {
  createInterface({ input: socket, crlfDelay: Infinity }).on("line", (line) => {
    if (line.trim() !== "") take(line);
  });
}

function serve(path: string, greet: (socket: Socket) => void): Server {
  return createServer((socket) => {
    // A client that goes away is no concern of the machine.
    socket.on("error", () => undefined);
    greet(socket);
  }).listen(path);
}
