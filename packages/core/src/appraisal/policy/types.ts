// SPDX-License-Identifier: Apache-2.0
// What a guest owner can demand of SEV-SNP evidence. A Policy is plain data that JSON can carry, with
// every field filled in; parse.ts makes one from a file, compile.ts prepares it for comparing.

import type { Guid } from "../../bytes/index.ts";
import type { PlatformInfoBit, ProductLine, TcbVersion } from "../../evidence/index.ts";

/** `schema` of a policy. */
export const POLICY_SCHEMA = "greenlight/policy/v1";

/** What to do about something that one may tolerate. */
export type Answer = "refuse" | "warn" | "allow";

/** What a bit must be. */
export type BitDemand = 0 | 1 | "any";

/** Hexadecimal digits of a byte string, lower case, without 0x. */
export type Hex = string;

/** A byte string with a name for it, which findings show. */
export interface Labelled {
  readonly value: Hex;
  readonly label?: string;
}

/** Any value, or only those listed. A list is never empty. */
export type OneOf<T> = "any" | readonly T[];

/** Names of the bits of a guest policy, as policies spell them. */
export type GuestPolicyBitName =
  | "smt"
  | "migrateMa"
  | "debug"
  | "singleSocket"
  | "cxlAllow"
  | "memAes256Xts"
  | "raplDis"
  | "ciphertextHidingDram"
  | "pageSwapDisable";

/** Floors of TCB parts by product line. Lines that are not named have none. */
export type TcbFloors = Readonly<Partial<Record<ProductLine, Readonly<Partial<TcbVersion>>>>>;

/** A CPU by its combined family, model and stepping; what is absent may be anything. */
export interface CpuDemand {
  readonly family: number;
  readonly model?: number;
  readonly stepping?: number;
}

/** A demand on an entry of the certificate table, by its GUID. */
export interface TableEntryDemand {
  readonly guid: Guid;
  /** Whether the entry must be there. */
  readonly required: boolean;
  /** SHA-256 of its content. */
  readonly sha256: OneOf<Labelled>;
}

/** Ways REPORT_DATA can be bound to something, see binding.ts. */
export type BindingKind =
  | "raw"
  | "padded"
  | "nonce-and-key"
  | "tls-key"
  | "svsm-manifest"
  | "azure-hcl";

/** Who may say it: which reports and endorsements count at all. */
export interface EvidencePolicy {
  readonly reportVersions: readonly number[];
  readonly productLines: readonly ProductLine[];
  /** CPUs by family, model and stepping; reports of version 2 do not name theirs. */
  readonly cpus: OneOf<CpuDemand>;
  readonly signingKeys: readonly ("VCEK" | "VLEK")[];
  /** Reports that the host asked for (VMPL 0xffffffff). */
  readonly hostRequested: Answer;
  readonly chips: {
    /** 64 bytes of CHIP_ID, or the 8 significant ones of Turin. */
    readonly allow: OneOf<Labelled>;
    readonly deny: readonly Labelled[];
    /** CHIP_ID of zeros under a VCEK. */
    readonly masked: Answer;
  };
  readonly csp: {
    /** cspID extension of the VLEK. */
    readonly allow: OneOf<string>;
  };
  readonly revocation: {
    readonly mode: "off" | "if-available" | "required";
    /** Oldest acceptable list: `60d`, `36h`, `90m`, or any. */
    readonly maxAge: string;
  };
  readonly certificateTable: readonly TableEntryDemand[];
  /** Extensions of AMD's arc in the VCEK or VLEK that are not known here. */
  readonly unknownExtensions: Answer;
}

/** What the host must be. */
export interface PlatformPolicy {
  readonly firmware: {
    /** `1.55`, or any. */
    readonly minimumVersion: string;
    readonly minimumBuild: number;
    /** Whether a newer version makes up for a lower build. */
    readonly compareBuild: "within-version" | "always";
    /** Firmware that runs but is not committed, so that the host can still go back. */
    readonly provisional: Answer;
  };
  /** On REPORTED_TCB. */
  readonly tcb: TcbFloors;
  /** On LAUNCH_TCB. */
  readonly launchTcb: TcbFloors;
  /** Bits that must be set in the mitigation vectors, `0x3f`. */
  readonly mitigations: { readonly launch: string; readonly current: string };
  readonly info: Readonly<Record<PlatformInfoBit, BitDemand>> & { readonly unknown: Answer };
}

/** What the guest must be. */
export interface GuestPolicy {
  /** MEASUREMENT, 48 bytes. */
  readonly measurements: OneOf<Labelled>;
  readonly policy: Readonly<Record<GuestPolicyBitName, BitDemand>> & {
    /** Least firmware ABI that the guest was launched with as its demand: `1.51`, or any. */
    readonly minimumAbi: string;
    readonly unknown: Answer;
  };
  readonly vmpl: OneOf<number>;
  readonly svn: { readonly minimum: number };
  /** 16 bytes. */
  readonly familyId: OneOf<Labelled>;
  /** 16 bytes. */
  readonly imageId: OneOf<Labelled>;
  /** 32 bytes. */
  readonly hostData: OneOf<Labelled>;
  /** 32 bytes. */
  readonly reportId: OneOf<Labelled>;
  /** 32 bytes; all ones where there is no migration agent. */
  readonly reportIdMa: OneOf<Labelled>;
  readonly idBlock: {
    readonly required: boolean;
    /** ID_KEY_DIGEST, 48 bytes. */
    readonly idKeys: OneOf<Labelled>;
    /** AUTHOR_KEY_DIGEST, 48 bytes. An ID key that such an author signed is trusted too. */
    readonly authorKeys: OneOf<Labelled>;
    readonly authorKeyRequired: boolean;
  };
  /** REPORT_DATA, 64 bytes. */
  readonly reportData: OneOf<Labelled>;
  readonly binding: {
    readonly mode: "if-given" | "required";
    readonly kinds: OneOf<BindingKind>;
  };
}

/** A policy with every field filled in. */
export interface Policy {
  readonly schema: typeof POLICY_SCHEMA;
  readonly name: string;
  readonly description: string;
  readonly evidence: EvidencePolicy;
  readonly platform: PlatformPolicy;
  readonly guest: GuestPolicy;
}
