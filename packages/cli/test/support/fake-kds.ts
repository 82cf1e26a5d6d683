// SPDX-License-Identifier: Apache-2.0
// A KDS on loopback that answers for chips of a test hierarchy, and misbehaves when it is told to.

import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { kdsPath, parseKdsUrl } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import type { ProductLine } from "@greenlight/core/evidence";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import type { Hierarchy } from "@greenlight/psp/hierarchy";

/** What is done in place of an answer. */
export type Misbehaviour =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** A byte every few milliseconds, for ever. */
  | "drip"
  /** As much as is taken. */
  | "endless"
  /** Less than Content-Length says. */
  | "truncated"
  /** The connection is cut. */
  | "reset"
  /** Nothing at all. */
  | "silence";

const hierarchies = new Map<ProductLine, Hierarchy>();

/** The hierarchy whose certificates the server has; made once for each line. */
export function hierarchyOf(line: ProductLine): Hierarchy {
  const hierarchy = hierarchies.get(line) ?? createHierarchy({ line });
  hierarchies.set(line, hierarchy);
  return hierarchy;
}

/** What the KDS has at an address. */
export function answerOf(address: KdsAddress): Uint8Array {
  const hierarchy = hierarchyOf(address.line);
  if (address.kind === "VCEK") {
    const chipId = new Uint8Array(64);
    chipId.set(address.hwId);
    return hierarchy.vcek({ chipId, tcb: address.tcb }).der;
  }
  if (address.kind === "CRL") return hierarchy.crl(listDates());
  const signing = address.endorser === "vlek" ? hierarchy.asvk : hierarchy.ask;
  return Buffer.from(pem(signing.der) + pem(hierarchy.ark.der));
}

/** PEM of a certificate. */
export function pem(der: Uint8Array, label = "CERTIFICATE"): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A list that is current now. */
function listDates(): { readonly thisUpdate: number; readonly nextUpdate: number } {
  const day = 86_400_000;
  const today = Math.floor(Date.now() / day) * day;
  return { thisUpdate: today - day, nextUpdate: today + 30 * day };
}

/** A running server. */
export class FakeKds {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly requests: string[] = [];
  /** Lines it has never heard of. */
  readonly unknownLines = new Set<ProductLine>();
  /** Done once each, before answers are given. */
  readonly misbehave: Misbehaviour[] = [];
  readonly #server: Server;

  private constructor(server: Server, scheme: "http" | "https") {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `${scheme}://127.0.0.1:${port}`;
    server.on("request", (request, response) => this.#serve(request, response));
  }

  /** @param tls Key and certificate in PEM; absent for plain HTTP. */
  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<FakeKds> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    // A test that forgets to stop it shall not hang.
    server.unref();
    return new FakeKds(server, tls === undefined ? "http" : "https");
  }

  /** Cuts all connections. */
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    this.requests.push(path);
    const act = this.misbehave.shift();
    if (act !== undefined) {
      misbehave(act, response);
      return;
    }
    const { address } = parseKdsUrl(path);
    if (this.unknownLines.has(address.line) || kdsPath(address) !== path) {
      response.writeHead(404).end("Not found");
      return;
    }
    response.writeHead(200, { "content-type": "text/html" }).end(answerOf(address));
  }
}

function misbehave(act: Misbehaviour, response: ServerResponse): void {
  if (typeof act === "object") {
    response.writeHead(act.status, act.headers).end(act.body);
    return;
  }
  switch (act) {
    case "silence":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "truncated":
      response.writeHead(200, { "content-length": "1000" });
      response.write("x".repeat(10));
      setTimeout(() => response.socket?.destroy(), 5);
      return;
    case "drip": {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 5);
      response.on("close", () => clearInterval(timer));
      return;
    }
    case "endless": {
      response.writeHead(200);
      const piece = Buffer.alloc(16 * 1024, "x");
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on("drain", more);
      more();
    }
  }
}
