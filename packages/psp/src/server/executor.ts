// SPDX-License-Identifier: Apache-2.0
// Runs commands by name on a platform, one after the other, and stores the platform when one has changed
// what outlives a power cycle.

import { statusText } from "../platform/status.ts";
import type { Platform } from "../platform/index.ts";
import type { CommandResult, ServerCommand, Session } from "./command.ts";
import { SEV_COMMANDS } from "./sev-commands.ts";
import { REFUSED_COMMANDS, SNP_COMMANDS } from "./snp-commands.ts";
import { ArgumentError, Arguments, toPlain } from "./values.ts";

/** An answer: the outputs, or the status that refuses the command. */
export type Answer =
  | { readonly return: unknown }
  | { readonly error: { readonly status: string; readonly desc: string } };

/** Where a platform is stored. */
export interface PlatformStore {
  load(): Platform;
  save(platform: Platform): void;
}

/** All commands by name. */
const COMMANDS: ReadonlyMap<string, ServerCommand> = new Map([
  ...Object.entries(SEV_COMMANDS),
  ...Object.entries(SNP_COMMANDS),
]);

/** Commands that are about the machine and not the platform's own. */
const POWER_CYCLE = "power-cycle";
const QUERY_COMMANDS = "query-commands";

/** Runs commands on a stored platform. */
export class Executor {
  readonly #store: PlatformStore;
  #session: Session;
  #stored: string;
  /** Commands wait for each other: the firmware runs one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @throws {PlatformError} for a platform that cannot be loaded. */
  constructor(store: PlatformStore) {
    this.#store = store;
    this.#session = { platform: store.load(), channels: new Map() };
    this.#stored = textOf(this.#session.platform);
  }

  /** The platform; another one after a power cycle. */
  get platform(): Platform {
    return this.#session.platform;
  }

  /**
   * Runs a command. Whatever is wrong with its name or arguments is an answer.
   * @throws {PlatformError} `state-file` when what it changed cannot be stored.
   */
  async execute(name: string, values: unknown = {}): Promise<Answer> {
    const run = this.#last.then(async () => this.#run(name, values));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #run(name: string, values: unknown): Promise<Answer> {
    if (name === QUERY_COMMANDS) return { return: commandList() };
    if (name === POWER_CYCLE) {
      this.#session = { platform: this.#store.load(), channels: new Map() };
      return { return: {} };
    }
    const command = COMMANDS.get(name);
    if (command === undefined) return unknownCommand(name);
    let result: CommandResult;
    try {
      const known = command.arguments.map((each) => each.replace(/\?$/, ""));
      result = await command.run(this.#session, new Arguments(values, known));
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      return { error: { status: "INVALID_PARAM", desc: error.message } };
    }
    this.#save();
    return answerOf(result);
  }

  #save(): void {
    const { platform } = this.#session;
    const text = textOf(platform);
    if (text === this.#stored) return;
    this.#store.save(platform);
    this.#stored = text;
  }
}

function textOf(platform: Platform): string {
  return JSON.stringify(platform.toJson());
}

function answerOf(result: CommandResult): Answer {
  if (result.status === "SUCCESS") {
    const { status: _status, ...outputs } = result;
    return { return: toPlain(outputs) };
  }
  const { status, reason, ...more } = result;
  const text = statusText(status);
  const desc = `${text}: ${reason}`;
  const details = Object.entries(more).map(([name, value]) => [name, toPlain(value)] as const);
  return { error: { ...Object.fromEntries(details), status, desc } };
}

function unknownCommand(name: string): Answer {
  if (REFUSED_COMMANDS.includes(name)) {
    const desc = `${statusText("UNSUPPORTED")}: ${name} is not simulated`;
    return { error: { status: "UNSUPPORTED", desc } };
  }
  const desc = `there is no command ${JSON.stringify(name.slice(0, 40))}; ask ${QUERY_COMMANDS}`;
  return { error: { status: "INVALID_COMMAND", desc } };
}

/** Every command with its arguments. */
function commandList(): readonly {
  readonly name: string;
  readonly arguments: readonly string[];
}[] {
  const machine = [QUERY_COMMANDS, POWER_CYCLE].map((name) => ({ name, arguments: [] }));
  const all = [...COMMANDS].map(([name, { arguments: names }]) => ({ name, arguments: names }));
  return [...machine, ...all];
}
