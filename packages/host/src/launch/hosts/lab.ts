// SPDX-License-Identifier: Apache-2.0
// The lab host: real QEMU before a software secure processor, in this process. For demonstrations and
// tests; nothing in it is secret from the machine it runs on.

import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import type { LabHost } from "@greenlight/core/launch-appraisal";
import { PlatformFolder } from "@greenlight/psp/server";
import type { Platform } from "@greenlight/psp/platform";
import { startLab } from "../../lab/index.ts";
import type { Lab, LabEnd, LabFaults, LabNote } from "../../lab/index.ts";
import { qemuVersion } from "../../lab/machine/emulator.ts";
import { platformBits } from "../../lab/launch/host-checks.ts";
import { lintQemuArguments, qemuArguments, readSmallFile } from "../../machine/index.ts";
import type { QemuVersion } from "../../machine/index.ts";
import { connectQmp, qemuHypervisor } from "../../qmp/index.ts";
import { guestEnded } from "../deadline.ts";
import { GuestLaunchError } from "../error.ts";
import type { LaunchHost, OfferedFiles } from "../host.ts";
import type { GuestEnd, Hypervisor, PlatformExport } from "../hypervisor.ts";
import { machineOf } from "./guest.ts";
import type { PlannedGuest } from "./guest.ts";
import { labFaults } from "./lab-faults.ts";
import { Sockets, connectSocket } from "./sockets.ts";

/** A loaded machine takes its time. */
const START_MS = 120_000;

/** The lab has SEV-SNP guests under any QEMU; command lines are written for the first that has them. */
const IMITATED: QemuVersion = { major: 9, minor: 1 };

/** A host that emulates. */
export class LabLaunchHost implements LaunchHost {
  readonly kind = "lab";
  readonly ownsGuest = true;
  readonly starts = true;
  readonly #guest: PlannedGuest;
  readonly #host: LabHost;
  readonly #faults: LabFaults;
  readonly #folder: PlatformFolder;
  readonly #platform: Platform;
  readonly #version: QemuVersion;
  readonly #sockets: Sockets;
  readonly #onNote: (note: LabNote) => void;
  #starting: Promise<Lab> | undefined;

  private constructor(parts: {
    readonly guest: PlannedGuest;
    readonly host: LabHost;
    readonly faults: LabFaults;
    readonly folder: PlatformFolder;
    readonly platform: Platform;
    readonly version: QemuVersion;
    readonly sockets: Sockets;
    readonly onNote: (note: LabNote) => void;
  }) {
    this.#guest = parts.guest;
    this.#host = parts.host;
    this.#faults = parts.faults;
    this.#folder = parts.folder;
    this.#version = parts.version;
    this.#sockets = parts.sockets;
    this.#onNote = parts.onNote;
    this.#platform = parts.platform;
  }

  /**
   * @param folder What paths in faults are relative to.
   * @throws {PspError} {PlatformError} for a folder without platform; {LabError} `no-qemu`.
   */
  static async open(
    guest: PlannedGuest,
    host: LabHost,
    folder: string,
    onNote: (note: LabNote) => void = () => undefined,
  ): Promise<LabLaunchHost> {
    const place = PlatformFolder.open(host.platform);
    const faults = await labFaults(host.faults, folder);
    // QEMU answers while the platform's keys are made ready, which takes as long.
    const asked = qemuVersion(host.binary);
    asked.catch(() => undefined);
    const platform = place.load();
    // INIT makes the platform's keys; from then on they are the folder's.
    platform.sev.init({ es: true });
    place.save(platform);
    const version = await asked;
    const sockets = await Sockets.make();
    const parts = { guest, host, faults, folder: place, platform, version, sockets, onNote };
    return new LabLaunchHost(parts);
  }

  describe(files: OfferedFiles | undefined) {
    return {
      command: [this.#host.binary, ...this.#arguments(files)],
      faults: Object.keys(this.#faults),
    };
  }

  async check(files: OfferedFiles | undefined) {
    return lintQemuArguments(this.#arguments(files), { readFile: readSmallFile });
  }

  async platformExport(): Promise<PlatformExport> {
    if (this.#faults.chain !== undefined) return this.#faults.chain;
    const exported = this.#platform.sev.pdhCertExport();
    if (exported.status !== "SUCCESS") {
      throw new GuestLaunchError("host-unsupported", `PDH_CERT_EXPORT gave ${exported.status}`);
    }
    const { pdh, certs } = exported;
    return { pdh, certChain: certs, cpu0Id: this.#platform.chipId };
  }

  async open(files: OfferedFiles | undefined, signal: AbortSignal): Promise<Hypervisor> {
    this.#starting = startLab({
      args: this.#arguments(files),
      binary: this.#host.binary,
      platform: this.#platform,
      folder: dirname(this.#sockets.qmp),
      faults: this.#faults,
      onNote: this.#onNote,
    });
    const lab = await this.#starting;
    // A firmware that has stopped for ever would use up a processor and tell nobody.
    const refused = lab.firmwareRefused.then(async (note) => {
      if (note !== undefined) await lab.stop();
      return note;
    });
    const ended = lab.ended.then(async (end) => endOf(end, (await refused)?.text));
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    const connecting = connectQmp(this.#sockets.qmp, { timeoutMs: START_MS, signal: stop });
    connecting.catch(() => undefined);
    const client = await Promise.race([connecting, ended]);
    if ("reason" in client) {
      over.abort();
      throw guestEnded(client, "before it could be asked");
    }
    const hypervisor = qemuHypervisor(client);
    return {
      ...hypervisor,
      ended,
      async kill() {
        await lab.stop();
      },
    };
  }

  async channel(): Promise<Duplex> {
    return connectSocket(this.#sockets.channel);
  }

  async close(): Promise<void> {
    // One that is about to be there is waited for: nobody else would end it.
    await this.#starting?.then(async (lab) => lab.stop()).catch(() => undefined);
    this.#folder.save(this.#platform);
    await this.#sockets.remove();
  }

  #arguments(files: OfferedFiles | undefined): readonly string[] {
    const bits = platformBits(this.#platform.line);
    const machine = machineOf(this.#guest, {
      qemu: this.#guest.plan.generation === "sev-snp" ? IMITATED : this.#version,
      platform: { cbitpos: bits.cbitpos, reducedPhysBits: bits["reduced-phys-bits"] },
      files,
      qmp: this.#sockets.qmp,
      channel: this.#sockets.channel,
      serial: this.#host.serial,
    });
    return qemuArguments(machine);
  }
}

function endOf({ exitCode, signal, stderr }: LabEnd, refusal: string | undefined): GuestEnd {
  if (refusal !== undefined) return { reason: refusal, stderr };
  const reason = signal === undefined ? `exit code ${exitCode ?? "unknown"}` : `by ${signal}`;
  return {
    reason: exitCode === 0 ? "the guest powered off" : `QEMU ended, ${reason}`,
    stderr,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(exitCode === 0 ? { byGuest: true } : {}),
  };
}
