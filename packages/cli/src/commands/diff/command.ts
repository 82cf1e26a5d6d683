// SPDX-License-Identifier: Apache-2.0
// `greenlight diff`: two artefacts of one kind, and what differs between them.

import type { Struct } from "@greenlight/core/bytes";
import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import type { Artefact, ArtefactKind } from "../../input/artefact.ts";
import { titleOf } from "../../input/artefact.ts";
import { KIND_NAMES, kindNamed, loadArtefact } from "../../input/recognise.ts";
import type { Loaded } from "../../input/recognise.ts";
import { SEV_STRUCTURE_SIZES } from "../../input/sev-file.ts";
import type { SevStructureArtefact } from "../../input/sev-file.ts";
import { toJson } from "../../output/json.ts";
import { hang } from "../../output/style.ts";
import { pairs } from "../../output/table.ts";
import { viewOf } from "../inspect/views.ts";
import type { Comparison, ComparisonOptions } from "./comparison.ts";

export const command = defineCommand({
  name: "diff",
  brief: "compare two files of a kind",
  description: [
    "Compares two firmware images, firmware descriptors, VMSA pages, ID blocks, ID authentication " +
      "informations, kernel-hashes tables, keys, certificates, revocation lists, attestation " +
      "reports, certificate tables, SVSM manifests, or certificates, sessions, packet headers, " +
      "measurements, reports, exported guests, firmware statements and secret tables of SEV, and shows what differs, of structures with " +
      "the bytes it stands in, of secrets only that they do. A firmware image can be compared with a descriptor, a private key " +
      "with a public one, and reports whatever they came in. For firmware it also says which " +
      "pages differ and what of the SEV-SNP launch digest changes.",
    "Exit code 0: the same; 1: different; 2: not comparable.",
  ],
  positionals: {
    usage: "A B",
    brief: "the two files; one may be - for standard input",
    min: 2,
    max: 2,
  },
  options: {
    as: {
      kind: "value",
      placeholder: "KIND",
      brief: "take both as this kind instead of recognising them",
      choices: KIND_NAMES,
    },
    json: { kind: "flag", brief: "print JSON (schema greenlight/diff/v1)" },
    verbose: { kind: "flag", short: "v", brief: "show what is the same too" },
  },
  examples: [
    { line: "diff OVMF.fd OVMF.fd", brief: "whether two firmware images are measured the same" },
    { line: "diff id-key.pem author-key.pem", brief: "whether two keys are one" },
  ],
  async run({ options, positionals, io }) {
    const as = kindNamed(options.as);
    const [pathA = "", pathB = ""] = positionals;
    if (pathA === "-" && pathB === "-") {
      throw new UsageError("conflicting-options", "both files are -, standard input is one file");
    }
    const a = await loadArtefact(pathA, { as });
    const b = await loadArtefact(pathB, { as });
    const { json, verbose } = options;
    const comparison = await compare(a, b, { verbose, colour: io.colour });
    io.out(json ? toJson(jsonOf(a, b, comparison)) : textOf(a, b, comparison));
    return comparison.equal ? 0 : 1;
  },
});

/** Kinds that stand for one another in a comparison. */
const FAMILIES: Readonly<Record<ArtefactKind, string>> = {
  firmware: "firmware",
  "firmware-descriptor": "firmware",
  svsm: "SVSM binary",
  vmsa: "VMSA page",
  "id-block": "ID block",
  "id-auth": "ID authentication information",
  "kernel-hashes": "kernel-hashes table",
  "private-key": "P-384 key",
  "public-key": "P-384 key",
  report: "attestation report",
  evidence: "attestation report",
  "certificate-table": "certificate table",
  "svsm-manifest": "SVSM services manifest",
  "sev-certificates": "SEV certificates",
  "sev-session": "SEV launch session",
  "sev-report": "legacy SEV attestation report",
  "sev-packet-header": "SEV packet header",
  "sev-measurement": "SEV launch measurement",
  "sev-secret-table": "table of launch secrets",
  "exported-guest": "exported guest",
  "firmware-statement": "signed firmware statement",
  certificate: "X.509 certificate",
  crl: "X.509 revocation list",
};

async function compare(a: Loaded, b: Loaded, options: ComparisonOptions): Promise<Comparison> {
  const left = a.artefact;
  const right = b.artefact;
  if (FAMILIES[left.kind] !== FAMILIES[right.kind]) {
    throw new UsageError(
      "different-kinds",
      `cannot compare ${titleOf(left.kind)} (${a.name}) with ${titleOf(right.kind)} (${b.name})`,
      "give two files of a kind; --as KIND overrides what they are taken for",
    );
  }
  if (isFirmware(left) && isFirmware(right)) {
    const { compareFirmware } = await import("./firmware.ts");
    return compareFirmware(left, right, options);
  }
  const views = [await viewOf(a, options), await viewOf(b, options)] as const;
  const summaries = [views[0].summary, views[1].summary] as const;
  if (isCertificate(left) && isCertificate(right)) {
    const { compareCertificates } = await import("./certificate.ts");
    return compareCertificates(left, right, summaries, options);
  }
  if (left.kind === "sev-certificates" && right.kind === "sev-certificates") {
    const { compareSevCertificates } = await import("./sev.ts");
    return compareSevCertificates(left, right, summaries, options);
  }
  if (left.kind === "exported-guest" && right.kind === "exported-guest") {
    const { compareExportedGuests } = await import("./sev.ts");
    return compareExportedGuests(left, right, summaries, options);
  }
  if (left.kind === "sev-secret-table" && right.kind === "sev-secret-table") {
    const { compareSecretTables } = await import("./sev.ts");
    return compareSecretTables(left, right, summaries, options);
  }
  if (isTable(left) && isTable(right)) {
    const { compareTables } = await import("./table.ts");
    return compareTables(left, right, summaries, options);
  }
  if (isEvidence(left) && isEvidence(right)) {
    const { compareReports } = await import("./report.ts");
    return compareReports(left, right, summaries, options);
  }
  const { compareStructures } = await import("./structure.ts");
  const layout = await layoutOf(left.kind);
  return compareStructures(layout, structureOf(left), structureOf(right), summaries, options);
}

function isFirmware(
  artefact: Artefact,
): artefact is Extract<Artefact, { kind: "firmware" | "svsm" | "firmware-descriptor" }> {
  return "image" in artefact || "descriptor" in artefact;
}

function isCertificate(
  artefact: Artefact,
): artefact is Extract<Artefact, { kind: "certificate" | "crl" }> {
  return artefact.kind === "certificate" || artefact.kind === "crl";
}

function isEvidence(
  artefact: Artefact,
): artefact is Extract<Artefact, { kind: "report" | "evidence" }> {
  return "evidence" in artefact;
}

function isTable(
  artefact: Artefact,
): artefact is Extract<Artefact, { kind: "certificate-table" | "svsm-manifest" }> {
  return artefact.kind === "certificate-table" || artefact.kind === "svsm-manifest";
}

/** The bytes that are compared. Of a key that is the public half, in AMD's form. */
function structureOf(artefact: Artefact): Uint8Array {
  if ("publicKey" in artefact) return artefact.publicKey;
  if ("bytes" in artefact) return artefact.bytes;
  throw new Error(`${artefact.kind} is no structure`);
}

async function layoutOf(kind: ArtefactKind): Promise<Struct<unknown>> {
  if (kind === "vmsa") return (await import("@greenlight/core/launch")).VMSA;
  if (kind === "kernel-hashes") {
    return (await import("@greenlight/core/launch")).KERNEL_HASHES_TABLE;
  }
  if (isSevStructure(kind)) return (await import("../inspect/sev-structures.ts")).SEV_LAYOUTS[kind];
  const { ECDSA_PUBLIC_KEY, ID_AUTH, ID_BLOCK } = await import("@greenlight/core/id-block");
  if (kind === "id-block") return ID_BLOCK;
  return kind === "id-auth" ? ID_AUTH : ECDSA_PUBLIC_KEY;
}

function isSevStructure(kind: ArtefactKind): kind is SevStructureArtefact["kind"] {
  return Object.hasOwn(SEV_STRUCTURE_SIZES, kind);
}

function textOf(a: Loaded, b: Loaded, { equal, extent, summaries, blocks }: Comparison): string {
  const kind = FAMILIES[a.artefact.kind];
  const verdict = equal ? `The same (${kind})` : `Different (${kind}): ${extent}`;
  const side = ({ name }: Loaded, summary: string): string =>
    summary === "" ? name : `${name}: ${summary}`;
  const sides = pairs([
    ["A", side(a, summaries[0])],
    ["B", side(b, summaries[1])],
  ]);
  return `${[`${hang("", verdict)}\n${sides}`, ...blocks].join("\n\n")}\n`;
}

function jsonOf(a: Loaded, b: Loaded, { equal, extent, json }: Comparison): object {
  const side = ({ name, encoding, bytes, artefact }: Loaded): object => ({
    file: name,
    kind: artefact.kind,
    encoding,
    size: bytes.length,
  });
  return { schema: "greenlight/diff/v1", equal, extent, a: side(a), b: side(b), ...json };
}
