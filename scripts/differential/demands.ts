// SPDX-License-Identifier: Apache-2.0
// What a case demands of a report, in neutral words, and the same as a policy of ours and as
// go-sev-guest's check.Policy.

import { DEFAULT_POLICY } from "@greenlight/core/policy";
import type { Policy } from "@greenlight/core/policy";
import { encodeTcb } from "@greenlight/core/evidence";
import type { ProductLine, TcbVersion } from "@greenlight/core/evidence";

/** Bits of a guest policy that a guest may have (permissions) or must have (restrictions). */
export interface GuestBits {
  readonly smt?: boolean;
  readonly migrateMa?: boolean;
  readonly debug?: boolean;
  readonly singleSocket?: boolean;
  readonly cxlAllow?: boolean;
  readonly memAes256Xts?: boolean;
  readonly raplDis?: boolean;
  readonly ciphertextHidingDram?: boolean;
  readonly pageSwapDisable?: boolean;
}

/** Exposures that are tolerated and protections that are required, of PLATFORM_INFO. */
export interface PlatformBits {
  readonly smt?: boolean;
  readonly tsme?: boolean;
  readonly ecc?: boolean;
  readonly raplDis?: boolean;
  readonly ciphertextHidingDram?: boolean;
  readonly aliasCheckComplete?: boolean;
  readonly tio?: boolean;
}

/** Fields that are compared byte by byte. */
export type ExactField =
  | "reportData"
  | "hostData"
  | "familyId"
  | "imageId"
  | "reportId"
  | "reportIdMa"
  | "measurement"
  | "chipId";

/** What a case demands. What is absent is not looked at, except where a default is named. */
export interface Demands {
  /** Default: SMT alone is allowed, nothing is required. */
  readonly guest?: GuestBits;
  /** Default 0.0. */
  readonly abi?: readonly [major: number, minor: number];
  readonly platform?: PlatformBits;
  readonly exact?: Readonly<Partial<Record<ExactField, Uint8Array>>>;
  readonly guestSvn?: number;
  /** Default 0; null: any. */
  readonly vmpl?: number | null;
  readonly build?: number;
  readonly version?: readonly [major: number, minor: number];
  /** Default false: running and committed firmware must be the same. */
  readonly provisional?: boolean;
  readonly tcb?: TcbVersion;
  readonly launchTcb?: TcbVersion;
  readonly mitigations?: { readonly launch: bigint; readonly current: bigint };
  readonly idBlock?: {
    readonly authorRequired?: boolean;
    readonly idKeys?: readonly Uint8Array[];
    readonly authorKeys?: readonly Uint8Array[];
  };
  /** Whether a CHIP_ID of zero is tolerated under a VCEK; go-sev-guest always does. */
  readonly maskedChipId?: boolean;
}

const GUEST_BIT: Readonly<Record<keyof GuestBits, bigint>> = {
  smt: 1n << 16n,
  migrateMa: 1n << 18n,
  debug: 1n << 19n,
  singleSocket: 1n << 20n,
  cxlAllow: 1n << 21n,
  memAes256Xts: 1n << 22n,
  raplDis: 1n << 23n,
  ciphertextHidingDram: 1n << 24n,
  pageSwapDisable: 1n << 25n,
};

const PLATFORM_BIT: Readonly<Record<keyof PlatformBits, bigint>> = {
  smt: 1n << 0n,
  tsme: 1n << 1n,
  ecc: 1n << 2n,
  raplDis: 1n << 3n,
  ciphertextHidingDram: 1n << 4n,
  aliasCheckComplete: 1n << 5n,
  tio: 1n << 7n,
};

const PERMISSIONS = ["smt", "migrateMa", "debug", "cxlAllow"] as const;
const RESTRICTIONS = [
  "singleSocket",
  "memAes256Xts",
  "raplDis",
  "ciphertextHidingDram",
  "pageSwapDisable",
] as const;
const EXPOSURES = ["smt", "tsme", "tio"] as const;
const PROTECTIONS = ["ecc", "raplDis", "ciphertextHidingDram", "aliasCheckComplete"] as const;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const listed = (bytes: Uint8Array) => [{ value: hex(bytes) }];
const listedAll = (all: readonly Uint8Array[] | undefined) =>
  all === undefined || all.length === 0 ? "any" : all.map((bytes) => ({ value: hex(bytes) }));

/** The demands as a policy of ours. */
export function ourPolicy(demands: Demands, line: ProductLine): Policy {
  const { evidence, platform, guest } = DEFAULT_POLICY;
  const { exact = {}, idBlock, vmpl = 0 } = demands;
  const allowed: GuestBits = { smt: true, ...demands.guest };
  const pinned = (field: ExactField) => {
    const value = exact[field];
    return value === undefined ? "any" : listed(value);
  };
  return {
    ...DEFAULT_POLICY,
    evidence: {
      ...evidence,
      chips: {
        ...evidence.chips,
        allow: pinned("chipId"),
        masked: demands.maskedChipId === true ? "allow" : "refuse",
      },
      unknownExtensions: "refuse",
    },
    platform: {
      ...platform,
      firmware: {
        minimumVersion: demands.version?.join(".") ?? "any",
        minimumBuild: demands.build ?? 0,
        compareBuild: "always",
        provisional: demands.provisional === true ? "allow" : "refuse",
      },
      tcb: demands.tcb === undefined ? {} : { [line]: demands.tcb },
      launchTcb: demands.launchTcb === undefined ? {} : { [line]: demands.launchTcb },
      mitigations: {
        launch: `0x${(demands.mitigations?.launch ?? 0n).toString(16)}`,
        current: `0x${(demands.mitigations?.current ?? 0n).toString(16)}`,
      },
      info: {
        ...platform.info,
        ...(demands.platform === undefined
          ? { unknown: "allow" as const }
          : {
              ...from(EXPOSURES, (bit) => (demands.platform?.[bit] === true ? "any" : 0)),
              ...from(PROTECTIONS, (bit) => (demands.platform?.[bit] === true ? 1 : "any")),
            }),
      },
    },
    guest: {
      ...guest,
      measurements: pinned("measurement"),
      policy: {
        ...guest.policy,
        ...from(PERMISSIONS, (bit) => (allowed[bit] === true ? "any" : 0)),
        ...from(RESTRICTIONS, (bit) => (allowed[bit] === true ? 1 : "any")),
        minimumAbi: demands.abi?.join(".") ?? "any",
      },
      vmpl: vmpl === null ? "any" : [vmpl],
      svn: { minimum: demands.guestSvn ?? 0 },
      familyId: pinned("familyId"),
      imageId: pinned("imageId"),
      hostData: pinned("hostData"),
      reportId: pinned("reportId"),
      reportIdMa: pinned("reportIdMa"),
      reportData: pinned("reportData"),
      idBlock: {
        required: idBlock !== undefined,
        idKeys: listedAll(idBlock?.idKeys),
        authorKeys: listedAll(idBlock?.authorKeys),
        authorKeyRequired: idBlock?.authorRequired === true,
      },
    },
  };
}

/** The demands as go-sev-guest's check.Policy, in the JSON form of protocol buffers. */
export function peerPolicy(demands: Demands, line: ProductLine): Readonly<Record<string, unknown>> {
  const { exact = {}, idBlock, vmpl = 0, abi = [0, 0] } = demands;
  const guest: GuestBits = { smt: true, ...demands.guest };
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const tcb = (value: TcbVersion): string =>
    Buffer.from(encodeTcb(value, line)).readBigUInt64LE(0).toString();
  const platform = demands.platform;
  return {
    policy: String(sum(GUEST_BIT, guest) | (1n << 17n) | BigInt((abi[0] << 8) | abi[1])),
    ...(platform === undefined ? {} : { platformInfo: String(sum(PLATFORM_BIT, platform)) }),
    ...Object.fromEntries(Object.entries(exact).map(([name, bytes]) => [name, base64(bytes)])),
    ...(demands.guestSvn === undefined ? {} : { minimumGuestSvn: demands.guestSvn }),
    ...(vmpl === null ? {} : { vmpl }),
    ...(demands.build === undefined ? {} : { minimumBuild: demands.build }),
    ...(demands.version === undefined ? {} : { minimumVersion: demands.version.join(".") }),
    permitProvisionalFirmware: demands.provisional === true,
    ...(demands.tcb === undefined ? {} : { minimumTcb: tcb(demands.tcb) }),
    ...(demands.launchTcb === undefined ? {} : { minimumLaunchTcb: tcb(demands.launchTcb) }),
    ...(idBlock === undefined
      ? {}
      : {
          requireIdBlock: true,
          requireAuthorKey: idBlock.authorRequired === true,
          trustedIdKeyHashes: (idBlock.idKeys ?? []).map(base64),
          trustedAuthorKeyHashes: (idBlock.authorKeys ?? []).map(base64),
        }),
  };
}

function from<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}

function sum<K extends string>(
  bits: Readonly<Record<K, bigint>>,
  set: Readonly<Partial<Record<K, boolean>>>,
): bigint {
  let value = 0n;
  for (const [name, bit] of Object.entries<bigint>(bits)) {
    if ((set as Readonly<Record<string, boolean>>)[name] === true) value |= bit;
  }
  return value;
}
