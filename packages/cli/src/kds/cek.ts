// SPDX-License-Identifier: Apache-2.0
// The signed CEK of a chip from AMD's Key Distribution Service: kept on disk by the chip's id, because
// the service takes few requests and signs the same key anew for each. What is kept is a hint only.

import { basename, dirname, join } from "node:path";
import { LayoutError, hexEncode } from "@greenlight/core/bytes";
import { KDS_BASE } from "@greenlight/core/endorsement";
import { SEV_CERTIFICATE, SEV_USAGE, parseSevCertificate } from "@greenlight/core/sev-endorsement";
import type { SevCertificate } from "@greenlight/core/sev-endorsement";
import { systemErrorCode } from "../input/system-error.ts";
import { KdsError } from "./error.ts";
import type { KdsErrorCode } from "./error.ts";
import { isOwnOrAbsent, listFiles, readSmall, sha256, writeWhole } from "./files.ts";
import { SYSTEM_CLOCK, backoff, retryAfterMs } from "./retry.ts";
import type { Clock } from "./retry.ts";
import { TransportError, nodeTransport } from "./transport.ts";
import type { Transport } from "./transport.ts";
import type { Say } from "./words.ts";

/** How the CEK is asked for. */
export interface CekOptions {
  /** Without slash at its end; AMD's own when left out. */
  readonly baseUrl?: string | undefined;
  /** Folder of the cache; nothing is kept when left out. */
  readonly cacheFolder?: string | undefined;
  /** Never use the network. */
  readonly offline?: boolean;
  /** Milliseconds for all requests together. */
  readonly deadlineMs: number;
  readonly transport?: Transport;
  readonly clock?: Clock;
  readonly say: Say;
}

/** Milliseconds that one request may take. */
const REQUEST_MS = 10_000;

/** Requests without an answer, or with a server error, after which it counts as unreachable. */
const MAX_FAILURES = 4;

/** Path of the signed CEK of a chip. */
export function cekPath(chipId: Uint8Array): string {
  return `/cek/id/${hexEncode(chipId)}`;
}

/**
 * The CEK of a chip, out of the cache or from the service.
 * @param chipId 64 bytes, as GET_ID gives them.
 * @throws {KdsError} when it cannot be had.
 */
export async function fetchCek(chipId: Uint8Array, options: CekOptions): Promise<SevCertificate> {
  const { say } = options;
  const file = cacheFile(chipId, options);
  const kept = file === undefined ? undefined : readKept(file, options);
  if (kept !== undefined) return kept;
  if (options.offline === true) {
    throw failure(chipId, options, "offline", "is not asked, because of --offline");
  }
  const bytes = await download(chipId, options);
  const certificate = cekOf(bytes);
  if (certificate === undefined) {
    throw failure(chipId, options, "bad-response", "answered something that is no signed CEK");
  }
  if (file !== undefined) keep(file, bytes, say);
  return certificate;
}

/** A certificate that says that it is a CEK and that the ASK signed it; undefined for other bytes. */
function cekOf(bytes: Uint8Array): SevCertificate | undefined {
  try {
    const certificate = parseSevCertificate(bytes);
    const isSigned = certificate.signatures.some(({ usage }) => usage === SEV_USAGE.ASK);
    return certificate.usage === SEV_USAGE.CEK && isSigned ? certificate : undefined;
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}

/** Where the answer of a service is kept: what one said must not stand in the way of another's. */
function cacheFile(
  chipId: Uint8Array,
  { baseUrl = KDS_BASE, cacheFolder, say }: CekOptions,
): string | undefined {
  if (cacheFolder === undefined) return undefined;
  const folder = join(cacheFolder, "cek");
  const wrong = [cacheFolder, folder].find((path) => !isOwnOrAbsent(path));
  const service = baseUrl === KDS_BASE ? "" : `.${sha256(Buffer.from(baseUrl)).slice(0, 16)}`;
  if (wrong === undefined) return join(folder, `${hexEncode(chipId)}${service}.cert`);
  say(`the cache is not used: ${wrong} is not a folder that only you can write to`);
  return undefined;
}

/** What is kept of the service; where none is asked, what any said of the chip. */
function readKept(file: string, { offline = false, say }: CekOptions): SevCertificate | undefined {
  const own = readOne(file, say);
  if (own !== undefined || !offline) return own;
  const folder = dirname(file);
  const chip = `${basename(file).split(".")[0]}.`;
  for (const name of listFiles(folder, { deep: false }).toSorted()) {
    const path = join(folder, name);
    const isOther = name.startsWith(chip) && name.endsWith(".cert") && path !== file;
    const found = isOther ? readOne(path, say) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function readOne(file: string, say: Say): SevCertificate | undefined {
  const bytes = readSmall(file, SEV_CERTIFICATE.size);
  const certificate = bytes === undefined ? undefined : cekOf(new Uint8Array(bytes));
  if (bytes !== undefined && certificate === undefined) {
    say(`the cache entry ${file} is damaged and left out`);
  }
  return certificate;
}

function keep(file: string, bytes: Uint8Array, say: Say): void {
  try {
    writeWhole(file, bytes);
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    say(`${file} is not written: ${reason}`);
  }
}

async function download(chipId: Uint8Array, options: CekOptions): Promise<Uint8Array> {
  const { baseUrl = KDS_BASE, clock = SYSTEM_CLOCK, say } = options;
  const transport = options.transport ?? nodeTransport(process.env);
  const until = clock.now() + options.deadlineMs;
  const host = new URL(baseUrl).host;
  say(`asking ${host} for the CEK of the chip`, "progress");
  let failures = 0;
  for (let attempt = 1; ; attempt++) {
    const left = until - clock.now();
    const last = await request(`${baseUrl}${cekPath(chipId)}`, left, transport, clock);
    if (last.body !== undefined) return last.body;
    const { code, reason, waitMs } = last;
    if (waitMs === undefined) throw failure(chipId, options, code, reason);
    if (code !== "throttled") failures += 1;
    const wait = Math.max(waitMs, backoff(attempt, clock.random()));
    if (failures >= MAX_FAILURES || clock.now() + wait >= until) {
      throw failure(chipId, options, code, reason);
    }
    say(`${host} ${reason}; asking again in ${Math.max(1, Math.round(wait / 1000))} s`);
    await clock.sleep(wait);
  }
}

/** What came of one request. */
type Outcome =
  | { readonly body: Uint8Array }
  | {
      readonly body?: undefined;
      readonly code: KdsErrorCode;
      /** A clause after the name of the server. */
      readonly reason: string;
      /** Least milliseconds to wait for another request; absent when none can help. */
      readonly waitMs?: number;
    };

async function request(
  url: string,
  left: number,
  transport: Transport,
  clock: Clock,
): Promise<Outcome> {
  const timeoutMs = Math.max(1, Math.min(left, REQUEST_MS));
  try {
    const answer = await transport({ url, limit: SEV_CERTIFICATE.size, timeoutMs });
    const { status, retryAfter, body } = answer;
    if (status === 200) return { body: new Uint8Array(body) };
    const reason = `answered HTTP ${status}`;
    if (status === 404) return { code: "not-found", reason: "knows no such chip (HTTP 404)" };
    const waitMs = retryAfterMs(retryAfter, clock.now()) ?? 0;
    if (status === 429) return { code: "throttled", reason, waitMs };
    if (status >= 500) return { code: "unreachable", reason, waitMs };
    return { code: "bad-response", reason };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const { kind, message: reason } = error;
    if (kind === "too-large") return { code: "bad-response", reason };
    return { code: "unreachable", reason, waitMs: 0 };
  }
}

function failure(
  chipId: Uint8Array,
  { baseUrl = KDS_BASE }: CekOptions,
  code: KdsErrorCode,
  reason: string,
): KdsError {
  const message = `the CEK of the chip could not be fetched: ${baseUrl} ${reason}`;
  return new KdsError({ code, path: cekPath(chipId), message });
}
