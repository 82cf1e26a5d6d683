// SPDX-License-Identifier: Apache-2.0
// What a launch needs of a hypervisor, as a port: QEMU through QMP, libvirt through virsh, or an
// imitation in tests. Everything that comes through it is the untrusted host's word.

/** What the host says of its platform (QMP query-sev-capabilities, virNodeGetSEVInfo). */
export interface PlatformExport {
  /** PDH certificate, 2084 bytes. */
  readonly pdh: Uint8Array;
  /** PEK, OCA and CEK one after the other, 6252 bytes. */
  readonly certChain: Uint8Array;
  /** Id of the first processor, 64 bytes, where the host tells it. */
  readonly cpu0Id?: Uint8Array;
}

/** What the host says of a launch (QMP query-sev, virDomainGetLaunchSecurityInfo). */
export type LaunchInfo =
  | {
      readonly type: "sev";
      readonly apiMajor: number;
      readonly apiMinor: number;
      readonly buildId: number;
      readonly policy: number;
      /** `launch-secret`, `running` and so on, in QEMU's words; libvirt does not tell it. */
      readonly state?: string;
      readonly handle?: number;
    }
  | {
      readonly type: "sev-snp";
      readonly apiMajor: number;
      readonly apiMinor: number;
      readonly buildId: number;
      readonly snpPolicy: bigint;
      readonly state?: string;
    }
  | { readonly type: "none" };

/** Whether the guest's processors run (QMP query-status, virsh domstate). */
export type RunState = "prelaunch" | "paused" | "running" | "shutdown" | "crashed" | "other";

/** How a guest came to its end. */
export interface GuestEnd {
  /** One sentence: who ended it and why, as far as the host tells. */
  readonly reason: string;
  /** Exit code of QEMU, where it is ours. */
  readonly exitCode?: number;
  /** What QEMU wrote to its standard error, bounded. */
  readonly stderr?: string;
  /** The guest ended itself, by powering off or asking for a reset, as far as the host tells. */
  readonly byGuest?: true;
}

/** A packet for LAUNCH_SECRET. */
export interface SecretPacket {
  /** 52 bytes. */
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  /** Where in guest memory; the firmware's secret area unless given. */
  readonly gpa?: bigint;
}

/**
 * A guest under a hypervisor. Every method has a deadline of its own and rejects with an error of the
 * implementation's layer (QmpError, LibvirtError) when the host does not answer, refuses or lies about
 * shapes; no method waits for ever.
 */
export interface Hypervisor {
  readonly kind: "qemu" | "libvirt" | "imitation";
  /** The hypervisor's version, as it says. */
  readonly version: string;
  platformExport(): Promise<PlatformExport>;
  launchInfo(): Promise<LaunchInfo>;
  runState(): Promise<RunState>;
  /** What LAUNCH_MEASURE gave: measurement (32 bytes) and nonce (16 bytes). */
  launchMeasurement(): Promise<Uint8Array>;
  /** The legacy attestation report, 208 bytes, over a nonce of 16 bytes. */
  attestationReport(mnonce: Uint8Array): Promise<Uint8Array>;
  injectSecret(packet: SecretPacket): Promise<void>;
  /** Lets the guest's processors run. */
  resume(): Promise<void>;
  /** Ends the guest and waits until it is gone; by its process id where asking does not help. */
  kill(): Promise<void>;
  /** Resolves when the guest is gone, whoever ended it. Never rejects. */
  readonly ended: Promise<GuestEnd>;
  /** Lets go of the hypervisor; the guest stays as it is. */
  close(): Promise<void>;
}
