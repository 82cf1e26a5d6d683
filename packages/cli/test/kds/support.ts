// SPDX-License-Identifier: Apache-2.0
// What tests of the KDS client share: a clock that only moves when somebody sleeps, a transport that
// follows a script, and folders that go away.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { KdsError } from "../../src/kds/error.ts";
import type { KdsErrorCode } from "../../src/kds/error.ts";
import type { Clock } from "../../src/kds/retry.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/kds/transport.ts";

/** A clock at an instant of 2026. */
export class ManualClock implements Clock {
  time = Date.UTC(2026, 5, 1);
  readonly slept: number[] = [];

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.time += milliseconds;
    await Promise.resolve();
  }

  random(): number {
    return 0.5;
  }
}

/** One step of a script: an answer, or an error that is thrown. */
export type Step = TransportResponse | Error | ((request: TransportRequest) => TransportResponse);

/** A transport that takes one step after another, and says what it was asked. */
export class ScriptedTransport {
  readonly requests: TransportRequest[] = [];
  readonly #steps: Step[];

  constructor(...steps: readonly Step[]) {
    this.#steps = [...steps];
  }

  readonly send: Transport = async (request) => {
    this.requests.push(request);
    await Promise.resolve();
    const step = this.#steps.shift();
    if (step === undefined) throw new Error(`nobody expected ${request.url}`);
    if (step instanceof Error) throw step;
    return typeof step === "function" ? step(request) : step;
  };
}

/** An answer with content. */
export function ok(body: Uint8Array): TransportResponse {
  return { status: 200, body };
}

/** An answer without. */
export function status(code: number, retryAfter?: string): TransportResponse {
  const body = Buffer.from("no");
  return retryAfter === undefined ? { status: code, body } : { status: code, body, retryAfter };
}

/** A folder that is removed after the test. */
export function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "greenlight-kds-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** For assert.rejects: a KdsError of this code. */
export function kdsError(code: KdsErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => error instanceof KdsError && error.code === code && message.test(error.message);
}

/** A VCEK of Milan. */
export const VCEK = {
  kind: "VCEK",
  line: "Milan",
  hwId: Uint8Array.from({ length: 64 }, (_, i) => i),
  tcb: { bootloader: 3, tee: 0, snp: 8, microcode: 115 },
} as const satisfies KdsAddress;
export const CRL = { kind: "CRL", line: "Milan", endorser: "vcek" } as const satisfies KdsAddress;
export const CHAIN = {
  kind: "cert_chain",
  line: "Milan",
  endorser: "vlek",
} as const satisfies KdsAddress;
