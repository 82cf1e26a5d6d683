// SPDX-License-Identifier: Apache-2.0
// SNP evidence of Confidential Containers (Trustee and its attestation agent):
// {attestation_report, cert_chain}, where the report is what serde makes of the virtee/sev crate's struct.

import { LayoutError, hexDecode } from "../bytes/index.ts";
import { ASSEMBLED_NOTE, ReportAssembly } from "./assemble.ts";
import { certificateGuidFacts } from "./certificate-guids.ts";
import type { ExtraEntry, SuppliedCertificate, SuppliedRole } from "./evidence.ts";
import { JsonObject, isRecord } from "./json-object.ts";
import { MAX_CERTIFICATE_ENTRY_SIZE, MAX_CERTIFICATE_TABLE_ENTRIES } from "./limits.ts";
import { REPORT_SIZE } from "./report.ts";
import type { Report } from "./report.ts";
import { suppliedCertificates } from "./supplied.ts";
import { TCB_LAYOUTS, TCB_PARTS } from "./tcb.ts";

const STRUCTURE = "Trustee evidence";

/** What such evidence carries. */
export interface TrusteeEvidence {
  readonly report: Uint8Array;
  readonly certificates: readonly SuppliedCertificate[];
  readonly extras: readonly ExtraEntry[];
  readonly notes: readonly string[];
}

/** Whether JSON is the evidence, or the report alone. */
export function isTrusteeJson(json: JsonObject): boolean {
  return json.has("attestation_report") || isSerdeReport(json);
}

function isSerdeReport(json: JsonObject): boolean {
  return ["version", "report_data", "measurement", "signature"].every((name) => json.has(name));
}

/**
 * Reads Trustee's evidence, or a report alone in serde's form.
 * @throws {LayoutError} for members that are missing, unknown in a way that matters, or do not fit.
 */
export function readTrusteeReport(json: unknown): TrusteeEvidence {
  if (!isRecord(json)) {
    throw new LayoutError({ code: "bad-text", structure: STRUCTURE, reason: "is no object" });
  }
  return trusteeEvidenceOf(new JsonObject(json, STRUCTURE));
}

/** The evidence out of an object. @throws {LayoutError} as {@link readTrusteeReport}. */
export function trusteeEvidenceOf(json: JsonObject): TrusteeEvidence {
  if (!json.has("attestation_report")) return { ...reportOf(json), certificates: [], extras: [] };
  const certificates: SuppliedCertificate[] = [];
  const extras: ExtraEntry[] = [];
  for (const [i, entry] of chainOf(json).entries()) addCertificate(entry, i, certificates, extras);
  if (typeof json.value("attestation_report") === "string") {
    const report = json.base64("attestation_report", REPORT_SIZE * 2);
    return { report, certificates, extras, notes: [] };
  }
  return { ...reportOf(json.object("attestation_report")), certificates, extras };
}

/** Fields that are numbers, by the names of the versions of the crate. */
const NUMBERS: Readonly<Record<string, keyof Report>> = {
  version: "version",
  guest_svn: "guestSvn",
  policy: "policy",
  vmpl: "vmpl",
  sig_algo: "signatureAlgo",
  plat_info: "platformInfo",
  key_info: "signerInfo",
  _author_key_en: "signerInfo",
  author_key_en: "signerInfo",
  cpuid_fam_id: "cpuFamily",
  cpuid_mod_id: "cpuModel",
  cpuid_step: "cpuStepping",
  launch_mit_vector: "launchMitVector",
  current_mit_vector: "currentMitVector",
  current_build: "currentBuild",
  current_minor: "currentMinor",
  current_major: "currentMajor",
  committed_build: "committedBuild",
  committed_minor: "committedMinor",
  committed_major: "committedMajor",
};

const BYTES: Readonly<Record<string, keyof Report>> = {
  family_id: "familyId",
  image_id: "imageId",
  report_data: "reportData",
  measurement: "measurement",
  host_data: "hostData",
  id_key_digest: "idKeyDigest",
  author_key_digest: "authorKeyDigest",
  report_id: "reportId",
  report_id_ma: "reportIdMa",
  chip_id: "chipId",
};

const TCBS: Readonly<Record<string, keyof Report>> = {
  current_tcb: "currentTcb",
  reported_tcb: "reportedTcb",
  committed_tcb: "committedTcb",
  launch_tcb: "launchTcb",
};

/** Members without which the signed bytes cannot be right. */
const NEEDED = [
  "version",
  "policy",
  ...Object.keys(BYTES),
  ...Object.keys(TCBS),
  "signature",
] as const;

function reportOf(json: JsonObject): { readonly report: Uint8Array; readonly notes: string[] } {
  const missing = NEEDED.find((name) => !json.has(name));
  if (missing !== undefined) json.fail("not-found", missing, "is missing");
  const assembly = new ReportAssembly(STRUCTURE);
  const unknown: string[] = [];
  for (const name of json.names) {
    if (!json.has(name)) continue;
    if (Object.hasOwn(NUMBERS, name)) assembly.number(NUMBERS[name]!, json.u64(name), name);
    else if (Object.hasOwn(BYTES, name)) assembly.raw(BYTES[name]!, bytesOf(json, name), name);
    else if (Object.hasOwn(TCBS, name)) assembly.raw(TCBS[name]!, tcbOf(json, name), name);
    else if (name === "current" || name === "committed") setVersion(assembly, json, name);
    else if (name === "signature") setSignature(assembly, json.object(name));
    else unknown.push(name);
  }
  const left = unknown.filter((name) => !/^_?reserved/.test(name));
  const note =
    left.length === 0 ? [] : [`${left.length} members of the report are not known and left out`];
  return { report: assembly.bytes, notes: [ASSEMBLED_NOTE, ...note] };
}

function setVersion(assembly: ReportAssembly, json: JsonObject, name: "current" | "committed") {
  const inner = json.object(name);
  for (const part of ["Build", "Minor", "Major"] as const) {
    const lower = part.toLowerCase();
    assembly.number(`${name}${part}`, inner.u64(lower), `${name}.${lower}`);
  }
}

function setSignature(assembly: ReportAssembly, json: JsonObject): void {
  assembly.raw("signatureR", bytesOf(json, "r"), "signature.r", 72);
  assembly.raw("signatureS", bytesOf(json, "s"), "signature.s", 72);
}

/** A TCB version: an object of its parts, or a number. */
function tcbOf(json: JsonObject, name: string): Uint8Array {
  const value = json.value(name);
  const bytes = new Uint8Array(8);
  if (!isRecord(value)) {
    new DataView(bytes.buffer).setBigUint64(0, json.u64(name), true);
    return bytes;
  }
  const inner = json.object(name);
  // The crate has the part only where the line has it, see tcb.ts.
  const layout = TCB_LAYOUTS[inner.has("fmc") ? "turin" : "milan"];
  for (const part of TCB_PARTS) {
    const offset = layout[part];
    if (offset === undefined) continue;
    const older = part === "bootloader" && !inner.has(part) ? "boot_loader" : part;
    bytes[offset] = inner.number(older, 0xff);
  }
  return bytes;
}

/** Bytes as an array of numbers, hexadecimal or base64. */
function bytesOf(json: JsonObject, name: string): Uint8Array {
  const value = json.value(name);
  const isHex = typeof value === "string" && !/[^0-9a-f]/i.test(value);
  return isHex ? hexDecode(json.text(name), name) : json.bytes(name, REPORT_SIZE);
}

function chainOf(json: JsonObject): readonly JsonObject[] {
  const chain = json.value("cert_chain") ?? [];
  if (!Array.isArray(chain)) json.fail("bad-text", "cert_chain", "is no array");
  if (chain.length > MAX_CERTIFICATE_TABLE_ENTRIES) {
    json.fail("bad-length", "cert_chain", `has ${chain.length} entries`);
  }
  return chain.map((entry: unknown, i) => {
    if (!isRecord(entry)) json.fail("bad-text", `cert_chain[${i}]`, "is no object");
    return new JsonObject(entry, STRUCTURE, `cert_chain[${i}]`);
  });
}

/** Names of serde's CertType. */
const ROLES: Readonly<Record<string, SuppliedRole>> = {
  ARK: "ARK",
  ASK: "ASK",
  ASVK: "ASVK",
  VCEK: "VCEK",
  VLEK: "VLEK",
  CRL: "CRL",
};

function addCertificate(
  entry: JsonObject,
  i: number,
  certificates: SuppliedCertificate[],
  extras: ExtraEntry[],
): void {
  const type = entry.value("cert_type");
  const bytes = certificateBytes(entry);
  const guid = isRecord(type) ? type["OTHER"] : type;
  const role =
    typeof guid === "string"
      ? (ROLES[guid.toUpperCase()] ?? certificateGuidFacts(guid.toLowerCase())?.role)
      : undefined;
  if (role === undefined && typeof guid === "string" && guid.length === 36) {
    extras.push({ guid: guid.toLowerCase(), bytes });
    return;
  }
  if (role === undefined) entry.fail("unknown-value", "cert_type", "is no type of certificate");
  if ((role === "VCEK" || role === "VLEK") && certificates.some((other) => other.role === role)) {
    entry.fail("unknown-value", "cert_type", `is a second ${role}, which is ambiguous`);
  }
  const field = `cert_chain[${i}].data`;
  certificates.push(
    ...suppliedCertificates(bytes, role, { structure: STRUCTURE, field, from: `cert_chain[${i}]` }),
  );
}

function certificateBytes(entry: JsonObject): Uint8Array {
  const data = entry.value("data");
  const isPem = typeof data === "string" && data.includes("-----BEGIN ");
  return isPem ? new TextEncoder().encode(data) : entry.bytes("data", MAX_CERTIFICATE_ENTRY_SIZE);
}
