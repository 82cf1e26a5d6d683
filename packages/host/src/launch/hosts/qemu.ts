// SPDX-License-Identifier: Apache-2.0
// QEMU, started by ourselves with a command line made from the plan and checked like a stranger's.

import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import type { QemuHost } from "@greenlight/core/launch-appraisal";
import { qemuVersion } from "../../lab/machine/emulator.ts";
import { lintQemuArguments, qemuArguments, readSmallFile, startQemu } from "../../machine/index.ts";
import type { QemuProcess, QemuVersion } from "../../machine/index.ts";
import { connectQmp, qemuHypervisor } from "../../qmp/index.ts";
import { guestEnded } from "../deadline.ts";
import type { LaunchHost, OfferedFiles } from "../host.ts";
import type { Hypervisor, PlatformExport } from "../hypervisor.ts";
import { machineOf } from "./guest.ts";
import type { PlannedGuest } from "./guest.ts";
import { Sockets, connectSocket } from "./sockets.ts";

/** How long QEMU may take to serve its socket. */
const START_MS = 60_000;

/** A host that starts QEMU. */
export class QemuLaunchHost implements LaunchHost {
  readonly kind = "qemu";
  readonly ownsGuest = true;
  readonly starts = true;
  readonly #guest: PlannedGuest;
  readonly #host: QemuHost;
  readonly #version: QemuVersion;
  readonly #sockets: Sockets;
  #starting: Promise<QemuProcess> | undefined;

  private constructor(guest: PlannedGuest, host: QemuHost, version: QemuVersion, sockets: Sockets) {
    this.#guest = guest;
    this.#host = host;
    this.#version = version;
    this.#sockets = sockets;
  }

  /** @throws {LabError} `no-qemu` when there is no such program. */
  static async open(guest: PlannedGuest, host: QemuHost): Promise<QemuLaunchHost> {
    const version = await qemuVersion(host.binary);
    return new QemuLaunchHost(guest, host, version, await Sockets.make());
  }

  describe(files: OfferedFiles | undefined) {
    return { command: [this.#host.binary, ...this.#arguments(files)] };
  }

  async check(files: OfferedFiles | undefined) {
    return lintQemuArguments(this.#arguments(files), { readFile: readSmallFile });
  }

  async platformExport(): Promise<PlatformExport> {
    // A machine without a guest, only to ask: as libvirt does it for its capabilities.
    const socket = `unix:${this.#sockets.qmp},server=on,wait=off`;
    const args = ["-machine", "none,accel=kvm", "-nodefaults", "-display", "none", "-S"];
    const probe = await this.#start([...args, "-qmp", socket]);
    try {
      return await (await this.#connect(probe)).platformExport();
    } finally {
      await probe.stop();
    }
  }

  async open(files: OfferedFiles | undefined, signal: AbortSignal): Promise<Hypervisor> {
    return this.#connect(await this.#start(this.#arguments(files)), signal);
  }

  async channel(): Promise<Duplex> {
    return connectSocket(this.#sockets.channel);
  }

  async close(): Promise<void> {
    // One that is about to be there is waited for: nobody else would end it.
    await this.#starting?.then(async (process) => process.stop()).catch(() => undefined);
    await this.#sockets.remove();
  }

  async #start(args: readonly string[]): Promise<QemuProcess> {
    this.#starting = startQemu(this.#host.binary, args, { folder: dirname(this.#sockets.qmp) });
    return this.#starting;
  }

  /** Connects to QEMU, or tells how it ended before that. */
  async #connect(process: QemuProcess, signal?: AbortSignal): Promise<Hypervisor> {
    const over = new AbortController();
    const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
    const connecting = connectQmp(this.#sockets.qmp, { timeoutMs: START_MS, signal: stop });
    connecting.catch(() => undefined);
    const client = await Promise.race([connecting, process.ended]);
    if ("greeting" in client) return qemuHypervisor(client, { process });
    over.abort();
    const { exitCode, signal: name } = client;
    const reason = name === undefined ? `exit code ${exitCode ?? "unknown"}` : `by ${name}`;
    throw guestEnded({ reason, stderr: process.stderr() }, "before it could be asked");
  }

  #arguments(files: OfferedFiles | undefined): readonly string[] {
    const { machine, cbitpos, reducedPhysBits, serial } = this.#host;
    const machinePlan = machineOf(this.#guest, {
      qemu: this.#version,
      platform: { cbitpos, reducedPhysBits },
      files,
      qmp: this.#sockets.qmp,
      channel: this.#sockets.channel,
      machineType: machine,
      serial,
    });
    return qemuArguments(machinePlan);
  }
}
