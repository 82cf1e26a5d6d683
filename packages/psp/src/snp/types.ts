// SPDX-License-Identifier: Apache-2.0
// What the SEV-SNP half of the secure processor can be told to do: its commands as methods, with what
// goes in and what comes out. Source: AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58, chapter 8.

import type { PageType } from "@greenlight/core/launch";
import type { TcbVersion } from "@greenlight/core/evidence";
import type { JsonValue } from "../platform/shared.ts";
import type { Failure } from "../platform/status.ts";

/** What a command came to: its output, or the status code that refuses it and why, in words. */
export type SnpResult<Out extends object = object> =
  | ({ readonly status: "SUCCESS" } & Out)
  | SnpRefusal;

/** A refused command. */
export interface SnpRefusal extends Failure {
  /** Of a CPUID page: how the firmware wants it, for another try (SNP_LAUNCH_UPDATE). */
  readonly page?: Uint8Array;
}

/** State of a guest context (AMD 56860, table Guest States). */
export type SnpGuestState = "INIT" | "LAUNCH" | "RUNNING";

/** Output of SNP_PLATFORM_STATUS, SNP_CONFIG's settings among it. */
export interface SnpPlatformStatus {
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly build: number;
  readonly state: "UNINIT" | "INIT";
  readonly isRmpInitialised: boolean;
  readonly maskChipId: boolean;
  readonly maskChipKey: boolean;
  readonly vlekLoaded: boolean;
  readonly guestCount: number;
  readonly currentTcb: TcbVersion;
  readonly reportedTcb: TcbVersion;
  readonly committedTcb: TcbVersion;
}

/** Input of SNP_CONFIG; what is absent stays as it is. */
export interface SnpConfig {
  /** At most CURRENT_TCB in every part; null: follows CURRENT_TCB again. */
  readonly reportedTcb?: TcbVersion | null;
  /** CHIP_ID of reports becomes zero. */
  readonly maskChipId?: boolean;
  /** The VCEK is not used: reports that would be signed with it are not signed at all. */
  readonly maskChipKey?: boolean;
}

/**
 * Input of SNP_VLEK_LOAD. The key comes from the platform's own hierarchy, not wrapped by a KDS; like
 * one derived from a hashstick it follows REPORTED_TCB.
 */
export interface VlekRequest {
  /** The provider, `CN=...`; default the simulator's. */
  readonly cspId?: string;
}

/** Input of SNP_LAUNCH_START. */
export interface SnpLaunchStart {
  /** Context of SNP_GCTX_CREATE. */
  readonly gctx: number;
  /** GUEST_POLICY. */
  readonly policy: bigint;
  /** Guest OS visible workarounds, 16 bytes; default zero. */
  readonly gosvw?: Uint8Array;
  /** Whether pages may belong to an initial migration image. */
  readonly imi?: boolean;
  /** Context of a migration agent. Refused as UNSUPPORTED. */
  readonly maGctx?: number;
}

/** Input of SNP_LAUNCH_UPDATE: pages of one type, ascending from `gpa`. */
export interface SnpLaunchUpdate {
  readonly gctx: number;
  readonly type: PageType;
  /** Of the first page, a multiple of 4096. */
  readonly gpa: number;
  /**
   * The contents, whole pages. ZERO and UNMEASURED pages are not looked at: `{ size }` does for them. A
   * SECRETS or CPUID page is one page.
   */
  readonly page: Uint8Array | { readonly size: number };
  /** Permissions of VMPL 1, 2 and 3 in bits 15:8, 23:16, 31:24, as KVM has them; default 0. */
  readonly vmplPermissions?: number;
  /** The pages belong to the initial migration image. */
  readonly imiPage?: boolean;
}

/** Output of SNP_LAUNCH_UPDATE. */
export interface SnpLaunchUpdated {
  /** What guest memory holds afterwards, where that is not what was given: SECRETS, ZERO. */
  readonly page?: Uint8Array;
}

/** Input of SNP_LAUNCH_FINISH. */
export interface SnpLaunchFinish {
  readonly gctx: number;
  /** 96 bytes; its presence is ID_BLOCK_EN. */
  readonly idBlock?: Uint8Array;
  /** 4096 bytes; needed with an ID block. */
  readonly idAuth?: Uint8Array;
  /** AUTH_KEY_EN. */
  readonly authorKeyEnabled?: boolean;
  /** VCEK_DIS: the guest gets no reports and keys of the VCEK. */
  readonly vcekDisabled?: boolean;
  /** 32 bytes; default zero. */
  readonly hostData?: Uint8Array;
}

/** Output of SNP_GUEST_STATUS. */
export interface SnpGuestStatus {
  readonly policy: bigint;
  /** 0: not active. */
  readonly asid: number;
  readonly state: SnpGuestState;
  readonly vcekDisabled: boolean;
}

/** Which key a report is wanted by: 0 VLEK if loaded, else VCEK; 1 VCEK; 2 VLEK. */
export type KeySelection = 0 | 1 | 2;

/**
 * The SEV-SNP commands. Every method answers at once and throws only for bugs of its caller; whatever
 * a host may get wrong is a status. A guest is launched by gctxCreate, launchStart, activate,
 * launchUpdate..., launchFinish.
 */
export interface SnpProcessor {
  /** SNP_INIT. */
  snpInit(): SnpResult;
  /** SNP_SHUTDOWN: every guest is gone. */
  snpShutdown(): SnpResult;
  /** SNP_PLATFORM_STATUS. Allowed in every state. */
  platformStatus(): SnpResult<SnpPlatformStatus>;
  /** SNP_DF_FLUSH: ASIDs of decommissioned guests can be used again. */
  dfFlush(): SnpResult;
  /** SNP_CONFIG. */
  config(request: SnpConfig): SnpResult;
  /** SNP_COMMIT: what is running becomes the floor. */
  commit(): SnpResult;
  /** SNP_VLEK_LOAD. */
  vlekLoad(request?: VlekRequest): SnpResult;
  /** SNP_GCTX_CREATE. */
  gctxCreate(): SnpResult<{ readonly gctx: number }>;
  /** SNP_LAUNCH_START. */
  launchStart(request: SnpLaunchStart): SnpResult;
  /** SNP_ACTIVATE: needed before LAUNCH_UPDATE. */
  activate(request: { readonly gctx: number; readonly asid: number }): SnpResult;
  /** SNP_LAUNCH_UPDATE. */
  launchUpdate(request: SnpLaunchUpdate): SnpResult<SnpLaunchUpdated>;
  /** SNP_LAUNCH_FINISH. */
  launchFinish(request: SnpLaunchFinish): SnpResult;
  /** SNP_DECOMMISSION: the context is gone. */
  decommission(request: { readonly gctx: number }): SnpResult;
  /** SNP_GUEST_STATUS. */
  guestStatus(request: { readonly gctx: number }): SnpResult<SnpGuestStatus>;
  /** SNP_GUEST_REQUEST: an encrypted message in, an encrypted message out. */
  guestRequest(request: {
    readonly gctx: number;
    readonly message: Uint8Array;
  }): SnpResult<{ readonly message: Uint8Array }>;
  /** SNP_HV_REPORT_REQ: a report that the host asks for. REPORT_DATA is zero, VMPL all ones. */
  hostReport(request: {
    readonly gctx: number;
    readonly keySelection?: KeySelection;
  }): SnpResult<{ readonly report: Uint8Array }>;
  /** LD of a guest, 48 bytes: for tests and labs, firmware never tells a host. */
  launchDigest(gctx: number): Uint8Array | undefined;
  /**
   * The certificate table that a host with certificates from the KDS gives its guests along with reports:
   * the VLEK if one is loaded, else the VCEK of REPORTED_TCB, and what is above it.
   */
  certificateTable(): Uint8Array;
  /** What outlives a power cycle: TCB versions and how the hardware is set up. No secrets. */
  toJson(): JsonValue;
}
