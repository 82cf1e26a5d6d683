// SPDX-License-Identifier: Apache-2.0
// The KDS on HTTP. It listens on this machine only, unless told otherwise, and can be told to fail.

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerPath } from "./answer.ts";
import type { KdsSubject } from "./source.ts";

/** A way to fail, in place of an answer. */
export type KdsFault =
  /** A status; `retryAfter` in seconds is what Retry-After says. */
  | { readonly status: number; readonly retryAfter?: number }
  /** The connection is cut. */
  | "cut"
  /** The answer ends before its announced length. */
  | "truncated";

/** What a KDS is started with. */
export interface KdsOptions {
  readonly subjects: readonly KdsSubject[];
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Milliseconds since 1970; default the system's clock. */
  readonly now?: () => number;
  /** Done once each, in this order, before anything is answered. */
  readonly faults?: readonly KdsFault[];
  /** Told of every request: the path and the status, 0 for none. */
  readonly log?: (path: string, status: number) => void;
}

/** A running KDS. */
export interface RunningKds {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Adds ways to fail to those that are left. */
  misbehave(...faults: readonly KdsFault[]): void;
  /** Cuts all connections and stops. */
  stop(): Promise<void>;
}

const MOST_CONNECTIONS = 64;

/**
 * Starts it.
 * @throws the system's error when the port cannot be had.
 */
export async function startKds(options: KdsOptions): Promise<RunningKds> {
  const { port = 0, host = "127.0.0.1" } = options;
  const faults = [...(options.faults ?? [])];
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    serve(request, response, options, faults.shift());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${shownHost}:${bound}`,
    misbehave: (...more) => void faults.push(...more),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { subjects, now = Date.now, log }: KdsOptions,
  fault: KdsFault | undefined,
): void {
  const path = request.url ?? "";
  const done = (status: number): void => log?.(path, status);
  if (fault === "cut") {
    response.socket?.destroy();
    done(0);
    return;
  }
  if (typeof fault === "object") {
    const { status, retryAfter } = fault;
    if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
    response.writeHead(status).end();
    done(status);
    return;
  }
  if (request.method !== "GET") {
    response.writeHead(405, { allow: "GET" }).end();
    done(405);
    return;
  }
  const { status, type, body } = answerPath(path, subjects, now());
  const length = fault === "truncated" ? body.length + 1 : body.length;
  response.writeHead(status, {
    "content-type": type,
    "content-length": length,
    "cache-control": "no-cache",
  });
  if (fault === "truncated") {
    response.write(body, () => response.socket?.destroy());
  } else {
    response.end(body);
  }
  done(status);
}
