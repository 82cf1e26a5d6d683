// SPDX-License-Identifier: Apache-2.0
// What a configuration says that matters to a confidential guest, in one form for command lines and
// for domain XML. Says what is there; whether that is wrong is for the rules.

/** Launch parameters that the owner gives in a file (command line) or as text (XML). */
export interface OwnerInput {
  /** Path of the file; absent where the content stands in the configuration itself. */
  readonly file?: string;
  /** The content, where it could be read. */
  readonly content?: Uint8Array;
}

/** The object or element that makes a guest confidential. */
export interface LaunchDescription {
  readonly kind: "sev" | "sev-snp";
  /** `memory-encryption=` is the old way to name it. */
  readonly deprecatedForm: boolean;
  /** As a number; absent when it is not given, `invalid` when it is no number. */
  readonly policy: bigint | "invalid" | undefined;
  readonly hasCbitpos: boolean;
  readonly hasReducedPhysBits: boolean;
  readonly kernelHashes: boolean;
  readonly godh: OwnerInput | undefined;
  readonly session: OwnerInput | undefined;
  readonly legacyVmType: string | undefined;
  /** Another guest's memory key is used. */
  readonly sharedKey: boolean;
}

/** A configuration. Lists hold the offending pieces as they stand, for people to find them. */
export interface MachineDescription {
  /** What was read: `command line`, `domain XML`. */
  readonly artefact: string;
  readonly launch: LaunchDescription | undefined;
  /** `kvm`, `tcg` and so on; undefined where none is named. */
  readonly accelerator: string | undefined;
  /** undefined where the configuration cannot say it (libvirt: a flag of the start). */
  readonly startsPaused: boolean | undefined;
  readonly rebootAllowed: boolean;
  readonly cpu: string | undefined;
  readonly firmware: readonly string[];
  readonly writableFirmware: readonly string[];
  readonly nvram: readonly string[];
  readonly igvm: readonly string[];
  readonly kernel: string | undefined;
  /** Unmeasured boot blobs: `-shim`, fw_cfg files below etc/boot. */
  readonly bootBlobs: readonly string[];
  /** fw_cfg files that firmware or kernel act on (`etc/...` and the like). */
  readonly fwCfg: readonly string[];
  /** fw_cfg files below `opt/`, that only guest software that looks for them acts on. */
  readonly fwCfgOptions: readonly string[];
  readonly smbios: readonly string[];
  readonly acpiTables: readonly string[];
  readonly loaders: readonly string[];
  readonly optionRoms: readonly string[];
  /** Option ROMs without a BAR: firmware finds them in fw_cfg, if it looks. */
  readonly romsInFwCfg: readonly string[];
  readonly networkBoot: readonly string[];
  readonly sharedMemory: readonly string[];
  readonly debug: readonly string[];
  readonly monitors: readonly string[];
  /** Control sockets that listen on a network. */
  readonly networkControl: readonly string[];
  /** State of a guest from elsewhere. */
  readonly foreignState: readonly string[];
  /** Settings that stand in another file. */
  readonly hidden: readonly string[];
  readonly unknown: readonly string[];
}
