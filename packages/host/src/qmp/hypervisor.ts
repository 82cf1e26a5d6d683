// SPDX-License-Identifier: Apache-2.0
// QEMU through QMP, as the hypervisor of a launch. Nothing here judges what QEMU says.

import { base64Encode } from "@greenlight/core/bytes";
import type { GuestEnd, Hypervisor } from "../launch/hypervisor.ts";
import type { QemuProcess } from "../machine/index.ts";
import {
  readLaunchInfo,
  readMeasurement,
  readPlatformExport,
  readReport,
  readRunState,
} from "./answers.ts";
import { DEFAULT_TIMEOUT_MS } from "./client.ts";
import type { QmpArguments, QmpClient } from "./client.ts";
import { QmpError } from "./error.ts";

/** What is known of QEMU beside its QMP connection. */
export interface QemuHypervisorOptions {
  /** QEMU itself, where it is a child of ours: it can then be ended without being asked. */
  readonly process?: QemuProcess;
  /** Deadline of every command, {@link DEFAULT_TIMEOUT_MS} unless given. */
  readonly timeoutMs?: number;
  /** How long a QEMU that was asked to quit may take, 5000 unless given. */
  readonly quitMs?: number;
}

/** How long a QEMU that was asked to quit may take. */
const QUIT_MS = 5000;

/** Longest piece of standard error that is handed on. */
const MAX_STDERR = 4096;

/** A launch under a QEMU that QMP is negotiated with. */
export function qemuHypervisor(
  client: QmpClient,
  { process, timeoutMs = DEFAULT_TIMEOUT_MS, quitMs = QUIT_MS }: QemuHypervisorOptions = {},
): Hypervisor {
  const { version, package: built } = client.greeting;
  const end = watchEnd(client, process);
  const ask = async (command: string, args?: QmpArguments): Promise<unknown> =>
    client.execute(command, args, { timeoutMs });
  return {
    kind: "qemu",
    version: `QEMU ${version.major}.${version.minor}.${version.micro}${built === "" ? "" : ` (${built})`}`,
    platformExport: async () => readPlatformExport(await ask("query-sev-capabilities")),
    launchInfo: async () => readLaunchInfo(await ask("query-sev")),
    runState: async () => readRunState(await ask("query-status")),
    launchMeasurement: async () => readMeasurement(await ask("query-sev-launch-measure")),
    attestationReport: async (mnonce) =>
      readReport(await ask("query-sev-attestation-report", { mnonce: base64Encode(mnonce) })),
    async injectSecret({ header, payload, gpa }) {
      await ask("sev-inject-launch-secret", {
        "packet-header": base64Encode(header),
        secret: base64Encode(payload),
        ...(gpa === undefined ? {} : { gpa: address(gpa) }),
      });
    },
    async resume() {
      await ask("cont");
    },
    async kill() {
      await quit(client, quitMs, timeoutMs);
      if (process === undefined) {
        await gone(client, quitMs);
        return;
      }
      await stopped(process, quitMs);
    },
    ended: end,
    async close() {
      client.close();
    },
  };
}

/** JSON numbers are exact up to 2^53, and no guest has memory above that. */
function address(gpa: bigint): number {
  if (gpa >= 0n && gpa <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(gpa);
  throw new QmpError("refused", `0x${gpa.toString(16)} is no address of guest memory`);
}

/** Asks QEMU to end. Whether it does is looked at afterwards, so errors of asking are of no interest. */
async function quit(client: QmpClient, quitMs: number, timeoutMs: number): Promise<void> {
  try {
    await client.execute("quit", undefined, { timeoutMs: Math.min(quitMs, timeoutMs) });
  } catch (error) {
    if (!(error instanceof QmpError)) throw error;
  }
}

async function stopped(process: QemuProcess, quitMs: number): Promise<void> {
  const timer = setTimeout(() => void process.stop(quitMs), quitMs);
  try {
    await process.ended;
  } finally {
    clearTimeout(timer);
  }
}

/** A QEMU that is not ours is known to be gone by the end of its connection, and by nothing else. */
async function gone(client: QmpClient, quitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), quitMs);
  try {
    if ((await Promise.race([client.closed, promise])) !== "late") return;
  } finally {
    clearTimeout(timer);
  }
  throw new QmpError("timeout", `QEMU was told to quit and is there after ${quitMs / 1000} s`, {
    command: "quit",
    hint: "end its process on the host; the guest may still run",
  });
}

/** What QEMU says when it ends, in our words (qapi/run-state.json, ShutdownCause). */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["guest-shutdown", "the guest powered off"],
  ["guest-reset", "the guest asked for a reset, and resets are refused"],
  ["guest-panic", "the guest panicked"],
  ["host-qmp-quit", "QEMU was told to quit"],
  ["host-signal", "a signal ended QEMU"],
  ["host-error", "QEMU ended because of an error of the host"],
  ["host-ui", "QEMU was closed on its display"],
]);

/** Of these reasons, the ones that a guest has of its own. */
const BY_GUEST: ReadonlySet<unknown> = new Set(["guest-shutdown", "guest-reset"]);

async function watchEnd(client: QmpClient, process: QemuProcess | undefined): Promise<GuestEnd> {
  let told: string | undefined;
  let byGuest: { readonly byGuest?: true } = {};
  const stop = client.onEvent(({ name, data }) => {
    if (name !== "SHUTDOWN") return;
    const { reason } = data;
    told = typeof reason === "string" ? REASONS.get(reason) : undefined;
    byGuest = BY_GUEST.has(reason) ? { byGuest: true } : {};
  });
  if (process === undefined) {
    const why = await client.closed;
    return { reason: told ?? why.message, ...byGuest };
  }
  const { exitCode, signal } = await process.ended;
  stop();
  const stderr = process.stderr().slice(-MAX_STDERR);
  return {
    reason: told ?? endReason(exitCode, signal),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(stderr === "" ? {} : { stderr }),
    ...byGuest,
  };
}

function endReason(exitCode: number | undefined, signal: string | undefined): string {
  if (signal !== undefined) return `QEMU was ended by ${signal}`;
  return exitCode === 0 ? "QEMU ended" : `QEMU ended with exit code ${exitCode ?? "unknown"}`;
}
