// SPDX-License-Identifier: Apache-2.0
// The QMP commands that a machine without SEV cannot answer, and those that would show what the
// hardware encrypts. QEMU: qapi/misc-target.json (misc-i386.json since 10.0).

import type { Platform } from "@greenlight/psp/platform";
import type { LabFaults } from "../faults.ts";
import type { GuestLaunch } from "../launch/guest-launch.ts";
import { base64Bytes } from "../base64.ts";
import { initialisedSev, platformBits } from "../launch/host-checks.ts";
import { firmwareErr } from "../launch/firmware-error.ts";
import { CommandRefusal, QemuRefusal } from "../qemu-refusal.ts";

/** What the commands work on. */
export interface CommandContext {
  readonly platform: Platform;
  readonly launch: GuestLaunch;
  readonly faults: LabFaults;
}

/** Arguments as they came: anything. */
export type CommandArguments = Readonly<Record<string, unknown>>;

type Answer = (context: CommandContext, args: CommandArguments) => unknown;

/** The answers, by command. Each may throw {@link CommandRefusal}. */
export const SEV_COMMANDS: Readonly<Record<string, Answer>> = {
  "query-kvm": () => ({ enabled: true, present: true }),
  "query-sev": ({ launch }) => launch.query(),
  "query-sev-capabilities": capabilities,
  "query-sev-launch-measure": ({ launch, faults }) => ({
    data: base64(toldMeasurement(launch, faults)),
  }),
  "query-sev-attestation-report": ({ launch }, args) => {
    const mnonce = base64Bytes(textArgument(args, "mnonce"));
    if (mnonce === undefined) throw new CommandRefusal("SEV: failed to decode mnonce input");
    if (mnonce.length !== 16) {
      throw new CommandRefusal(`SEV: mnonce must be 16 bytes (got ${mnonce.length})`);
    }
    return { data: base64(launch.attestationReport(mnonce)) };
  },
  "sev-inject-launch-secret": injectSecret,
};

/** Commands that read guest memory, which real hardware encrypts, or move the guest elsewhere. */
const BLOCKED: Readonly<Record<string, string>> = {
  "dump-guest-memory": "the lab does not show memory that the hardware would encrypt",
  memsave: "the lab does not show memory that the hardware would encrypt",
  pmemsave: "the lab does not show memory that the hardware would encrypt",
  migrate: "SEV: Migration is not implemented",
  "migrate-incoming": "SEV: Migration is not implemented",
  "snapshot-save": "SEV: Migration is not implemented",
  "snapshot-load": "SEV: Migration is not implemented",
  "human-monitor-command": "the lab has no human monitor: it shows memory, and runs the guest",
};

/** Why a command is not passed on to the emulator, or undefined. */
export function blocked(command: string): string | undefined {
  return Object.hasOwn(BLOCKED, command) ? BLOCKED[command] : undefined;
}

function capabilities({ platform, faults }: CommandContext): object {
  const exported = chain(platform);
  const { pdh, certChain } = faults.chain ?? exported;
  return {
    pdh: base64(pdh),
    "cert-chain": base64(certChain),
    "cpu0-id": base64(exported.id),
    ...platformBits(platform.line),
  };
}

function chain(platform: Platform): { pdh: Uint8Array; certChain: Uint8Array; id: Uint8Array } {
  try {
    initialisedSev(platform);
  } catch (error) {
    if (!(error instanceof QemuRefusal)) throw error;
    throw new CommandRefusal(error.message);
  }
  const made = platform.sev.pdhCertExport();
  if (made.status !== "SUCCESS") {
    throw new CommandRefusal(`SEV: Failed to export PDH cert ${firmwareErr(made.status)}`);
  }
  const named = platform.sev.getId();
  if (named.status !== "SUCCESS") {
    throw new CommandRefusal(`SEV: Failed to get ID ${firmwareErr(named.status)}`);
  }
  return { pdh: made.pdh, certChain: made.certs, id: named.id };
}

/** The measurement as the host tells it. */
function toldMeasurement(launch: GuestLaunch, { measurement }: LabFaults): Uint8Array {
  // Asked for even where another one is told: it may not be available yet.
  const made = launch.measurement();
  return measurement ?? made;
}

async function injectSecret(
  { launch, faults }: CommandContext,
  args: CommandArguments,
): Promise<object> {
  const header = base64Bytes(textArgument(args, "packet-header"));
  const payload = base64Bytes(textArgument(args, "secret"));
  const gpa = faults.secretGpa ?? gpaArgument(args);
  if (faults.packet === "header") turnBit(header);
  if (faults.packet === "payload") turnBit(payload);
  await launch.inject({ header, payload, gpa });
  return {};
}

/** The last bit: of a header's MAC, of a payload's padding or last byte. */
function turnBit(bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return;
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
}

function textArgument(args: CommandArguments, name: string): string {
  const value = args[name];
  if (value === undefined) throw new CommandRefusal(`Parameter '${name}' is missing`);
  if (typeof value === "string") return value;
  throw new CommandRefusal(`Invalid parameter type for '${name}', expected: string`);
}

function gpaArgument(args: CommandArguments): bigint | undefined {
  const value = args["gpa"];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new CommandRefusal("Invalid parameter type for 'gpa', expected: integer");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
