// SPDX-License-Identifier: Apache-2.0
// A policy out of real reports: what they have in common becomes what is demanded.

import { basename } from "node:path";
import { LayoutError, hexEncode } from "@greenlight/core/bytes";
import {
  identifyCertificate,
  parseCertificate,
  readVekExtensions,
} from "@greenlight/core/endorsement";
import type { Certificate } from "@greenlight/core/endorsement";
import {
  decodeReport,
  decodeSignerInfo,
  decodeTcb,
  platformInfoHas,
  readEvidence,
  reportProductLine,
} from "@greenlight/core/evidence";
import type {
  Evidence,
  PlatformInfoBit,
  ProductLine,
  Report,
  TcbVersion,
} from "@greenlight/core/evidence";
import { describeGuestPolicy } from "@greenlight/core/launch";
import { DEFAULT_POLICY, parsePolicy } from "@greenlight/core/policy";
import type { Labelled, OneOf, Policy } from "@greenlight/core/policy";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";

/** Evidence with everything that comes along. */
const MAX_EVIDENCE = 4 * 1024 * 1024;

/** A report to take values from. Nothing of it is verified. */
export interface Sample {
  readonly name: string;
  readonly report: Report;
  readonly line: ProductLine | undefined;
  readonly cspId: string | undefined;
}

/**
 * Reads evidence of any form.
 * @throws {UsageError} {LayoutError} for a file that cannot be read or is no evidence.
 */
export async function readSample(path: string): Promise<Sample> {
  const evidence = await naming(path, () => readEvidence(readBounded(path, MAX_EVIDENCE)));
  const report = await naming(path, () => decodeReport(evidence.report));
  const vek = vekOf(evidence);
  const line = reportProductLine(report) ?? (vek && identifyCertificate(vek)?.line);
  return {
    name: labelOf(path),
    report,
    line,
    cspId: vek && readVekExtensions(vek).cspId,
  };
}

/** What values of a report are labelled with: the name of its file. */
function labelOf(path: string): string {
  const name = basename(path).replace(/\.(bin|ext\.bin|json|hex|b64)$/, "");
  return name.replaceAll(/[^ -~]/g, "?").slice(0, 100);
}

/** The VCEK or VLEK that came along, if it can be read. */
function vekOf({ certificates }: Evidence): Certificate | undefined {
  const supplied = certificates.find(({ role }) => role === "VCEK" || role === "VLEK");
  if (supplied === undefined) return undefined;
  try {
    const vek = parseCertificate(supplied.der);
    readVekExtensions(vek);
    return vek;
  } catch (error) {
    // It is only looked at for what it says; verifying will name what is wrong with it.
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}

/** Bits of PLATFORM_INFO that protect the guest: demanded where every report has them. */
const PROTECTIONS: readonly PlatformInfoBit[] = [
  "ecc",
  "raplDis",
  "ciphertextHidingDram",
  "aliasCheckComplete",
  "iommuWriteSafe",
];

/** Guest policy bits by name in AMD's tables: permissions to refuse, restrictions to demand. */
const PERMISSIONS = [
  ["smt", "SMT"],
  ["cxlAllow", "CXL_ALLOW"],
] as const;
const RESTRICTIONS = [
  ["singleSocket", "SINGLE_SOCKET"],
  ["memAes256Xts", "MEM_AES_256_XTS"],
  ["raplDis", "RAPL_DIS"],
  ["ciphertextHidingDram", "CIPHERTEXT_HIDING_DRAM"],
  ["pageSwapDisable", "PAGE_SWAP_DISABLE"],
] as const;

/** A policy that these reports, if genuine, satisfy, unless the default policy refuses them. */
export function policyFromSamples(name: string, samples: readonly Sample[]): Policy {
  const reports = samples.map(({ report }) => report);
  const lines = [...new Set(samples.map(({ line }) => line))];
  const knownLines = lines.filter((line) => line !== undefined);
  const { evidence, platform, guest } = DEFAULT_POLICY;
  const firmware = lowestFirmware(reports);
  const csps = samples.flatMap(({ cspId }) => (cspId === undefined ? [] : [cspId]));
  const levels = [...new Set(reports.map(({ vmpl }) => vmpl))].filter((vmpl) => vmpl <= 3);
  const authors = reports.filter(({ signerInfo }) => decodeSignerInfo(signerInfo).authorKeyEnabled);
  const isSet = (report: Report, bit: string): boolean =>
    describeGuestPolicy(report.policy).bits.some((found) => found.name === bit && found.set);
  return parsePolicy({
    ...DEFAULT_POLICY,
    name,
    evidence: {
      ...evidence,
      productLines: knownLines.length === lines.length ? knownLines : evidence.productLines,
      signingKeys: signingKeysOf(reports),
      chips: { ...evidence.chips, allow: pinned(samples, ({ chipId }) => chipId) },
      csp: { allow: csps.length > 0 ? [...new Set(csps)] : "any" },
    },
    platform: {
      ...platform,
      firmware: { ...platform.firmware, ...firmware },
      tcb: floorsOf(samples),
      info: {
        ...platform.info,
        ...Object.fromEntries(
          PROTECTIONS.filter((bit) =>
            reports.every(({ platformInfo }) => platformInfoHas(platformInfo, bit)),
          ).map((bit) => [bit, 1]),
        ),
      },
    },
    guest: {
      ...guest,
      measurements: pinned(samples, ({ measurement }) => measurement),
      policy: {
        ...guest.policy,
        ...Object.fromEntries([
          ...PERMISSIONS.filter(([, bit]) => !reports.some((report) => isSet(report, bit))).map(
            ([field]) => [field, 0] as const,
          ),
          ...RESTRICTIONS.filter(([, bit]) => reports.every((report) => isSet(report, bit))).map(
            ([field]) => [field, 1] as const,
          ),
        ]),
      },
      vmpl: levels.length > 0 ? levels.toSorted((a, b) => a - b) : guest.vmpl,
      svn: { minimum: Math.min(...reports.map(({ guestSvn }) => guestSvn)) },
      familyId: unlabelled(pinned(samples, ({ familyId }) => familyId)),
      imageId: unlabelled(pinned(samples, ({ imageId }) => imageId)),
      hostData: unlabelled(pinned(samples, ({ hostData }) => hostData)),
      idBlock: {
        ...guest.idBlock,
        idKeys: pinned(samples, ({ idKeyDigest }) => idKeyDigest),
        authorKeys:
          authors.length === reports.length
            ? pinned(samples, ({ authorKeyDigest }) => authorKeyDigest)
            : "any",
      },
    },
  });
}

/** The values of a field, each once and named after a report; any when a report has none (zeros). */
function pinned(
  samples: readonly Sample[],
  field: (report: Report) => Uint8Array,
): OneOf<Labelled> {
  const values = new Map<string, string>();
  for (const { report, name } of samples) {
    const digits = hexEncode(field(report));
    if (/^0*$/.test(digits)) return "any";
    if (!values.has(digits)) values.set(digits, name);
  }
  return [...values].map(([value, label]) => ({ value, label }));
}

/** Ids that say no more under another's name. */
function unlabelled(values: OneOf<Labelled>): OneOf<Labelled> {
  return values === "any" ? "any" : values.map(({ value }) => ({ value }));
}

function signingKeysOf(reports: readonly Report[]): readonly string[] {
  const keys = reports.map(({ signerInfo }) => decodeSignerInfo(signerInfo).signingKey);
  const usable = [...new Set(keys)].filter((key) => key === "VCEK" || key === "VLEK");
  return usable.length > 0 ? usable : DEFAULT_POLICY.evidence.signingKeys;
}

function floorsOf(samples: readonly Sample[]): Readonly<Record<string, TcbVersion>> {
  const floors: Record<string, TcbVersion> = {};
  for (const { report, line } of samples) {
    if (line === undefined) continue;
    const { tcb } = decodeTcb(report.reportedTcb, line);
    const known = floors[line];
    floors[line] = known === undefined ? tcb : lower(known, tcb);
  }
  return floors;
}

function lower(a: TcbVersion, b: TcbVersion): TcbVersion {
  const fmc = a.fmc === undefined || b.fmc === undefined ? {} : { fmc: Math.min(a.fmc, b.fmc) };
  return {
    ...fmc,
    bootloader: Math.min(a.bootloader, b.bootloader),
    tee: Math.min(a.tee, b.tee),
    snp: Math.min(a.snp, b.snp),
    microcode: Math.min(a.microcode, b.microcode),
  };
}

function lowestFirmware(reports: readonly Report[]) {
  const key = ({ currentMajor, currentMinor, currentBuild }: Report): number =>
    (currentMajor << 16) | (currentMinor << 8) | currentBuild;
  const lowest = reports.reduce((a, b) => (key(b) < key(a) ? b : a));
  return {
    minimumVersion: `${lowest.currentMajor}.${lowest.currentMinor}`,
    minimumBuild: lowest.currentBuild,
  };
}

/** What the person should know about the reports, one sentence each. */
export function remarks(samples: readonly Sample[]): readonly string[] {
  return samples.flatMap(({ name, report, line }) => {
    const set = describeGuestPolicy(report.policy).bits.filter((bit) => bit.set);
    const has = (bit: string): boolean => set.some((found) => found.name === bit);
    return [
      ...(has("DEBUG")
        ? [`${name}: its guest can be debugged; the policy refuses such guests`]
        : []),
      ...(has("MIGRATE_MA")
        ? [`${name}: its guest can be migrated; the policy refuses such guests`]
        : []),
      ...(report.vmpl > 3
        ? [`${name}: the host asked for it; the policy refuses such reports`]
        : []),
      ...(line === undefined
        ? [`${name}: its product line is not known, so there is no TCB floor from it`]
        : []),
    ];
  });
}
