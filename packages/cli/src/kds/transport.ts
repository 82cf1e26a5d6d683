// SPDX-License-Identifier: Apache-2.0
// One GET over HTTP. On node:https and not on fetch(), which loads three times as long and takes proxies
// out of the environment only for the whole process.

import type { IncomingMessage } from "node:http";
import { systemErrorCode } from "../input/system-error.ts";

/** One request. */
export interface TransportRequest {
  readonly url: string;
  /** Most bytes of the body that are taken. */
  readonly limit: number;
  /** When to give up, in milliseconds from now, however much has come. */
  readonly timeoutMs: number;
}

/** An answer, whatever its status. Redirects are not followed. */
export interface TransportResponse {
  readonly status: number;
  readonly retryAfter?: string;
  readonly body: Uint8Array;
}

/**
 * Sends one request.
 * @throws {TransportError} when there was no whole answer within limit and time.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/** Why there was no whole answer. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: "connection" | "timeout" | "too-large";

  constructor(kind: TransportError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Connections that are open at a time. */
const MAX_SOCKETS = 4;

/**
 * A transport on Node's HTTP client.
 * @param env Where `https_proxy`, `http_proxy` and `no_proxy`, or the same in capitals, are looked up.
 */
export function nodeTransport(env: NodeJS.ProcessEnv): Transport {
  const clients = new Map<string, Get>();
  return async (request) => {
    const { protocol } = new URL(request.url);
    try {
      const get = clients.get(protocol) ?? openClient(protocol === "https:", env);
      clients.set(protocol, get);
      return await exchange(get, request);
    } catch (error) {
      throw asTransportError(error);
    }
  };
}

type Get = (
  url: string,
  signal: AbortSignal,
  onResponse: (response: IncomingMessage) => void,
) => { on(event: "error", listener: (error: Error) => void): unknown };

function openClient(isSecure: boolean, env: NodeJS.ProcessEnv): Get {
  // Loaded here, since most commands never get as far, and not by import(), which the scripts of the
  // published bundle do not have.
  const { Agent, get } = process.getBuiltinModule(isSecure ? "node:https" : "node:http");
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, proxyEnv: env });
  const headers = { accept: "*/*", "user-agent": "greenlight" };
  return (url, signal, onResponse) => get(url, { agent, headers, signal }, onResponse);
}

function exchange(
  get: Get,
  { url, limit, timeoutMs }: TransportRequest,
): Promise<TransportResponse> {
  const signal = AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)));
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(
        signal.aborted ? new TransportError("timeout", "gave no whole answer in time") : error,
      );
    };
    get(url, signal, (response) => {
      readResponse(response, limit).then(resolve, fail);
    }).on("error", fail);
  });
}

/** The whole answer, refused before more than `limit` bytes of it are kept. */
async function readResponse(response: IncomingMessage, limit: number): Promise<TransportResponse> {
  const pieces: Buffer[] = [];
  let length = 0;
  // Leaving the loop early closes the connection.
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > limit) {
      throw new TransportError("too-large", `answered with more than ${limit} bytes`);
    }
    pieces.push(piece);
  }
  const { statusCode: status = 0, headers } = response;
  const retryAfter = headers["retry-after"];
  const body = Buffer.concat(pieces);
  return { status, body, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

function asTransportError(error: unknown): unknown {
  if (error instanceof TransportError) return error;
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  return new TransportError("connection", `cannot be reached: ${REASONS[code] ?? code}`);
}

/** In words what most often goes wrong. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut",
  EAI_AGAIN: "its name could not be looked up",
  ENOTFOUND: "its name is not known",
  ENETUNREACH: "there is no route to it",
  EHOSTUNREACH: "there is no route to it",
  ETIMEDOUT: "the connection timed out",
  EPIPE: "the connection was cut",
  ERR_PROXY_INVALID_CONFIG: "the proxy that the environment names is no URL",
  ERR_PROXY_TUNNEL: "the proxy does not let through to it",
  DEPTH_ZERO_SELF_SIGNED_CERT: "this system does not trust its TLS certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "this system does not trust its TLS certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "this system does not trust its TLS certificate",
};
