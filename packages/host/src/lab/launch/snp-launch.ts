// SPDX-License-Identifier: Apache-2.0
// The launch of an SEV-SNP guest on the software secure processor. QEMU gives firmware the pages only
// when the guest first runs, so a wrong ID block shows at `cont`. QEMU: target/i386/sev.c,
// sev_snp_launch_start, sev_snp_launch_finish.

import { snpPrefix, snpVmsaSteps, vmsaProfile } from "@greenlight/core/launch";
import type { LaunchStep } from "@greenlight/core/launch";
import type { SnpProcessor } from "@greenlight/psp/platform";
import { releaseAsid, takeAsid } from "./asids.ts";
import { cpuidPage } from "./cpuid-page.ts";
import { KVM_FAILED, firmwareErr, firmwareError } from "./firmware-error.ts";
import type { GuestLaunch, LaunchHost, LaunchMachine } from "./guest-launch.ts";
import type { SnpGuestObject } from "../command-line/guest-object.ts";
import { hashesBase } from "./hashes-base.ts";
import { requireBits } from "./host-checks.ts";
import { CommandRefusal, QemuRefusal } from "../qemu-refusal.ts";

/** Where a start fails. */
const WHERE = "sev_common_kvm_init";

/** Bytes of an ID authentication page. */
const ID_AUTH_SIZE = 4096;

/** An SEV-SNP guest. */
export class SnpLaunch implements GuestLaunch {
  readonly kind = "sev-snp";
  readonly #host: LaunchHost;
  readonly #object: SnpGuestObject;
  readonly #snp: SnpProcessor;
  readonly #gctx: number;
  readonly #asid: number;
  #state: "launch-update" | "running" = "launch-update";
  #machine: LaunchMachine | undefined;
  #secrets: Uint8Array | undefined;
  /** The pages go to firmware once, however many clients say `cont` at a time. */
  #finishing: Promise<void> | undefined;
  #ended = false;

  private constructor(host: LaunchHost, object: SnpGuestObject, snp: SnpProcessor, gctx: number) {
    this.#host = host;
    this.#object = object;
    this.#snp = snp;
    this.#gctx = gctx;
    this.#asid = takeAsid(host.platform);
  }

  /**
   * SNP_INIT where needed, GCTX_CREATE, LAUNCH_START, ACTIVATE.
   * @throws {QemuRefusal} with QEMU's words for what the platform refuses.
   */
  static start(host: LaunchHost, object: SnpGuestObject): SnpLaunch {
    const { platform } = host;
    const { snp } = platform;
    if (snp === undefined)
      throw new QemuRefusal("vm-type SEV-SNP not supported by KVM", KVM_FAILED);
    requireBits(platform.line, object, WHERE);
    const status = snp.platformStatus();
    if (status.status === "SUCCESS" && status.state === "UNINIT") {
      const done = snp.snpInit();
      if (done.status !== "SUCCESS") throw refused(firmwareError(done.status));
    }
    const created = snp.gctxCreate();
    if (created.status !== "SUCCESS") throw refused(firmwareError(created.status));
    const { gctx } = created;
    const launch = new SnpLaunch(host, object, snp, gctx);
    const { policy, workarounds: gosvw } = object;
    const started = snp.launchStart({ gctx, policy, ...(gosvw === undefined ? {} : { gosvw }) });
    const activated =
      started.status === "SUCCESS" ? snp.activate({ gctx, asid: launch.#asid }) : started;
    if (activated.status !== "SUCCESS") {
      launch.end();
      throw refused(firmwareError(activated.status));
    }
    host.note("launched", `SNP_LAUNCH_START: guest ${gctx}, policy 0x${policy.toString(16)}`);
    return launch;
  }

  load(machine: LaunchMachine): Promise<void> {
    // QEMU looks for the table's place when it loads the kernel, and measures it with the rest.
    if (machine.hashes !== undefined) hashesBase(machine.firmware);
    this.#machine = machine;
    return Promise.resolve();
  }

  finish(): Promise<void> {
    if (this.#machine === undefined) return Promise.resolve();
    return (this.#finishing ??= this.#finish(this.#machine));
  }

  async #finish(machine: LaunchMachine): Promise<void> {
    const { firmware, hashes, vcpus, signature } = machine;
    if (firmware.sections === null) {
      throw new QemuRefusal("sev_snp_launch_finish: Failed to locate SEV metadata header");
    }
    const profile = vmsaProfile("qemu");
    const kernelHashes = hashes === undefined ? {} : { kernelHashes: hashes };
    const { steps } = snpPrefix({ firmware, ...kernelHashes }, profile);
    const cpu = { profile, signature, sevFeatures: 1n };
    const processors = snpVmsaSteps({ firmware, vcpus, ...cpu });
    for (const step of [...steps, ...processors]) {
      for (let copy = 0; copy < step.repeat; copy++) await this.#update(step, machine);
    }
    const { idBlock, idAuth, hostData, authorKeyEnabled, vcekDisabled } = this.#object;
    const finished = this.#snp.launchFinish({
      gctx: this.#gctx,
      authorKeyEnabled,
      vcekDisabled,
      ...(idBlock === undefined ? {} : { idBlock }),
      ...(idAuth === undefined ? {} : { idAuth: padded(idAuth) }),
      ...(hostData === undefined ? {} : { hostData }),
    });
    if (finished.status !== "SUCCESS") {
      throw new QemuRefusal(`SNP_LAUNCH_FINISH ${firmwareError(finished.status)}`);
    }
    this.#state = "running";
    this.#host.note("measured", "SNP_LAUNCH_FINISH: the guest can ask for reports");
  }

  query(): Readonly<Record<string, unknown>> {
    const { api } = this.#host.platform;
    return {
      enabled: true,
      "api-major": api.major,
      "api-minor": api.minor,
      "build-id": api.build,
      state: this.#state,
      "sev-type": "sev-snp",
      // JSON numbers end at 2^53, policies in use far below that.
      "snp-policy": Number(this.#object.policy),
    };
  }

  measurement(): never {
    throw new CommandRefusal("SEV launch measurement is not available");
  }

  inject(): Promise<void> {
    // The states have numbers; there is no launch-secret for these guests.
    const number = this.#state === "running" ? 3 : 1;
    return Promise.reject(new CommandRefusal(`SEV: Not in correct state. (LSECRET) ${number}`));
  }

  attestationReport(): never {
    const problem = firmwareErr("INVALID_GUEST");
    throw new CommandRefusal(`SEV: Failed to query the attestation report length ${problem}`);
  }

  /** What firmware put into the secrets page; undefined before the guest runs. Secret. */
  secretsPage(): Uint8Array | undefined {
    return this.#secrets;
  }

  /** SNP_GUEST_REQUEST, as KVM passes it on. @returns undefined when firmware refuses it. */
  guestRequest(message: Uint8Array): Uint8Array | undefined {
    const answer = this.#snp.guestRequest({ gctx: this.#gctx, message });
    return answer.status === "SUCCESS" ? answer.message : undefined;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#snp.decommission({ gctx: this.#gctx });
    this.#snp.dfFlush();
    releaseAsid(this.#host.platform, this.#asid);
  }

  /** SNP_LAUNCH_UPDATE; guest memory then holds what firmware made of the pages. */
  async #update(step: LaunchStep, machine: LaunchMachine): Promise<void> {
    const { pageType: type, gpa, size, data } = step;
    const given = type === "CPUID" ? cpuidPage(machine.signature) : data;
    const page = given ?? { size };
    const done = this.#snp.launchUpdate({ gctx: this.#gctx, type, gpa, page });
    if (done.status !== "SUCCESS") {
      throw new QemuRefusal(`SNP_LAUNCH_UPDATE ${firmwareError(done.status)}`);
    }
    if (type === "SECRETS") this.#secrets = done.page;
    const held = done.page ?? given;
    // The firmware is in place already; processors' pages are not in the guest's memory.
    const isPlaced = type === "VMSA" || type === "ZERO" || data === machine.firmware.bytes;
    if (held !== undefined && !isPlaced) await machine.memory.write(gpa, held);
  }
}

function refused(problem: string): QemuRefusal {
  return new QemuRefusal(
    `sev_snp_launch_start: SNP_LAUNCH_START ${problem}`,
    `${WHERE}: failed to create encryption context`,
    KVM_FAILED,
  );
}

/** QEMU gives KVM a whole page, zeros behind what the command line has. */
function padded(idAuth: Uint8Array): Uint8Array {
  const page = new Uint8Array(ID_AUTH_SIZE);
  page.set(idAuth);
  return page;
}
