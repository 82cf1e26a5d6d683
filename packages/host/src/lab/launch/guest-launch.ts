// SPDX-License-Identifier: Apache-2.0
// A launch as the QMP commands see it, whatever the generation; and what it has of the machine.

import type { LaunchFirmware } from "@greenlight/core/firmware";
import type { KernelHashes } from "@greenlight/core/launch";
import type { Platform } from "@greenlight/psp/platform";

/** Where a launch takes place. */
export interface LaunchHost {
  readonly platform: Platform;
  /** Version of the QEMU that is imitated: texts differ. */
  readonly qemu: { readonly major: number; readonly minor: number };
  /** Working folder, which paths of the command line are meant from. */
  readonly folder: string;
  /** Called when something happened that the imitated host would not tell. */
  readonly note: (id: "launched" | "measured" | "secret-injected", text: string) => void;
}

/** The paused machine that is measured. */
export interface LaunchMachine {
  /** Guest physical memory. */
  readonly memory: { write(address: number, bytes: Uint8Array): Promise<void> };
  /** As it lies in guest memory. */
  readonly firmware: LaunchFirmware;
  /** Of the files and the command line; absent without -kernel or with kernel-hashes=off. */
  readonly hashes?: KernelHashes;
  readonly vcpus: number;
  /** CPUID Fn0000_0001_EAX of the vCPU model. */
  readonly signature: number;
  /** Why the host cannot reach a guest physical address, in QEMU's words; undefined if it can. */
  unreachable(gpa: bigint): Promise<string | undefined>;
}

/** Arguments of sev-inject-launch-secret; what was no base64 is undefined. */
export interface InjectedPacket {
  readonly header: Uint8Array | undefined;
  readonly payload: Uint8Array | undefined;
  readonly gpa: bigint | undefined;
}

/** The launch of one guest: started before there is a machine, then loaded, finished, ended. */
export interface GuestLaunch {
  readonly kind: "sev" | "sev-snp";
  /**
   * Measures what QEMU measures before a client can talk to it.
   * @throws {QemuRefusal}
   */
  load(machine: LaunchMachine): Promise<void>;
  /**
   * What the first `cont` does. Does nothing when it was done.
   * @throws {QemuRefusal}
   */
  finish(): Promise<void>;
  /** Answer of query-sev. */
  query(): Readonly<Record<string, unknown>>;
  /** Answer of query-sev-launch-measure, 48 bytes. @throws {CommandRefusal} */
  measurement(): Uint8Array;
  /** sev-inject-launch-secret. @throws {CommandRefusal} */
  inject(packet: InjectedPacket): Promise<void>;
  /** Answer of query-sev-attestation-report, 208 bytes. @throws {CommandRefusal} */
  attestationReport(mnonce: Uint8Array): Uint8Array;
  /** The machine is gone: the secure processor forgets the guest. */
  end(): void;
}
