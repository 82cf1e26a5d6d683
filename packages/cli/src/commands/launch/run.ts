// SPDX-License-Identifier: Apache-2.0
// `greenlight launch`: reads the plan, carries the launch out, tells what happens and how it ended.

import { randomBytes } from "node:crypto";
import { anticipateHost, launchHost, runLaunch } from "@greenlight/host/launch";
import type { LaunchHost, LaunchMaterials, LaunchResult } from "@greenlight/host/launch";
import { shownName } from "../../output/name.ts";
import { reportFailure } from "../../output/failure.ts";
import type { Io } from "../../output/io.ts";
import { lastingIo } from "../../output/lasting.ts";
import { interruptible } from "../attest/interruption.ts";
import { loadMaterials } from "./materials.ts";
import type { LaunchOptions } from "./options.ts";
import { loadPlan } from "./plan-file.ts";
import { exportOf } from "./platform.ts";
import { Teller } from "./teller.ts";

/** Exit codes of what a launch came to. */
const EXIT_CODES = { offered: 0, running: 0, refused: 1, failed: 3 } as const;

/**
 * @returns 0 when the secrets were released and the guest runs (or ran and powered off), 1 when the
 * launch was refused, 3 when it could not be decided or the host failed.
 */
export async function launch(path: string, options: LaunchOptions, given: Io): Promise<number> {
  // The record tells what happened; that nobody listens any more must not end a guest, or hide how it
  // ended behind another exit code.
  const io = lastingIo(given);
  const read = await loadPlan(path);
  await anticipateHost(read.plan);
  const { materials, guest } = await loadMaterials(read, options, io);
  const teller = new Teller(io, options);
  const exported = await exportOf(read.plan);
  const onNote = ({ text }: { readonly text: string }): void => teller.note(text);
  let host: LaunchHost;
  try {
    host = await launchHost(guest, { folder: read.folder, exported, onNote });
  } catch (error) {
    // A host that is not there is nothing that was used wrongly.
    if (!isMissing(error)) throw error;
    await reportFailure(error, "launch", options.json, io);
    return 3;
  }
  const folder = options.session ?? `${read.plan.name}.launch`;
  try {
    return await interruptible(
      async (signal) => carriedOut({ materials, host, folder, options, signal, teller }),
      () => io.err("greenlight launch: stopping; the guest is ended\n"),
    );
  } finally {
    for (const { data } of materials.secrets) data.fill(0);
    await host.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "no-qemu";
}

interface Subject {
  readonly materials: LaunchMaterials;
  readonly host: LaunchHost;
  readonly folder: string;
  readonly options: LaunchOptions;
  readonly signal: AbortSignal;
  readonly teller: Teller;
}

async function carriedOut(subject: Subject): Promise<number> {
  const { materials, host, folder, options, signal, teller } = subject;
  teller.note(`plan ${materials.name}, session folder ${shownName(folder)}`);
  const result = await runLaunch(materials, {
    host,
    folder,
    until: options.prepare ? "prepare" : "launch",
    now: () => Date.now(),
    random: (length) => Uint8Array.from(randomBytes(length)),
    signal,
    onEntry: (entry) => teller.step(entry),
  });
  teller.result(result);
  // Of an undecided launch there is nothing to say but that something was missing.
  const code = result.outcome === "undecided" ? 3 : EXIT_CODES[result.state];
  if (result.state !== "running") return code;
  return afterwards(result, subject);
}

/** A guest that ends with us is waited for; one that the host runs is let go. */
async function afterwards({ guest }: LaunchResult, subject: Subject): Promise<number> {
  const { host, signal, teller } = subject;
  if (guest === undefined) return 0;
  if (!host.ownsGuest) {
    await guest.close();
    return 0;
  }
  const stop = (): void => void guest.kill().catch(() => undefined);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const end = await guest.ended;
  await guest.close();
  teller.end(end);
  return end.exitCode === 0 ? 0 : 1;
}
