// SPDX-License-Identifier: Apache-2.0
// go-sev-guest's messages to evidence. They carry the report as fields.

import { LayoutError } from "../../bytes/index.ts";
import { ASSEMBLED_NOTE, ReportAssembly } from "../assemble.ts";
import { certificateGuidFacts } from "../certificate-guids.ts";
import type { ExtraEntry, SuppliedCertificate } from "../evidence.ts";
import { REPORT_SIGNED_SIZE, REPORT_SIZE } from "../report.ts";
import type { Report } from "../report.ts";
import { suppliedCertificates } from "../supplied.ts";
import { PROTO_SOURCE } from "./schema.ts";
import type { Message } from "./schema.ts";

/** What a message carries. */
export interface GoSevGuestEvidence {
  readonly report: Uint8Array;
  readonly certificates: readonly SuppliedCertificate[];
  readonly extras: readonly ExtraEntry[];
  readonly notes: readonly string[];
}

const STRUCTURE = "go-sev-guest attestation";

/**
 * Evidence out of an Attestation or a Report.
 * @throws {LayoutError} `not-found` without a report, `bad-length` and `out-of-range` for values that do
 * not fit the report, and what {@link suppliedCertificates} throws.
 */
export function goSevGuestEvidence(message: Message): GoSevGuestEvidence {
  if (message.type.name === "Report") {
    const { report, notes } = reportOf(message);
    return { report, notes, certificates: [], extras: [] };
  }
  const inner = message.values.get("report");
  if (!isMessage(inner)) {
    const reason = "is missing";
    throw new LayoutError({ code: "not-found", structure: STRUCTURE, field: "report", reason });
  }
  const { report, notes } = reportOf(inner);
  const chain = message.values.get("certificate_chain");
  return {
    report,
    notes,
    ...(isMessage(chain) ? chainOf(chain) : { certificates: [], extras: [] }),
  };
}

/** Fields whose name in the report differs only in its spelling. */
const NUMBERS: Readonly<Record<string, keyof Report>> = {
  version: "version",
  guest_svn: "guestSvn",
  policy: "policy",
  vmpl: "vmpl",
  signature_algo: "signatureAlgo",
  current_tcb: "currentTcb",
  platform_info: "platformInfo",
  signer_info: "signerInfo",
  reported_tcb: "reportedTcb",
  committed_tcb: "committedTcb",
  current_build: "currentBuild",
  current_minor: "currentMinor",
  current_major: "currentMajor",
  committed_build: "committedBuild",
  committed_minor: "committedMinor",
  committed_major: "committedMajor",
  launch_tcb: "launchTcb",
  launch_mit_vector: "launchMitVector",
  current_mit_vector: "currentMitVector",
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

function reportOf({ values, unknown }: Message) {
  const assembly = new ReportAssembly(STRUCTURE);
  for (const [name, field] of Object.entries(NUMBERS)) {
    const value = values.get(name);
    if (typeof value === "bigint") assembly.number(field, value, `report.${name}`);
  }
  for (const [name, field] of Object.entries(BYTES)) {
    const value = values.get(name);
    assembly.raw(field, value instanceof Uint8Array ? value : NOTHING, `report.${name}`);
  }
  const signature = values.get("signature");
  const size = REPORT_SIZE - REPORT_SIGNED_SIZE;
  const found = signature instanceof Uint8Array ? signature : NOTHING;
  assembly.raw("signatureR", found, "report.signature", size);
  const eax = values.get("cpuid1eax_fms");
  if (typeof eax === "bigint") setCpu(assembly, Number(eax));
  const note = unknown === 0 ? [] : [`${unknown} fields of the report are not known and left out`];
  return { report: assembly.bytes, notes: [ASSEMBLED_NOTE, ...note] };
}

const NOTHING = new Uint8Array(0);

/** CPUID Fn0000_0001_EAX to the family, model and stepping that the report has. */
function setCpu(assembly: ReportAssembly, eax: number): void {
  if ((eax & 0xf000_f000) !== 0) {
    const field = "report.cpuid1eax_fms";
    const reason = "has bits outside of 0x0fff0fff";
    throw new LayoutError({
      code: "reserved-bits",
      structure: STRUCTURE,
      field,
      reason,
      source: PROTO_SOURCE,
    });
  }
  const family = ((eax >>> 20) & 0xff) + ((eax >>> 8) & 0xf);
  assembly.number("cpuFamily", family, "report.cpuid1eax_fms");
  assembly.number("cpuModel", ((eax >>> 12) & 0xf0) | ((eax >>> 4) & 0xf), "report.cpuid1eax_fms");
  assembly.number("cpuStepping", eax & 0xf, "report.cpuid1eax_fms");
}

function chainOf({ values, entries }: Message) {
  const certificates: SuppliedCertificate[] = [];
  for (const [name, role] of ROLES) {
    const bytes = values.get(name);
    // An empty value is what proto3 makes of one that is not there.
    if (!(bytes instanceof Uint8Array) || bytes.length === 0) continue;
    const field = `certificate_chain.${name}`;
    const origin = { structure: STRUCTURE, field, from: field };
    certificates.push(...suppliedCertificates(bytes, role, origin));
  }
  const extras: ExtraEntry[] = [];
  for (const [key, bytes] of entries) {
    const guid = key.toLowerCase();
    if (certificateGuidFacts(guid)?.role === "CRL") {
      const origin = { structure: STRUCTURE, field: "certificate_chain.extras", from: "extras" };
      certificates.push(...suppliedCertificates(bytes, "CRL", origin));
    } else {
      extras.push({ guid, bytes });
    }
  }
  return { certificates, extras };
}

const ROLES = [
  ["vcek_cert", "VCEK"],
  ["vlek_cert", "VLEK"],
  ["ask_cert", "ASK"],
  ["ark_cert", "ARK"],
] as const;

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "values" in value;
}
