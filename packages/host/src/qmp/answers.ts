// SPDX-License-Identifier: Apache-2.0
// The answers of QEMU's SEV commands as bytes and numbers (QEMU: qapi/misc-i386.json). Shapes are
// checked here; whether anything in them is true is for the verifier to find out.

import { LayoutError, base64Decode } from "@greenlight/core/bytes";
import type { LaunchInfo, PlatformExport, RunState } from "../launch/hypervisor.ts";
import { QmpError } from "./error.ts";
import { isObject } from "./lines.ts";
import { cleaned } from "./messages.ts";

/** Size of a SEV certificate; the chain behind the PDH has three: PEK, OCA, CEK. */
const CERTIFICATE = 2084;

/** Size of what GET_ID gives for a socket. */
const CHIP_ID = 64;

/** Measurement and nonce of LAUNCH_MEASURE. */
const MEASUREMENT = 48;

/** A legacy attestation report. */
const REPORT = 208;

/** Answer of query-sev-capabilities. */
export function readPlatformExport(answer: unknown): PlatformExport {
  const read = new Answer("query-sev-capabilities", answer);
  return {
    pdh: read.bytes("pdh", CERTIFICATE),
    certChain: read.bytes("cert-chain", 3 * CERTIFICATE),
    ...(read.has("cpu0-id") ? { cpu0Id: read.bytes("cpu0-id", CHIP_ID) } : {}),
  };
}

/** Answer of query-sev; before QEMU 9.1 it names no type, as there was only one. */
export function readLaunchInfo(answer: unknown): LaunchInfo {
  const read = new Answer("query-sev", answer);
  if (!read.flag("enabled")) return { type: "none" };
  const common = {
    apiMajor: read.integer("api-major", 0xff),
    apiMinor: read.integer("api-minor", 0xff),
    buildId: read.integer("build-id", 0xff),
    state: read.text("state"),
  };
  const type = read.has("sev-type") ? read.text("sev-type") : "sev";
  if (type === "sev") {
    const policy = read.integer("policy", 0xffff_ffff);
    return { type, ...common, policy, handle: read.integer("handle", 0xffff_ffff) };
  }
  if (type === "sev-snp") {
    const snpPolicy = BigInt(read.integer("snp-policy", Number.MAX_SAFE_INTEGER));
    return { type, ...common, snpPolicy };
  }
  throw read.broken(`has a sev-type that is not known: ${type}`);
}

/** Answer of query-sev-launch-measure. */
export function readMeasurement(answer: unknown): Uint8Array {
  return new Answer("query-sev-launch-measure", answer).bytes("data", MEASUREMENT);
}

/** Answer of query-sev-attestation-report. */
export function readReport(answer: unknown): Uint8Array {
  return new Answer("query-sev-attestation-report", answer).bytes("data", REPORT);
}

/** QEMU's run states (qapi/run-state.json) that mean something to a launch. */
const RUN_STATES: ReadonlyMap<string, RunState> = new Map([
  ["prelaunch", "prelaunch"],
  ["paused", "paused"],
  ["running", "running"],
  ["shutdown", "shutdown"],
  ["guest-panicked", "crashed"],
  ["internal-error", "crashed"],
]);

/** Answer of query-status. */
export function readRunState(answer: unknown): RunState {
  return RUN_STATES.get(new Answer("query-status", answer).text("status")) ?? "other";
}

/** The members of an answer, each as what it must be. */
class Answer {
  readonly #command: string;
  readonly #members: Readonly<Record<string, unknown>>;

  /** @throws {QmpError} `protocol` when it is not an object. */
  constructor(command: string, answer: unknown) {
    this.#command = command;
    if (!isObject(answer)) throw this.broken("is not an object");
    this.#members = answer;
  }

  broken(problem: string): QmpError {
    const message = `QEMU's answer to ${this.#command} ${problem}`;
    return new QmpError("protocol", message, { command: this.#command });
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  flag(name: string): boolean {
    const value = this.#members[name];
    if (typeof value !== "boolean") throw this.broken(`has no truth value as ${name}`);
    return value;
  }

  text(name: string): string {
    const value = this.#members[name];
    if (typeof value !== "string" || value.length > 64) throw this.broken(`has no ${name}`);
    return cleaned(value);
  }

  integer(name: string, most: number): number {
    const value = this.#members[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > most) {
      throw this.broken(`has no number from 0 to ${most} as ${name}`);
    }
    return value;
  }

  bytes(name: string, size: number): Uint8Array {
    const value = this.#members[name];
    if (typeof value !== "string" || value.length !== 4 * Math.ceil(size / 3)) {
      throw this.broken(`has no ${name} of ${size} bytes in base64`);
    }
    try {
      const bytes = base64Decode(value, name);
      if (bytes.length === size) return bytes;
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      throw this.broken(`has a ${name} that is not base64`);
    }
    throw this.broken(`has a ${name} that is not of ${size} bytes`);
  }
}
