// SPDX-License-Identifier: Apache-2.0
// Options of every command that may ask the KDS, and how they become a client. The client is loaded
// only when something is missing.

import { existsSync } from "node:fs";
import type { Options, OptionValues } from "../command/command.ts";
import { UsageError } from "../command/usage-error.ts";
import type { Io } from "../output/io.ts";
import { parseBaseUrl } from "./base-url.ts";
import type { DiskCache } from "./cache.ts";
import type { KdsClient } from "./client.ts";
import type { Say } from "./words.ts";

/** Heading of these options in help. */
const group = "AMD's Key Distribution Service (KDS)";

/** Seconds allowed when nothing else is said. */
export const DEFAULT_TIMEOUT = "20";

export const CACHE_OPTION = {
  "kds-cache": {
    kind: "value",
    placeholder: "FOLDER",
    brief: "where fetched certificates are kept",
    default: "~/.cache/greenlight/kds",
    group,
  },
} as const satisfies Options;

export const SERVER_OPTIONS = {
  kds: {
    kind: "value",
    placeholder: "URL",
    brief: "ask this mirror",
    default: "AMD's own, or $GREENLIGHT_KDS",
    group,
  },
  "kds-allow-http": { kind: "flag", brief: "take a mirror that is not encrypted", group },
} as const satisfies Options;

/** For commands that ask for what they miss. */
export const KDS_OPTIONS = {
  offline: {
    kind: "flag",
    brief: "never use the network; what was fetched before is used",
    group,
  },
  ...SERVER_OPTIONS,
  "kds-folder": {
    kind: "list",
    placeholder: "FOLDER",
    brief: "look here first: an export, Trustee's offline store, or loose files",
    group,
  },
  ...CACHE_OPTION,
  "kds-timeout": {
    kind: "value",
    placeholder: "SECONDS",
    brief: "time allowed for all that is missing, retries included",
    default: DEFAULT_TIMEOUT,
    group,
  },
} as const satisfies Options;

/** Values of {@link KDS_OPTIONS}, or of those that a command has. */
export type KdsSettings = Partial<OptionValues<typeof KDS_OPTIONS>>;

/** What a command may set besides. */
export interface KdsSetup {
  /** Least milliseconds between two requests. */
  readonly paceMs?: number;
  /** Ask the server, whatever is in the cache. */
  readonly refresh?: boolean;
}

/** Gives the client, the same one each time; undefined when it could not have anything. */
export type KdsOpener = () => Promise<KdsClient | undefined>;

/**
 * Checks the settings, and gives what opens a client when one is needed.
 * @throws {UsageError} `bad-value`, `conflicting-options`. What it gives throws `unreadable-file` for a
 * folder that is not there.
 */
export function kdsOpener(settings: KdsSettings, io: Io, setup: KdsSetup = {}): KdsOpener {
  const { offline = false, "kds-folder": folders = [], "kds-cache": cacheOption } = settings;
  if (offline && settings.kds !== undefined) {
    throw new UsageError("conflicting-options", "--kds and --offline cannot be given together");
  }
  const baseUrl = mirrorOf(settings);
  const deadlineMs = parseSeconds(settings["kds-timeout"] ?? DEFAULT_TIMEOUT, "--kds-timeout");
  let opened: Promise<KdsClient | undefined> | undefined;
  const open = async (): Promise<KdsClient | undefined> => {
    const cacheFolder = cacheOption ?? defaultCacheFolder(process.env);
    const isCacheThere = cacheFolder !== undefined && existsSync(cacheFolder);
    if (offline && folders.length === 0 && !isCacheThere) return undefined;
    const { KdsClient: Client } = await import("./client.ts");
    const server = baseUrl === undefined ? {} : { baseUrl };
    const cache = await openCache(cacheOption, sayTo(io));
    const say = sayTo(io);
    return new Client({
      ...server,
      ...setup,
      cache,
      offline,
      offlineFolders: folders,
      deadlineMs,
      say,
    });
  };
  return () => (opened ??= open());
}

/**
 * The cache of a folder that was named, or of the user.
 * @returns undefined when there is no place for one, or none that is safe.
 */
export async function openCache(
  folder: string | undefined,
  say: Say,
): Promise<DiskCache | undefined> {
  const path = folder ?? defaultCacheFolder(process.env);
  if (path === undefined) return undefined;
  const { DiskCache: Cache } = await import("./cache.ts");
  return Cache.open(path, say, folder === undefined ? "own" : "named");
}

/** `greenlight/kds` under XDG_CACHE_HOME or ~/.cache; undefined without either. */
export function defaultCacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  const { HOME, XDG_CACHE_HOME } = env;
  const base = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
  return base ? `${base}/greenlight/kds` : undefined;
}

/** The mirror that was named, here or in the environment. */
export function mirrorOf(settings: KdsSettings): string | undefined {
  const url = settings.kds ?? (process.env["GREENLIGHT_KDS"] || undefined);
  const name = settings.kds === undefined ? "GREENLIGHT_KDS" : "--kds";
  const allowHttp = settings["kds-allow-http"] === true;
  return url === undefined ? undefined : parseBaseUrl(url, name, { allowHttp });
}

/** Talk goes to stderr, what only those who watch want to know to a terminal. */
export function sayTo(io: Io): Say {
  return (message, kind = "note") => {
    if (kind === "note" || io.liveProgress) io.err(`greenlight: ${message}\n`);
  };
}

/** Milliseconds of a number of seconds, with or without a fraction, up to a day.
 * @throws {UsageError} `bad-value`.
 */
export function parseSeconds(text: string, option: string): number {
  const seconds = /^\d{1,5}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds > 0 && seconds <= 86_400) return Math.round(seconds * 1000);
  throw new UsageError(
    "bad-value",
    `${option} is ${JSON.stringify(text.slice(0, 40))}`,
    "give seconds, such as 20 or 0.5",
  );
}
