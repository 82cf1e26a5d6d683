// SPDX-License-Identifier: Apache-2.0
// Asking the KDS, or a mirror: again when that can help, no faster than it allows, and never for longer
// than there is time.

import { LayoutError } from "@greenlight/core/bytes";
import { kdsPath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { KdsError } from "./error.ts";
import type { KdsErrorCode } from "./error.ts";
import { MAX_MATERIAL, readContent } from "./material.ts";
import type { Content } from "./material.ts";
import { backoff, retryAfterMs } from "./retry.ts";
import type { Clock } from "./retry.ts";
import { titleOfAddress } from "./words.ts";
import { TransportError } from "./transport.ts";
import type { Transport, TransportResponse } from "./transport.ts";
import type { Say } from "./words.ts";

/** Milliseconds one request may take: a connection that hangs is given up for another one. */
const REQUEST_MS = 10_000;

/** Requests without an answer, or with a server error, after which it counts as unreachable. */
const MAX_FAILURES = 4;

/** Milliseconds for which an unreachable server is not asked again. */
const GIVEN_UP_MS = 60_000;

/** The server that is asked and how. */
export interface KdsServerOptions {
  /** Without slash at its end. */
  readonly baseUrl: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Least milliseconds between two requests. */
  readonly paceMs: number;
  readonly say: Say;
}

/** What came of one request. */
type Outcome =
  | { readonly content: Content }
  | { readonly content?: undefined; readonly failure: Failure };

interface Failure {
  readonly code: KdsErrorCode;
  /** What happened, as a clause. */
  readonly reason: string;
  readonly hint?: string;
  /** Worth another request. */
  readonly isPassing: boolean;
  /** Milliseconds the server wants to be left alone. */
  readonly waitMs?: number | undefined;
}

/** A KDS server. */
export class KdsServer {
  readonly baseUrl: string;
  readonly #options: KdsServerOptions;
  /** When the next request may be sent, in milliseconds since 1970. */
  #nextRequest = 0;
  /** Until when the server wants to be left alone; requests are refused to one client, not for one thing. */
  #throttledUntil = 0;
  #givenUpUntil = 0;

  constructor(options: KdsServerOptions) {
    this.baseUrl = options.baseUrl;
    this.#options = options;
  }

  /**
   * Fetches what an address stands for.
   * @param until When to give up, in milliseconds since 1970.
   * @throws {KdsError} of any code but `offline`.
   */
  async download(address: KdsAddress, until: number): Promise<Content> {
    const { clock, say } = this.#options;
    const host = new URL(this.baseUrl).host;
    let last: Failure | undefined;
    let failures = 0;
    for (let attempt = 1; ; attempt++) {
      await this.#waitForTurn(address, until, last);
      if (attempt === 1) say(`asking ${host} for the ${titleOfAddress(address)}`, "progress");
      const outcome = await this.#request(address, until);
      if (outcome.content !== undefined) return outcome.content;
      last = outcome.failure;
      if (!last.isPassing) throw this.#error(address, last);
      if (last.code === "throttled") {
        const wait = Math.max(last.waitMs ?? 0, backoff(attempt, clock.random()));
        this.#throttledUntil = Math.max(this.#throttledUntil, clock.now() + wait);
        if (this.#throttledUntil < until) {
          say(`${host} wants fewer requests; waiting ${seconds(wait)}`);
        }
        continue;
      }
      failures += 1;
      const wait = Math.max(last.waitMs ?? 0, backoff(attempt, clock.random()));
      const isLast = failures >= MAX_FAILURES;
      if (isLast) this.#givenUpUntil = clock.now() + GIVEN_UP_MS;
      if (isLast || clock.now() + wait >= until) throw this.#error(address, last);
      say(`${host}: ${last.reason}; asking again in ${seconds(wait)}`);
      await clock.sleep(wait);
    }
  }

  /** Waits until a request may be sent. */
  async #waitForTurn(address: KdsAddress, until: number, last: Failure | undefined): Promise<void> {
    const { clock, paceMs } = this.#options;
    for (;;) {
      const now = clock.now();
      if (now < this.#givenUpUntil) {
        const reason = "did not answer a moment ago";
        throw this.#error(address, last ?? { code: "unreachable", reason, isPassing: true });
      }
      const start = Math.max(now, this.#nextRequest, this.#throttledUntil);
      if (start >= until) throw this.#error(address, this.#lateness(start, now, last));
      if (start === now) {
        this.#nextRequest = now + paceMs;
        return;
      }
      await clock.sleep(start - now);
    }
  }

  /** Why no request can be sent before the time is over. */
  #lateness(start: number, now: number, last: Failure | undefined): Failure {
    if (this.#throttledUntil > now && start === this.#throttledUntil) {
      const reason = `refuses requests for another ${seconds(start - now)} (HTTP 429)`;
      return { code: "throttled", reason, isPassing: true };
    }
    return last ?? { code: "deadline", reason: "was not asked in time", isPassing: true };
  }

  async #request(address: KdsAddress, until: number): Promise<Outcome> {
    const { transport, clock } = this.#options;
    const url = `${this.baseUrl}${kdsPath(address)}`;
    const left = until - clock.now();
    const timeoutMs = Math.min(left, REQUEST_MS);
    let response: TransportResponse;
    try {
      response = await transport({ url, limit: MAX_MATERIAL, timeoutMs });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const { kind, message: reason } = error;
      if (kind === "too-large") return { failure: notTheKds(reason) };
      const isLate = kind === "timeout" && timeoutMs === left;
      return { failure: { code: isLate ? "deadline" : "unreachable", reason, isPassing: true } };
    }
    if (response.status !== 200) return { failure: refusal(response, address, clock.now()) };
    try {
      return { content: readContent(address, response.body) };
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      return { failure: notTheKds(`answered something else: ${error.message}`) };
    }
  }

  #error(address: KdsAddress, { code, reason, hint }: Failure): KdsError {
    const message = `the ${titleOfAddress(address)} could not be fetched: ${this.baseUrl} ${reason}`;
    const advice = hint ?? HINTS[code];
    const path = kdsPath(address);
    return new KdsError({ code, path, message, ...(advice === undefined ? {} : { hint: advice }) });
  }
}

/** What an answer without content means. */
function refusal(response: TransportResponse, { kind }: KdsAddress, now: number): Failure {
  const { status } = response;
  const waitMs = retryAfterMs(response.retryAfter, now);
  const reason = `answered HTTP ${status}`;
  if (status === 404) {
    const hint =
      kind === "VCEK"
        ? "it knows no such chip, or not with this TCB: is it the right product line (Bergamo and " +
          "Siena are Genoa)? AMD's service has also answered so for existing chips on bad days"
        : "is it a mirror of the whole service?";
    return { code: "not-found", reason: "has none (HTTP 404)", hint, isPassing: false };
  }
  if (status === 429) return { code: "throttled", reason, isPassing: true, waitMs };
  if (status >= 500) return { code: "unreachable", reason, isPassing: true, waitMs };
  if (status >= 300 && status < 400) return notTheKds(`${reason}: redirects are not followed`);
  return notTheKds(reason);
}

function notTheKds(reason: string): Failure {
  return { code: "bad-response", reason, isPassing: false };
}

const HINTS: Readonly<Partial<Record<KdsErrorCode, string>>> = {
  throttled:
    "AMD's service takes few requests from one address: try later, allow more time with " +
    "--kds-timeout, or use a mirror (--kds URL) or a folder",
  unreachable: "is there a network, and a proxy to set (https_proxy)? --kds URL asks a mirror",
  deadline: "allow more time with --kds-timeout SECONDS",
  "bad-response": "is it a mirror of the KDS, and nothing in between that answers in its place?",
};

function seconds(milliseconds: number): string {
  return `${Math.max(1, Math.round(milliseconds / 1000))} s`;
}
