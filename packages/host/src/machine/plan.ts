// SPDX-License-Identifier: Apache-2.0
// What a guest is to be started with: everything the owner decided, as data. Command lines and
// domain XML are made from it, and nothing of it is a secret.

/** A disk of the guest, on virtio-blk, in the order of the list: `/dev/vda`, `/dev/vdb` and so on. */
export interface MachineDisk {
  readonly file: string;
  readonly format: "qcow2" | "raw";
  readonly readonly?: boolean;
}

/** A virtio-serial port: `/dev/virtio-ports/NAME` in the guest, a socket that QEMU serves outside. */
export interface MachineChannel {
  /** `org.greenlight.owner` and the like. */
  readonly name: string;
  /** Path of the unix socket. */
  readonly path: string;
}

/** What the platform needs to be told, from its CPUID leaf 8000001F. */
export interface PlatformBits {
  /** Position of the encryption bit: 47 on Naples and Rome, 51 since Milan. */
  readonly cbitpos: number;
  /** Physical address bits that encryption takes. */
  readonly reducedPhysBits: number;
}

/** Version of the QEMU that is to run the guest. */
export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
}

/** The part of a plan that is the same for all generations. */
interface MachineShape {
  /** Name of the guest, for people and for libvirt: letters, digits, `.`, `_`, `-`. */
  readonly name: string;
  /** OVMF of the AmdSev build, without a variable store. */
  readonly firmware: string;
  /** Measured direct boot: with {@link kernelHashes}, hashes of these three are in the digest. */
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  /** A table of hashes of kernel, initrd and command line is measured with the firmware. */
  readonly kernelHashes: boolean;
  readonly vcpus: number;
  /** QEMU's name of the CPU model: `EPYC-v4`. */
  readonly vcpuType: string;
  readonly memoryMiB: number;
  readonly disks: readonly MachineDisk[];
  readonly channels: readonly MachineChannel[];
  readonly platform: PlatformBits;
  /** The QEMU that is to run it; options that it does not have are left out or refused. */
  readonly qemu: QemuVersion;
  /** QEMU's machine type: `q35`, or a versioned one such as `pc-q35-7.2`. `q35` unless given. */
  readonly machineType?: string;
  /** Unix socket that QEMU serves QMP at; libvirt keeps one of its own. */
  readonly qmp?: string;
  /** What the guest's first serial port goes to: a file, or a unix socket that QEMU serves. */
  readonly serial?:
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "socket"; readonly path: string };
}

/** A guest of SEV or SEV-ES. */
export interface SevMachine extends MachineShape {
  readonly generation: "sev" | "sev-es";
  /** The policy that the session is bound to, 32 bits. */
  readonly policy: number;
  /** Files with base64 text: the owner's Diffie-Hellman certificate and the session. */
  readonly session: { readonly godhFile: string; readonly sessionFile: string };
  /** Virtual machine type of KVM, which changes the VMSA pages. `on`, as measured by all, unless given. */
  readonly legacyVmType?: "on" | "off";
}

/** A guest of SEV-SNP. */
export interface SnpMachine extends MachineShape {
  readonly generation: "sev-snp";
  /** Guest policy, 64 bits. */
  readonly policy: bigint;
  /** 96 bytes. */
  readonly idBlock?: Uint8Array;
  /** Up to 4096 bytes. */
  readonly idAuth?: Uint8Array;
  /** The ID authentication information holds an author key. */
  readonly authorKey?: boolean;
  /** 32 bytes, in every report. */
  readonly hostData?: Uint8Array;
  /** Guest-visible workarounds, 16 bytes. */
  readonly workarounds?: Uint8Array;
  /** Refuses the VCEK, so that reports are signed by a VLEK. */
  readonly vcekDisabled?: boolean;
}

/** A guest to be started. */
export type MachinePlan = SevMachine | SnpMachine;
