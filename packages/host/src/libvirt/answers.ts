// SPDX-License-Identifier: Apache-2.0
// What virsh prints, as bytes and numbers. Shapes are checked here; whether anything in them is true is
// for the verifier to find out.

import { LayoutError, base64Decode } from "@greenlight/core/bytes";
import type { LaunchInfo, PlatformExport, RunState } from "../launch/hypervisor.ts";
import { isObject } from "../qmp/lines.ts";
import { cleaned } from "../qmp/messages.ts";
import { LibvirtError } from "./error.ts";

/** Size of a SEV certificate; the chain behind the PDH has three: PEK, OCA, CEK. */
const CERTIFICATE = 2084;

/** Size of what GET_ID gives for a socket. */
const CHIP_ID = 64;

/** Measurement and nonce of LAUNCH_MEASURE. */
const MEASUREMENT = 48;

/** A legacy attestation report. */
const REPORT = 208;

/** `name   : value`, a line each (libvirt: tools/virsh-host.c, tools/virsh-domain.c). */
class Fields {
  readonly #command: string;
  readonly #fields: ReadonlyMap<string, string>;

  constructor(command: string, output: string) {
    this.#command = command;
    this.#fields = new Map(
      output
        .split("\n")
        .map((line) => /^([a-z0-9-]{1,64})\s*: (\S*)\s*$/.exec(line))
        .flatMap((match) => (match === null ? [] : [[match[1]!, match[2]!] as const])),
    );
  }

  get isEmpty(): boolean {
    return this.#fields.size === 0;
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  integer(name: string, most: bigint): bigint {
    const text = this.#fields.get(name);
    if (text !== undefined && /^[0-9]{1,20}$/.test(text) && BigInt(text) <= most)
      return BigInt(text);
    throw this.broken(`no number as ${name}`);
  }

  bytes(name: string, size: number): Uint8Array {
    return exact(this.#fields.get(name), size, () => this.broken(`no ${name} of ${size} bytes`));
  }

  broken(problem: string): LibvirtError {
    const command = this.#command;
    return new LibvirtError("protocol", `virsh ${command} gave ${problem}`, { command });
  }
}

/** Output of nodesevinfo. */
export function readNodeSevInfo(output: string): PlatformExport {
  const fields = new Fields("nodesevinfo", output);
  return {
    pdh: fields.bytes("pdh", CERTIFICATE),
    certChain: fields.bytes("cert-chain", 3 * CERTIFICATE),
    ...(fields.has("cpu0-id") ? { cpu0Id: fields.bytes("cpu0-id", CHIP_ID) } : {}),
  };
}

const U8 = 0xffn;
const U32 = 0xffff_ffffn;
const U64 = 0xffff_ffff_ffff_ffffn;

/** Output of domlaunchsecinfo; it is empty for a domain without launch security. */
export function readLaunchSecInfo(output: string): LaunchInfo {
  const fields = new Fields("domlaunchsecinfo", output);
  if (fields.isEmpty) return { type: "none" };
  const common = {
    apiMajor: Number(fields.integer("sev-api-major", U8)),
    apiMinor: Number(fields.integer("sev-api-minor", U8)),
    buildId: Number(fields.integer("sev-build-id", U8)),
  };
  if (fields.has("sev-snp-policy")) {
    return { type: "sev-snp", ...common, snpPolicy: fields.integer("sev-snp-policy", U64) };
  }
  return { type: "sev", ...common, policy: Number(fields.integer("sev-policy", U32)) };
}

/** Measurement in the output of domlaunchsecinfo. */
export function readLaunchMeasurement(output: string): Uint8Array {
  return new Fields("domlaunchsecinfo", output).bytes("sev-measurement", MEASUREMENT);
}

/** Output of qemu-monitor-command with query-sev-attestation-report. */
export function readMonitorReport(output: string): Uint8Array {
  const broken = (): LibvirtError =>
    new LibvirtError("protocol", "QEMU gave no attestation report through libvirt");
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw broken();
  }
  if (!isObject(answer)) throw broken();
  const { return: value, error } = answer;
  if (isObject(error)) {
    const desc = typeof error["desc"] === "string" ? cleaned(error["desc"]) : "";
    throw new LibvirtError("refused", `QEMU refused an attestation report: ${desc}`, { desc });
  }
  if (!isObject(value)) throw broken();
  return exact(value["data"], REPORT, broken);
}

/** States of a domain (libvirt: tools/virsh-domain-monitor.c). */
const STATES: ReadonlyMap<string, RunState> = new Map([
  ["running", "running"],
  ["idle", "running"],
  ["paused", "paused"],
  ["shut off", "shutdown"],
  ["crashed", "crashed"],
]);

/** What libvirt says of a domain's state. */
export interface DomainState {
  readonly state: RunState;
  /** libvirt's word for how it came about: `destroyed`, `user`, `unpaused`. */
  readonly reason: string;
}

/** Output of domstate --reason: `paused (user)`. */
export function readDomainState(output: string): DomainState {
  const match = /^([a-z ]{1,32}?)(?: \(([a-z -]{0,64})\))?\s*$/.exec(output.trim());
  if (match === null) {
    throw new LibvirtError("protocol", "virsh domstate gave no state", { command: "domstate" });
  }
  return { state: STATES.get(match[1]!) ?? "other", reason: match[2] ?? "unknown" };
}

/** Output of version: library and hypervisor. */
export function readVersion(output: string): string {
  const library = /^Using library: ([\w.+ -]{1,64})$/m.exec(output)?.[1];
  const hypervisor = /^Running hypervisor: ([\w.+ -]{1,64})$/m.exec(output)?.[1];
  return [library, hypervisor].filter((part) => part !== undefined).join(", ");
}

function exact(text: unknown, size: number, broken: () => LibvirtError): Uint8Array {
  if (typeof text !== "string" || text.length !== 4 * Math.ceil(size / 3)) throw broken();
  try {
    const bytes = base64Decode(text);
    if (bytes.length === size) return bytes;
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
  }
  throw broken();
}
