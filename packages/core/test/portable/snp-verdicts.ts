// SPDX-License-Identifier: Apache-2.0
// Every file of the SEV-SNP vectors against what it must come to. Imports nothing of Node: the driver
// brings the files, and the same checks run in Node and in a browser.

import { DEFAULT_POLICY, verifyEvidence } from "../../src/appraisal/index.ts";
import { LayoutError } from "../../src/bytes/index.ts";
import {
  AMD_ROOTS,
  Endorser,
  identifyCertificate,
  parseCertificate,
  parseRevocationList,
  pemDecode,
} from "../../src/endorsement/index.ts";
import type { Certificate } from "../../src/endorsement/index.ts";
import { parseCertificateTable, readEvidence } from "../../src/evidence/index.ts";
import { blockers } from "../../src/finding/index.ts";
import { signatures } from "#signature";
import { AT, expectedOf } from "./snp-expected.ts";
import type { Expected } from "./snp-expected.ts";

/** A row of the vectors' index, as far as it is looked at here. */
interface Row {
  readonly file: string;
  readonly kind: string;
  readonly product?: string;
  readonly chainValid?: boolean;
}

/** One check; `run` answers with what is wrong, or null. */
export interface VerdictCheck {
  readonly name: string;
  readonly run: () => Promise<string | null>;
}

/** Contents of the vectors, by their path in the index. */
export type VectorFiles = Readonly<Record<string, Uint8Array>>;

/**
 * All checks.
 * @param index Text of the vectors' index.
 */
export function verdictChecks(index: string, files: VectorFiles): readonly VerdictCheck[] {
  const { vectors } = JSON.parse(index) as { readonly vectors: readonly Row[] };
  const endorser = new Endorser();
  return vectors.flatMap((row): readonly VerdictCheck[] => {
    const { file } = row;
    const single = (body: () => Promise<string | null>) => [check(file, body)];
    switch (file.split("/")[0]) {
      case "roots":
        return single(async () => checkRoot(files, row));
      case "veks":
        return single(async () => checkVek(files, row));
      case "crl":
        return single(async () => checkList(files, row));
      default: {
        const all = expectedOf(file);
        if (all.length === 0) return single(async () => `nothing is expected of ${file} yet`);
        return all.map((expected, i) =>
          check(i === 0 ? file : `${file}, at another instant`, async () =>
            checkEvidence(files, file, expected, endorser),
          ),
        );
      }
    }
  });
}

function check(name: string, body: () => Promise<string | null>): VerdictCheck {
  return {
    name,
    async run() {
      try {
        return await body();
      } catch (error) {
        return error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
    },
  };
}

async function checkEvidence(
  files: VectorFiles,
  file: string,
  expected: Expected,
  endorser: Endorser,
): Promise<string | null> {
  const bytes = read(files, file);
  if ("refused" in expected) {
    if (file.endsWith("auxblob.bin") && parseCertificateTable(bytes).certificates.length !== 3) {
      return "the table alone has not its three certificates";
    }
    return same("error", refusalOf(bytes), expected.refused);
  }
  const evidence = readEvidence(bytes);
  const beside = (expected.with ?? []).map((path) => ({ der: read(files, path), from: path }));
  const verdict = await verifyEvidence(
    { ...evidence, certificates: [...evidence.certificates, ...beside] },
    {
      endorser,
      policy: DEFAULT_POLICY,
      at: expected.at ?? AT,
      ...(evidence.runtimeData === undefined ? {} : { binding: { kind: "azure-hcl" as const } }),
    },
  );
  const found = [...new Set(blockers(verdict.findings).map(({ id }) => id))];
  const wanted = expected.blockers ?? (expected.outcome === "accepted" ? [] : found);
  // A report whose product line is unknown leaves more open than what the row names.
  const isOpen = expected.outcome === "undecided";
  const shown = isOpen ? found.filter((id) => wanted.includes(id)) : found;
  return (
    same("outcome", verdict.outcome, expected.outcome) ??
    same("blockers", list(shown), list(wanted)) ??
    same("endorsed", verdict.endorsement !== undefined, isEndorsed(found))
  );
}

/** Whether findings leave room for an endorsement: nothing about being genuine stands in the way. */
function isEndorsed(found: readonly string[]): boolean {
  return found.every((id) => id === "snp.guest-policy.debug" || id === "snp.vmpl.refused");
}

function refusalOf(bytes: Uint8Array): string {
  try {
    return `none: it is read as ${readEvidence(bytes).form}`;
  } catch (error) {
    if (error instanceof LayoutError) return error.code;
    throw error;
  }
}

async function checkRoot(files: VectorFiles, { file, kind, product }: Row): Promise<string | null> {
  const bytes = read(files, file);
  const ders =
    kind === "kds-cert_chain"
      ? pemDecode(new TextDecoder().decode(bytes)).map((block) => block.bytes)
      : [bytes];
  for (const der of ders) {
    const certificate = parseCertificate(der);
    const identity = identifyCertificate(certificate);
    const wrong =
      same("pinned", identity?.pin !== undefined, true) ??
      same("line", identity?.line?.toLowerCase(), product?.toLowerCase()) ??
      same("signed by the ARK", await isSigned(certificate, arkOf(product)), true);
    if (wrong !== null) return wrong;
  }
  return same("certificates", ders.length, kind === "kds-cert_chain" ? 2 : 1);
}

async function checkVek(files: VectorFiles, row: Row): Promise<string | null> {
  const certificate = parseCertificate(read(files, row.file));
  const signer = row.kind === "vlek" ? "asvk" : "ask";
  const der = read(files, `roots/${(row.product ?? "").toLowerCase()}-${signer}.der`);
  const isValid = await isSigned(certificate, parseCertificate(der));
  return (
    same("role", identifyCertificate(certificate)?.role, row.kind.toUpperCase()) ??
    same("signed", isValid, row.chainValid ?? true)
  );
}

async function checkList(files: VectorFiles, { file, product }: Row): Promise<string | null> {
  const revocations = parseRevocationList(read(files, file));
  const serials = revocations.revoked.map(({ serial }) => serial.toString(16));
  return (
    same("signed by the ARK", await isSigned(revocations, arkOf(product)), true) ??
    same("revoked", list(serials), product === "Genoa" ? "20001" : "")
  );
}

async function isSigned(
  { tbs, signature }: Pick<Certificate, "tbs" | "signature">,
  signer: Certificate,
): Promise<boolean> {
  const key = await signatures.importKey(signer.spki, "RSA-PSS-SHA384");
  return signatures.verify(key, tbs, signature);
}

function arkOf(product: string | undefined): Certificate {
  const root = AMD_ROOTS.find(({ line }) => line.toLowerCase() === product?.toLowerCase());
  if (root === undefined) throw new Error(`there is no root for ${product}`);
  return root.ark;
}

function read(files: VectorFiles, path: string): Uint8Array {
  const bytes = files[path];
  if (bytes === undefined) throw new Error(`the driver did not bring ${path}`);
  return bytes;
}

function list(items: readonly string[]): string {
  return items.toSorted((a, b) => (a < b ? -1 : 1)).join(" ");
}

function same<T>(what: string, actual: T, expected: T): string | null {
  return actual === expected ? null : `${what}: ${String(actual)}, must be ${String(expected)}`;
}
