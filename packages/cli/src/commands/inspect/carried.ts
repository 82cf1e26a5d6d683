// SPDX-License-Identifier: Apache-2.0
// What evidence carries besides the report: certificates, extra entries, Azure's runtime data, the SVSM's
// manifest. Certificates are listed; `inspect` of each one shows what is in it.

import { LayoutError, hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import {
  GOOGLE_PLATFORM_INFO_GUID,
  certificateGuidFacts,
  decodeGooglePlatformInfo,
  decodeSvsmManifest,
  isSvsmManifest,
  readRuntimeClaims,
} from "@greenlight/core/evidence";
import type {
  ExtraEntry,
  HclRuntimeData,
  SuppliedCertificate,
  SvsmManifest,
} from "@greenlight/core/evidence";
import { parseCertificate } from "@greenlight/core/endorsement";
import { pairs, table } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { hex } from "./view.ts";

/** The certificates that came along, one row each; nothing is verified. */
export function certificatesBlock(certificates: readonly SuppliedCertificate[]): string {
  if (certificates.length === 0) return "Certificates: none came with it";
  const rows = certificates.map(({ role, der, from }) => [role ?? "?", subjectOf(role, der), from]);
  const columns = [{ title: "as" }, { title: "subject" }, { title: "from" }] as const;
  const digests = certificates.map(({ role, der }): Pair => [role ?? "?", hexEncode(sha256(der))]);
  return (
    `Certificates, as they came with it; not verified\n${table(columns, rows)}\n\n` +
    `SHA-256 of each\n${pairs(digests)}`
  );
}

function subjectOf(role: SuppliedCertificate["role"], der: Uint8Array): string {
  if (role === "CRL") return `(list, ${der.length} bytes)`;
  try {
    const { subject } = parseCertificate(der);
    return subject.commonName ?? subject.text;
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return "cannot be read as X.509";
  }
}

/** Entries under other GUIDs; nothing when there are none. */
export function extrasBlocks(extras: readonly ExtraEntry[]): readonly string[] {
  if (extras.length === 0) return [];
  const rows = extras.map(({ guid, bytes }) => [
    guid,
    String(bytes.length),
    certificateGuidFacts(guid)?.title ?? "unknown",
  ]);
  const columns = [
    { title: "GUID" },
    { title: "bytes", align: "right" },
    { title: "what" },
  ] as const;
  return [`Extra entries\n${table(columns, rows)}${extras.map(googleText).join("")}`];
}

function googleText({ guid, bytes }: ExtraEntry): string {
  if (guid !== GOOGLE_PLATFORM_INFO_GUID) return "";
  try {
    return `\n  Google's host says CPUID(1).EAX is ${hex(decodeGooglePlatformInfo(bytes).cpuid1Eax)}.`;
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return "\n  Google's extra platform info is not of its layout.";
  }
}

const HASHES: Readonly<Record<number, string>> = { 1: "SHA-256", 2: "SHA-384", 3: "SHA-512" };

/** Azure's runtime data; nothing when there is none. */
export function runtimeBlocks(runtime: HclRuntimeData | undefined): readonly string[] {
  if (runtime === undefined) return [];
  const { bytes, hashType } = runtime;
  const claims = readRuntimeClaims(bytes);
  const hash = HASHES[hashType] ?? `unknown hash ${hashType}`;
  const head = `Runtime data of Azure's paravisor: ${bytes.length} bytes, ${hash} in REPORT_DATA`;
  if (claims === undefined) return [`${head}\n  It is no JSON.`];
  const { keys, vmConfiguration, userData, others } = claims;
  const rows: Pair[] = [
    ...keys.map(({ id, type, bits, operations }): Pair => {
      const size = bits === undefined ? "" : `, ${bits} bits`;
      return [id === "" ? "key" : id, `${type}${size} (${operations.join(", ")})`];
    }),
    ...vmConfiguration.map(([name, value]): Pair => [name, value]),
    ...(userData === undefined ? [] : [["user data", shortened(userData)] as const]),
    ...(others.length === 0 ? [] : [["also has", others.join(", ")] as const]),
  ];
  return [rows.length === 0 ? head : `${head}\n${pairs(rows)}`];
}

function shortened(text: string): string {
  return /^0+$/.test(text) ? `zero (${text.length / 2} bytes)` : text;
}

/** The services of an SVSM's manifest, whole or of one service; nothing when there is none. */
export function manifestBlocks(manifest: Uint8Array | undefined): readonly string[] {
  if (manifest === undefined) return [];
  if (!isSvsmManifest(manifest)) {
    return [`SVSM manifest of one service: ${manifest.length} bytes`];
  }
  try {
    return [servicesBlock(decodeSvsmManifest(manifest))];
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return [`SVSM manifest: broken, ${error.message}`];
  }
}

/** The services of a manifest. */
export function servicesBlock({ services }: SvsmManifest): string {
  if (services.length === 0) return "SVSM services: none";
  const rows = services.map(({ name, guid, bytes }) => [
    name ?? "unknown",
    guid,
    String(bytes.length),
  ]);
  const columns = [
    { title: "service" },
    { title: "GUID" },
    { title: "bytes", align: "right" },
  ] as const;
  return `SVSM services\n${table(columns, rows)}`;
}

/** Certificates as JSON. */
export function certificatesJson(certificates: readonly SuppliedCertificate[]): readonly object[] {
  return certificates.map(({ role, der, from }) => ({
    role: role ?? null,
    subject: subjectOf(role, der),
    from,
    size: der.length,
    sha256: hexEncode(sha256(der)),
  }));
}
