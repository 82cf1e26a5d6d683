// SPDX-License-Identifier: Apache-2.0
// A launch plan: what is to be launched, where, what is demanded of the platform, and what the guest is
// given when all of it holds. Plain data; the files that it names are read by whoever carries it out.

import type { Generation } from "../candidates.ts";

/** `schema` of a plan. */
export const LAUNCH_PLAN_SCHEMA = "greenlight/launch-plan/v1";

/** Product lines with legacy SEV, by AMD's names. */
export const SEV_PRODUCTS = ["Naples", "Rome", "Milan", "Genoa", "Turin"] as const;

/** A product line. */
export type SevProduct = (typeof SEV_PRODUCTS)[number];

/** A disk of the guest. */
export interface PlannedDisk {
  readonly file: string;
  readonly format: "qcow2" | "raw";
  readonly readonly: boolean;
}

/** A secret and where it goes. */
export interface PlannedSecret {
  /** GUID of its entry in the secret table. */
  readonly guid: string;
  /** File with the secret; its content never leaves the owner but encrypted. */
  readonly file: string;
  /** Whether a NUL is put behind it, as GRUB wants a passphrase. */
  readonly nul: boolean;
  /** Whether a line break at the end of the file is left out. */
  readonly trim: boolean;
}

/** QEMU, started by the owner's side with a command line made from the plan. */
export interface QemuHost {
  readonly binary: string;
  readonly machine?: string;
  readonly cbitpos: number;
  readonly reducedPhysBits: number;
  /** File that the guest's first serial port is written to. */
  readonly serial?: string;
}

/** A QEMU that the host has started, stopped before its first instruction. */
export interface QmpHost {
  /** Its QMP socket. */
  readonly socket: string;
  /** File with its command line, as JSON or as /proc/PID/cmdline has it. */
  readonly arguments?: string;
  /** Socket of the guest's owner channel (SEV-SNP). */
  readonly channel?: string;
}

/** A domain of libvirt. */
export interface LibvirtHost {
  readonly uri: string;
  readonly domain: string;
  /** Whether the domain is defined and started from the plan; else it is attached to. */
  readonly define: boolean;
  readonly cbitpos: number;
  readonly reducedPhysBits: number;
  /** Socket of the guest's owner channel (SEV-SNP). */
  readonly channel?: string;
}

/** The lab host: real QEMU before a software secure processor. */
export interface LabHost {
  readonly binary: string;
  /** Folder with the state of the simulated platform. */
  readonly platform: string;
  /** How the host misbehaves, by name. */
  readonly faults: readonly string[];
  /** File that the guest's first serial port is written to. */
  readonly serial?: string;
}

/** A plan, every field filled in. */
export interface LaunchPlan {
  readonly schema: typeof LAUNCH_PLAN_SCHEMA;
  readonly name: string;
  readonly description: string;
  readonly generation: Generation;
  readonly guest: {
    /** The firmware that is started; it is measured whole. */
    readonly firmware: string;
    /** Others that are taken too, where the host starts the guest itself. */
    readonly otherFirmwares: readonly string[];
    readonly kernel?: string;
    readonly initrd?: string;
    readonly cmdline: string;
    readonly vcpus: number;
    readonly vcpuType: string;
    /** Ids of VMSA profiles that are taken; those of QEMU for the generation unless given. */
    readonly vmsaProfiles: readonly string[] | "default";
    /** Guest features words that are taken, as 0x1. */
    readonly sevFeatures: readonly string[] | "default";
    readonly memoryMiB: number;
    readonly disks: readonly PlannedDisk[];
    /** Guest policy: a number, or names of bits; `default` for the strictest of the generation. */
    readonly policy: string;
    /** SEV-SNP: files of ID block and ID authentication information, host data as digits. */
    readonly idBlock?: string;
    readonly idAuth?: string;
    readonly hostData?: string;
  };
  readonly platform: {
    readonly products: readonly SevProduct[] | "any";
    /** Lowest firmware API, `1.55`, and within it the lowest build. */
    readonly minimumApi: string;
    readonly minimumBuild: number;
    /** Certificates of platform owners (OCA) that are taken. */
    readonly owners: readonly string[];
    /** Certificates that the host does not give: CEK of the KDS, ASK and ARK; VCEK or VLEK. */
    readonly certificates: readonly string[];
    /** Roots of simulated platforms that are taken, by file. */
    readonly simulatorRoots: readonly string[];
    /** What the host exported of its platform beforehand, where it cannot be asked. */
    readonly export: readonly string[];
  };
  readonly evidence: {
    /** Policy file for the guest's evidence (SEV-SNP). */
    readonly policy?: string;
  };
  readonly secrets: readonly PlannedSecret[];
  /** Ids of findings that are lived with. */
  readonly accept: readonly string[];
  /** Seconds. */
  readonly deadlines: {
    /** Until the guest is there and measured. */
    readonly start: number;
    /** Until a running SEV-SNP guest has asked for its secrets. */
    readonly evidence: number;
  };
  readonly host: PlannedHost;
}

/** Exactly one is there. */
export interface PlannedHost {
  readonly qemu?: QemuHost;
  readonly qmp?: QmpHost;
  readonly libvirt?: LibvirtHost;
  readonly lab?: LabHost;
}
