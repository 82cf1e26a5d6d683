// SPDX-License-Identifier: Apache-2.0
// The KDS client: looks into folders, then into the cache, then asks the server; each thing once.
// Whatever it gives has been checked to be what was asked for, and to be nothing more.

import { KDS_BASE, kdsPath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import type { DiskCache } from "./cache.ts";
import { KdsError } from "./error.ts";
import { OfflineFolder } from "./folder.ts";
import type { Content } from "./material.ts";
import { SYSTEM_CLOCK } from "./retry.ts";
import type { Clock } from "./retry.ts";
import { KdsServer } from "./server.ts";
import { titleOfAddress } from "./words.ts";
import { nodeTransport } from "./transport.ts";
import type { Transport } from "./transport.ts";
import type { Say } from "./words.ts";

/** A revocation list that was fetched longer ago is fetched again. */
const LIST_AGE_MS = 24 * 60 * 60 * 1000;

/** Milliseconds allowed for what is asked for together. */
const DEFAULT_DEADLINE_MS = 20_000;

/** Answers and failures that are remembered. */
const MAX_REMEMBERED = 4096;

/** How a client is set up. */
export interface KdsClientOptions {
  /** Absent: nothing is kept. */
  readonly cache?: DiskCache | undefined;
  /** Without slash at its end. */
  readonly baseUrl?: string;
  /** Never use the network. */
  readonly offline?: boolean;
  /** Folders that are looked into first. */
  readonly offlineFolders?: readonly string[];
  readonly deadlineMs?: number;
  /** Least milliseconds between two requests. */
  readonly paceMs?: number;
  /** Ask the server, whatever is in the cache. */
  readonly refresh?: boolean;
  readonly transport?: Transport;
  readonly clock?: Clock;
  /** Talk about what goes on, one sentence at a time. */
  readonly say?: Say;
}

/** What was asked for. */
export interface KdsAnswer {
  readonly address: KdsAddress;
  readonly content: Content;
  readonly origin: "cache" | "folder" | "network";
  /** The file it was in, or the server it came from, now or when it was kept. */
  readonly from: string;
  /** When it was fetched, in milliseconds since 1970; not known of files. */
  readonly fetched?: number;
  /** What one should know about it. */
  readonly note?: string;
}

/** A client for one command. */
export class KdsClient {
  readonly #options: KdsClientOptions;
  readonly #clock: Clock;
  readonly #folders: readonly OfflineFolder[];
  readonly #server: KdsServer | undefined;
  readonly #deadlineMs: number;
  /** Answers, and questions that are being asked, by path. */
  readonly #asked = new Map<string, Promise<KdsAnswer>>();
  /** Answers, by path. */
  readonly #known = new Map<string, KdsAnswer>();

  /** @throws {UsageError} `unreadable-file` for an offline folder that is not there. */
  constructor(options: KdsClientOptions) {
    this.#options = options;
    const { clock = SYSTEM_CLOCK, say = () => undefined, baseUrl = KDS_BASE } = options;
    this.#clock = clock;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#folders = (options.offlineFolders ?? []).map((path) => new OfflineFolder(path, say));
    const transport = options.transport ?? nodeTransport(process.env);
    this.#server =
      options.offline === true
        ? undefined
        : new KdsServer({ baseUrl, transport, clock, say, paceMs: options.paceMs ?? 0 });
  }

  /** The time, as this client has it. */
  now(): number {
    return this.#clock.now();
  }

  /** When the time for what is asked for from now on is over, in milliseconds since 1970. */
  deadline(): number {
    return this.#clock.now() + this.#deadlineMs;
  }

  /**
   * What an address stands for.
   * @param until When to give up; those who ask for the same thing at a time share the first's.
   * @throws {KdsError} of any code. @throws {LayoutError} for facts that are of no chip of the line.
   */
  get(address: KdsAddress, until: number = this.deadline()): Promise<KdsAnswer> {
    const path = kdsPath(address);
    const asked = this.#asked.get(path);
    if (asked !== undefined) return asked;
    const asking = this.#find(address, until);
    remember(this.#asked, path, asking);
    asking.then(
      (answer) => remember(this.#known, path, answer),
      (error: unknown) => {
        // That there is none will not change while the command runs; everything else may.
        const isFinal = error instanceof KdsError && error.code === "not-found";
        if (!isFinal) this.#asked.delete(path);
      },
    );
    return asking;
  }

  /** What is known, or in folders or the cache and current; the network is not used. */
  atHand(address: KdsAddress): KdsAnswer | undefined {
    const known = this.#known.get(kdsPath(address));
    return known ?? this.#nearby(address).find((answer) => this.#isCurrent(answer))?.answer;
  }

  /** Forgets what is kept for an address, which turned out not to be genuine. */
  forget(address: KdsAddress): void {
    this.#asked.delete(kdsPath(address));
    this.#known.delete(kdsPath(address));
    this.#options.cache?.delete(address);
  }

  async #find(address: KdsAddress, until: number): Promise<KdsAnswer> {
    const near = this.#nearby(address);
    const current = near.find((answer) => this.#isCurrent(answer));
    if (current !== undefined) return current.answer;
    try {
      return await this.#fetch(address, until);
    } catch (error) {
      const stale = near.toSorted((a, b) => nextUpdateOf(b.answer) - nextUpdateOf(a.answer))[0];
      if (stale === undefined || !(error instanceof KdsError)) throw error;
      return { ...stale.answer, note: `${this.#stalenessOf(stale.answer)}; ${error.message}` };
    }
  }

  /** What folders and cache have. */
  #nearby(address: KdsAddress): readonly Near[] {
    const near: Near[] = [];
    for (const folder of this.#folders) {
      const found = folder.find(address);
      if (found !== undefined) near.push({ answer: { address, ...found, origin: "folder" } });
    }
    const { cache, refresh = false } = this.#options;
    const cached = cache?.get(address);
    if (cached !== undefined) {
      const { content, fetched, from } = cached;
      near.push({ answer: { address, content, from, fetched, origin: "cache" }, refresh });
    }
    return near;
  }

  /** Certificates for ever; lists until they are a day old or their issuer's next one is due. */
  #isCurrent({ answer, refresh = false }: Near): boolean {
    if (refresh) return false;
    const { fetched } = answer;
    if (answer.address.kind !== "CRL") return true;
    const now = this.#clock.now();
    const { nextUpdate } = answer.content;
    if (nextUpdate !== undefined && now >= nextUpdate) return false;
    return fetched === undefined || (fetched <= now && now - fetched < LIST_AGE_MS);
  }

  #stalenessOf({ fetched, ...answer }: KdsAnswer): string {
    const { nextUpdate } = answer.content;
    const isDue = nextUpdate !== undefined && this.#clock.now() >= nextUpdate;
    const due = isDue ? `, whose successor was due on ${dayOf(nextUpdate)},` : "";
    const when = fetched === undefined ? "" : ` as fetched on ${dayOf(fetched)}`;
    return `the ${titleOfAddress(answer.address)}${due} is taken${when} from the ${answer.origin}`;
  }

  async #fetch(address: KdsAddress, until: number): Promise<KdsAnswer> {
    const path = kdsPath(address);
    if (this.#server === undefined) {
      throw new KdsError({
        code: "offline",
        path,
        message: `the ${titleOfAddress(address)} is not at hand, and the network is not to be used`,
        hint: "leave --offline out, or give a folder that has it (see greenlight kds export --help)",
      });
    }
    const content = await this.#server.download(address, until);
    const from = this.#server.baseUrl;
    const fetched = this.#clock.now();
    this.#options.cache?.put(address, { content, fetched, from });
    return { address, content, from, fetched, origin: "network" };
  }
}

/** Something that need not be fetched. */
interface Near {
  readonly answer: KdsAnswer;
  /** It is to be fetched again all the same. */
  readonly refresh?: boolean;
}

/** Sets an entry, and drops the oldest of too many. */
function remember<T>(map: Map<string, T>, path: string, value: T): void {
  map.set(path, value);
  if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value!);
}

function nextUpdateOf({ content }: KdsAnswer): number {
  return content.nextUpdate ?? 0;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
