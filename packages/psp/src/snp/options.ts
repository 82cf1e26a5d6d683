// SPDX-License-Identifier: Apache-2.0
// How a machine with SEV-SNP is set up: TCB versions, what BIOS and hardware have switched on, and the
// version of its reports.

import { PLATFORM_INFO_BITS, encodeTcb } from "@greenlight/core/evidence";
import type { PlatformInfoBit, ProductLine, TcbVersion } from "@greenlight/core/evidence";
import type { ApiVersion } from "../platform/api-version.ts";
import { USUAL_TCB } from "../hierarchy/index.ts";

/** How it is set up, where not as usual. */
export interface SnpOptions {
  /** Default 3, and 5 on Turin. */
  readonly reportVersion?: 2 | 3 | 4 | 5;
  readonly currentTcb?: TcbVersion;
  /** Default: the current one. */
  readonly committedTcb?: TcbVersion;
  /** Default: the running one. */
  readonly committedVersion?: ApiVersion;
  readonly facts?: Partial<SnpFacts>;
  /** Mitigations in force, for reports of version 5; default 0x3f. */
  readonly mitigations?: bigint;
}

/** What BIOS and hardware have switched on: PLATFORM_INFO, and what guest policies ask about besides. */
export interface SnpFacts extends Readonly<Record<PlatformInfoBit, boolean>> {
  readonly sockets: number;
  /** CXL devices or memory are there. */
  readonly cxl: boolean;
  /** Memory is encrypted with AES-256-XTS. */
  readonly aes256Xts: boolean;
}

const USUAL_FACTS: SnpFacts = {
  smt: true,
  tsme: false,
  ecc: true,
  raplDis: false,
  ciphertextHidingDram: false,
  aliasCheckComplete: true,
  iommuWriteSafe: false,
  tio: false,
  sockets: 1,
  cxl: false,
  aes256Xts: false,
};

/** How it is set up, complete. */
export interface SnpSetup {
  readonly reportVersion: 2 | 3 | 4 | 5;
  readonly currentTcb: TcbVersion;
  readonly committedTcb: TcbVersion;
  readonly committedVersion: ApiVersion;
  readonly facts: SnpFacts;
  readonly mitigations: bigint;
}

/**
 * The options with usual values for the rest.
 * @throws {LayoutError} `out-of-range` for a TCB version that is none of the line.
 */
export function setupOf(line: ProductLine, api: ApiVersion, options: SnpOptions): SnpSetup {
  const currentTcb = options.currentTcb ?? USUAL_TCB[line];
  const committedTcb = options.committedTcb ?? currentTcb;
  for (const tcb of [currentTcb, committedTcb]) encodeTcb(tcb, line);
  return {
    reportVersion: options.reportVersion ?? (line === "Turin" || line === "Venice" ? 5 : 3),
    currentTcb,
    committedTcb,
    committedVersion: options.committedVersion ?? api,
    facts: { ...USUAL_FACTS, ...options.facts },
    mitigations: options.mitigations ?? 0x3fn,
  };
}

/** PLATFORM_INFO of reports. */
export function platformInfo(facts: SnpFacts): bigint {
  let bits = 0n;
  for (const [name, { bit }] of Object.entries(PLATFORM_INFO_BITS)) {
    const values: Readonly<Record<string, unknown>> = { ...facts };
    if (values[name] === true) bits |= 1n << BigInt(bit);
  }
  return bits;
}
