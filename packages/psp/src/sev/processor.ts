// SPDX-License-Identifier: Apache-2.0
// The legacy SEV and SEV-ES commands, as methods. Synchronous; a refused command has changed nothing.
// Source: AMD SEV API 55766 rev. 3.24, chapters 5 and 6.

import type { Result } from "../platform/status.ts";

/** States of the platform and their values in PLATFORM_STATUS (55766, table 2). */
export const PLATFORM_STATES = { UNINIT: 0, INIT: 1, WORKING: 2 } as const;

/** Name of a platform state. */
export type PlatformStateName = keyof typeof PLATFORM_STATES;

/** States of a guest and their values in GUEST_STATUS (55766, section 6.1). */
export const GUEST_STATES = {
  UNINIT: 0,
  LUPDATE: 1,
  LSECRET: 2,
  RUNNING: 3,
  SUPDATE: 4,
  RUPDATE: 5,
  SENT: 6,
} as const;

/** Name of a guest state. */
export type GuestStateName = keyof typeof GUEST_STATES;

/** What PLATFORM_STATUS tells. */
export interface PlatformStatus {
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly build: number;
  readonly state: PlatformStateName;
  /** Whether PEK_CERT_IMPORT gave the platform an owner from outside. */
  readonly externallyOwned: boolean;
  /** Whether it was initialised for SEV-ES. */
  readonly es: boolean;
  readonly guestCount: number;
}

/** What GUEST_STATUS tells. */
export interface GuestStatus {
  readonly policy: number;
  /** 0 of a guest that is not active. */
  readonly asid: number;
  readonly state: GuestStateName;
}

/** What names a guest. */
export interface GuestHandle {
  readonly handle: number;
}

/** A launch or an arrival: where the session's keys come from. */
export interface StartInput {
  /** 0 makes a new memory key; another guest's handle shares that guest's. */
  readonly handle: number;
  /** u32. */
  readonly policy: number;
  /** The other side's ECDH certificate, 2084 bytes. */
  readonly godh: Uint8Array;
  /** 128 bytes. */
  readonly session: Uint8Array;
}

/** A launch; without a certificate no owner takes part, and any session is ignored. */
export type LaunchStartInput = Omit<StartInput, "godh" | "session"> & {
  readonly godh?: Uint8Array | undefined;
  readonly session?: Uint8Array | undefined;
};

/** Plaintext to be measured: a multiple of 16 bytes. */
export interface UpdateInput extends GuestHandle {
  readonly data: Uint8Array;
}

/** A packet from outside: a header of 52 bytes and as many encrypted bytes as the guest gets. */
export interface PacketInput extends GuestHandle {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  /** Bytes of guest memory they go to; the payload's length unless given. */
  readonly guestLength?: number | undefined;
}

/** Who a guest is sent to. */
export interface SendStartInput extends GuestHandle {
  /** The target's PDH, 2084 bytes. */
  readonly pdh: Uint8Array;
  /** The target's PEK, OCA and CEK, 6252 bytes. */
  readonly platformCerts: Uint8Array;
  /** ASK and ARK of the target's product line; looked at when the policy asks for AMD's platforms. */
  readonly amdCerts: Uint8Array;
}

/** Every legacy command. What is `undefined` or absent in an input is a buffer that was not given. */
export interface SevProcessor {
  /** INIT. `es` asks for SEV-ES. Makes OCA, PEK and PDH where the platform has none. */
  init(input?: { readonly es?: boolean }): Result;
  /**
   * INIT_EX: INIT with the persistent state in 32 KiB that the host keeps. Bytes of 0xff all over are
   * an empty store. The store to keep is {@link SevProcessor.nv}, after this and every later command.
   */
  initEx(input: { readonly es?: boolean; readonly nv?: Uint8Array | undefined }): Result;
  /** SHUTDOWN: ends all guests. */
  shutdown(): Result;
  /** PLATFORM_RESET: forgets OCA, PEK and PDH. A store of INIT_EX that the host kept brings them back. */
  platformReset(): Result;
  platformStatus(): Result<PlatformStatus>;
  pekGen(): Result;
  /** PEK_CSR: the PEK's certificate without signatures, 2084 bytes. `length` is that of the buffer. */
  pekCsr(input?: { readonly length?: number }): Result<{ readonly csr: Uint8Array }>;
  pekCertImport(input: { readonly pek: Uint8Array; readonly oca: Uint8Array }): Result;
  pdhGen(): Result;
  /** PDH_CERT_EXPORT: the PDH, and PEK, OCA and CEK one after the other; the CEK has no signature. */
  pdhCertExport(input?: {
    readonly pdhLength?: number;
    readonly certsLength?: number;
  }): Result<{ readonly pdh: Uint8Array; readonly certs: Uint8Array }>;
  /** DF_FLUSH: wants {@link SevProcessor.wbinvd} after any DEACTIVATE. */
  dfFlush(): Result;
  /** GET_ID: 64 bytes. */
  getId(input?: { readonly length?: number }): Result<{ readonly id: Uint8Array }>;
  nop(): Result;
  /** DOWNLOAD_FIRMWARE: always UNSUPPORTED. */
  downloadFirmware(input: { readonly image: Uint8Array }): Result;
  /** No command: the host's processors write back and invalidate their caches. */
  wbinvd(): void;

  /** ACTIVATE: binds the guest to an ASID. Memory commands (UPDATE, SECRET, DBG) want that done. */
  activate(input: GuestHandle & { readonly asid: number }): Result;
  deactivate(input: GuestHandle): Result;
  /** DECOMMISSION: forgets the guest, which must not be active. */
  decommission(input: GuestHandle): Result;
  guestStatus(input: GuestHandle): Result<GuestStatus>;

  launchStart(input: LaunchStartInput): Result<GuestHandle>;
  launchUpdateData(input: UpdateInput): Result;
  /** LAUNCH_UPDATE_VMSA: one page of 4096 bytes, guests with ES only. */
  launchUpdateVmsa(input: UpdateInput): Result;
  /** LAUNCH_MEASURE: measurement (32 bytes) and nonce (16). `length` is that of the buffer. */
  launchMeasure(
    input: GuestHandle & { readonly length?: number },
  ): Result<{ readonly blob: Uint8Array }>;
  /** LAUNCH_SECRET: what the guest's memory then holds. Secret. */
  launchSecret(input: PacketInput): Result<{ readonly plaintext: Uint8Array }>;
  launchFinish(input: GuestHandle): Result;
  /** ATTESTATION: the legacy report, 208 bytes, over a nonce of 16 bytes. */
  attestation(
    input: GuestHandle & { readonly mnonce: Uint8Array; readonly length?: number },
  ): Result<{ readonly report: Uint8Array }>;

  sendStart(
    input: SendStartInput,
  ): Result<{ readonly session: Uint8Array; readonly policy: number }>;
  sendUpdateData(input: UpdateInput): Result<SentPacket>;
  sendUpdateVmsa(input: UpdateInput): Result<SentPacket>;
  sendFinish(input: GuestHandle): Result;
  sendCancel(input: GuestHandle): Result;

  /** RECEIVE_START: `godh` is the sender's PDH, of which no signature is checked. */
  receiveStart(input: StartInput): Result<GuestHandle>;
  receiveUpdateData(input: PacketInput): Result<{ readonly plaintext: Uint8Array }>;
  receiveUpdateVmsa(input: PacketInput): Result<{ readonly plaintext: Uint8Array }>;
  receiveFinish(input: GuestHandle): Result;

  /** DBG_DECRYPT: the guest's memory as the guest sees it, where the policy lets the host look. */
  dbgDecrypt(input: UpdateInput): Result<{ readonly data: Uint8Array }>;
  /** DBG_ENCRYPT: what the guest's memory then holds. */
  dbgEncrypt(input: UpdateInput): Result<{ readonly data: Uint8Array }>;
  /** COPY, SWAP_OUT, SWAP_IN: always UNSUPPORTED. */
  copy(input: GuestHandle): Result;
  swapOut(input: GuestHandle): Result;
  swapIn(input: GuestHandle): Result;

  /** The store of INIT_EX, 32 KiB; undefined unless the platform was initialised by it. */
  nv(): Uint8Array | undefined;
}

/** A packet that leaves the platform. */
export interface SentPacket {
  /** 52 bytes. */
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}
