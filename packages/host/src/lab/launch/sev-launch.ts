// SPDX-License-Identifier: Apache-2.0
// The launch of an SEV or SEV-ES guest on the software secure processor, step by step as QEMU and KVM
// take it. QEMU: target/i386/sev.c, sev_common_kvm_init to sev_launch_finish.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { kernelHashesTable, sevEsVmsaPieces, vmsaProfile } from "@greenlight/core/launch";
import type { Result } from "@greenlight/psp/platform";
import { releaseAsid, takeAsid } from "./asids.ts";
import { KVM_FAILED, firmwareErr, firmwareError } from "./firmware-error.ts";
import type { GuestLaunch, InjectedPacket, LaunchHost, LaunchMachine } from "./guest-launch.ts";
import type { SevGuestObject } from "../command-line/guest-object.ts";
import { hashesBase } from "./hashes-base.ts";
import { initialisedSev, requireBits } from "./host-checks.ts";
import { CommandRefusal, QemuRefusal } from "../qemu-refusal.ts";

/** QEMU's names of the states and their numbers (qapi/misc-target.json, SevState). */
const STATES = { "launch-update": 1, "launch-secret": 2, running: 3 } as const;

/** Bit of the policy that asks for SEV-ES. */
const POLICY_ES = 4;

/** An SEV or SEV-ES guest. */
export class SevLaunch implements GuestLaunch {
  readonly kind = "sev";
  readonly #host: LaunchHost;
  readonly #object: SevGuestObject;
  readonly #handle: number;
  readonly #asid: number;
  #state: keyof typeof STATES = "launch-update";
  #machine: LaunchMachine | undefined;
  #blob: Uint8Array | undefined;
  #ended = false;

  private constructor(host: LaunchHost, object: SevGuestObject, handle: number, asid: number) {
    this.#host = host;
    this.#object = object;
    this.#handle = handle;
    this.#asid = asid;
  }

  /**
   * INIT where needed, LAUNCH_START, ACTIVATE.
   * @throws {QemuRefusal} with QEMU's words for what the platform refuses.
   */
  static async start(host: LaunchHost, object: SevGuestObject): Promise<SevLaunch> {
    const { platform } = host;
    const where = host.qemu.major >= 9 ? "sev_common_kvm_init" : "sev_kvm_init";
    requireBits(platform.line, object, where);
    const status = initialisedSev(platform);
    if ((object.policy & POLICY_ES) !== 0 && !status.es) {
      const problem = "guest policy requires SEV-ES, but host SEV-ES support unavailable";
      throw new QemuRefusal(`${where}: ${problem}`, KVM_FAILED);
    }
    const godh = await base64File(host.folder, object.dhCertFile);
    const session = await base64File(host.folder, object.sessionFile);
    const { policy, handle: shared } = object;
    const started = platform.sev.launchStart({ handle: shared, policy, godh, session });
    if (started.status !== "SUCCESS") {
      throw new QemuRefusal(
        // QEMU prints its own variable, which is always 1 here.
        `sev_launch_start: LAUNCH_START ${firmwareError(started.status, 1)}`,
        `${where}: failed to create encryption context`,
        KVM_FAILED,
      );
    }
    const { handle } = started;
    const asid = takeAsid(platform);
    const launch = new SevLaunch(host, object, handle, asid);
    const activated = platform.sev.activate({ handle, asid });
    if (activated.status !== "SUCCESS") {
      launch.end();
      throw new QemuRefusal(
        `sev_launch_start: LAUNCH_START ${firmwareError(activated.status, 1)}`,
        `${where}: failed to create encryption context`,
        KVM_FAILED,
      );
    }
    host.note("launched", `LAUNCH_START: guest ${handle}, policy 0x${policy.toString(16)}`);
    return launch;
  }

  async load(machine: LaunchMachine): Promise<void> {
    const { firmware, hashes, memory, vcpus, signature } = machine;
    this.#machine = machine;
    this.#update(firmware.bytes);
    if (hashes !== undefined) {
      const base = hashesBase(firmware);
      const table = kernelHashesTable(hashes);
      await memory.write(base, table);
      this.#update(table);
    }
    if ((this.#object.policy & POLICY_ES) !== 0) {
      const profile = vmsaProfile(this.#object.init2 ? "qemu" : "qemu-es-legacy");
      const cpu = { profile, signature, sevFeatures: 0n };
      for (const { data, repeat } of sevEsVmsaPieces({ firmware, vcpus, ...cpu })) {
        for (let copy = 0; copy < repeat; copy++) this.#updateVmsa(data);
      }
    }
    const measured = this.#sev.launchMeasure({ handle: this.#handle });
    if (measured.status !== "SUCCESS") {
      const problem = firmwareError(measured.status);
      throw new QemuRefusal(`sev_launch_get_measure: LAUNCH_MEASURE ${problem}`);
    }
    this.#blob = measured.blob;
    this.#state = "launch-secret";
    this.#host.note("measured", "LAUNCH_MEASURE: the measurement can be asked for");
  }

  finish(): Promise<void> {
    if (this.#state === "running") return Promise.resolve();
    const finished = this.#sev.launchFinish({ handle: this.#handle });
    if (finished.status !== "SUCCESS") {
      const problem = firmwareError(finished.status);
      return Promise.reject(new QemuRefusal(`sev_launch_finish: LAUNCH_FINISH ${problem}`));
    }
    this.#state = "running";
    return Promise.resolve();
  }

  query(): Readonly<Record<string, unknown>> {
    const { api } = this.#host.platform;
    const status = this.#sev.platformStatus();
    const stated = status.status === "SUCCESS" ? status : undefined;
    return {
      enabled: true,
      "api-major": stated?.apiMajor ?? api.major,
      "api-minor": stated?.apiMinor ?? api.minor,
      "build-id": stated?.build ?? api.build,
      policy: this.#object.policy,
      state: this.#state,
      handle: this.#handle,
      ...(this.#host.qemu.major >= 9 ? { "sev-type": "sev" } : {}),
    };
  }

  measurement(): Uint8Array {
    if (this.#blob !== undefined) return this.#blob;
    throw new CommandRefusal("SEV launch measurement is not available");
  }

  async inject({ header, payload, gpa }: InjectedPacket): Promise<void> {
    const machine = this.#machine;
    const area = machine?.firmware.secret;
    const place = gpa ?? (area === null || area === undefined ? undefined : BigInt(area.base));
    if (place === undefined || (gpa === undefined && (area?.base === 0 || area?.size === 0))) {
      throw new CommandRefusal("SEV: no secret area found in OVMF, gpa must be specified.");
    }
    if (this.#state !== "launch-secret" || machine === undefined) {
      throw new CommandRefusal(
        `SEV: Not in correct state. (LSECRET) ${STATES[this.#state].toString(16)}`,
      );
    }
    if (header === undefined) throw new CommandRefusal("SEV: Failed to decode sequence header");
    if (payload === undefined) throw new CommandRefusal("SEV: Failed to decode data");
    const unreachable = await machine.unreachable(place);
    if (unreachable !== undefined) {
      throw new CommandRefusal(`SEV: Failed to calculate guest address: ${unreachable}`);
    }
    const opened = this.#sev.launchSecret({ handle: this.#handle, header, payload });
    if (opened.status !== "SUCCESS") {
      throw new CommandRefusal(`SEV: failed to inject secret ${firmwareError(opened.status)}`);
    }
    await machine.memory.write(Number(place), opened.plaintext);
    const where = `0x${place.toString(16)}`;
    this.#host.note("secret-injected", `LAUNCH_SECRET: ${payload.length} bytes at ${where}`);
  }

  attestationReport(mnonce: Uint8Array): Uint8Array {
    const made = this.#sev.attestation({ handle: this.#handle, mnonce });
    if (made.status === "SUCCESS") return made.report;
    throw new CommandRefusal(`SEV: Failed to get attestation report ${firmwareErr(made.status)}`);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { platform } = this.#host;
    const handle = { handle: this.#handle };
    // As KVM does when a machine goes; what fails here leaves nothing behind that anyone could use.
    this.#sev.deactivate(handle);
    this.#sev.wbinvd();
    this.#sev.dfFlush();
    this.#sev.decommission(handle);
    releaseAsid(platform, this.#asid);
  }

  get #sev(): LaunchHost["platform"]["sev"] {
    return this.#host.platform.sev;
  }

  #update(data: Uint8Array): void {
    const done = this.#sev.launchUpdateData({ handle: this.#handle, data });
    this.#require(done, "sev_launch_update_data: LAUNCH_UPDATE");
  }

  #updateVmsa(data: Uint8Array): void {
    const done = this.#sev.launchUpdateVmsa({ handle: this.#handle, data });
    this.#require(done, "sev_launch_update_vmsa: LAUNCH_UPDATE_VMSA");
  }

  #require(done: Result, what: string): void {
    if (done.status === "SUCCESS") return;
    throw new QemuRefusal(`${what} ${firmwareError(done.status)}`);
  }
}

/** The bytes of a file with base64 text, decoded as leniently as glib does it. */
async function base64File(
  folder: string,
  path: string | undefined,
): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(resolve(folder, path), "latin1");
  } catch {
    const reason = `Failed to open file \u201c${path}\u201d: No such file or directory`;
    throw new QemuRefusal(`failed to read '${path}' (${reason})`, KVM_FAILED);
  }
  return Uint8Array.from(Buffer.from(text, "base64"));
}
