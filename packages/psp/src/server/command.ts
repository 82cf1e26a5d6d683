// SPDX-License-Identifier: Apache-2.0
// What a command of the server is: arguments by name, and what is done with them.

import type { Platform } from "../platform/index.ts";
import type { Failure } from "../platform/status.ts";
import type { GuestMessageChannel } from "../snp/channel.ts";
import type { SnpProcessor } from "../snp/types.ts";
import type { Arguments } from "./values.ts";

/** What a command works on. */
export interface Session {
  readonly platform: Platform;
  /** Ends of the guests' message channels, by context and key: the server is the guest, too. */
  readonly channels: Map<string, GuestMessageChannel>;
}

/** What a command gives: a status and, with SUCCESS, its outputs. */
export type CommandResult = { readonly status: "SUCCESS" } | Failure;

/** A command. */
export interface ServerCommand {
  /** Names of the arguments; those ending in ? may be absent. */
  readonly arguments: readonly string[];
  /** @throws {ArgumentError} for arguments that are none. */
  readonly run: (session: Session, given: Arguments) => CommandResult | Promise<CommandResult>;
}

/** A command of SEV-SNP, on platforms that have it. */
export function snpCommand(
  names: readonly string[],
  run: (snp: SnpProcessor, given: Arguments, session: Session) => CommandResult,
): ServerCommand {
  return {
    arguments: names,
    run: (session, given) => {
      const { snp, line } = session.platform;
      if (snp !== undefined) return run(snp, given, session);
      return { status: "INVALID_COMMAND", reason: `${line} has no SEV-SNP` };
    },
  };
}

/** An argument that may be absent, as a property that may be absent. */
export function optional<const K extends string, T>(
  given: Arguments,
  name: K,
  read: (name: K) => T,
): { readonly [P in K]?: T } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one property, of this very name
  return (given.has(name) ? { [name]: read(name) } : {}) as { readonly [P in K]?: T };
}
